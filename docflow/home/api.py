"""What waits for me."""

from litestar import Router, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.home import queries
from docflow.home.schemas import Home


@get("/home", opt={"action": Action.HOME_READ})
async def home(session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Home:
    """Documents to acknowledge, tasks due and meetings of today, of me and my units."""
    return await queries.get_home(session, actor)


router = Router("", route_handlers=[home], tags=["home"])
