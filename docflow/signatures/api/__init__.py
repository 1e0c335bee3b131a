"""Routes about keeping credentials. What was found in a document's files is told under ``documents``."""

from docflow.signatures.api import credentials

routers = (credentials.router,)
