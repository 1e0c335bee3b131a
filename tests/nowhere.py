"""The whole application with servers that do not exist: for what it says about itself without asking anybody."""

from litestar import Litestar

from docflow.app import create_app
from docflow.settings import Settings


def app_of_nowhere() -> Litestar:
    """Nothing is connected before the first query, so addresses where nobody listens will do."""
    return create_app(
        Settings(
            database_url="postgresql://nobody@127.0.0.1:1/none",
            s3_endpoint="127.0.0.1:1",
            s3_access_key="none",
            s3_secret_key="none",
            smtp_host="127.0.0.1",
            smtp_port=1,
        )
    )
