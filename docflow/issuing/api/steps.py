"""Submitting a manuscript and deciding on it."""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.issuing.api.manuscripts import manuscript_answer
from docflow.issuing.manuscript_rendering import steps_out
from docflow.issuing.queries.manuscripts import get_manuscript
from docflow.issuing.schemas.manuscript_steps import DecideStep, StepOut, SubmitManuscript, TakeBack
from docflow.issuing.schemas.manuscripts import ManuscriptOut
from docflow.issuing.service import steps
from docflow.notifications.service import Postman


@post(
    "/manuscripts/{manuscript_id:uuid}/submission",
    opt={"action": Action.MANUSCRIPT_WRITE},
    status_code=200,
)
async def submit_manuscript(
    manuscript_id: FromPath[UUID],
    data: JSONBody[SubmitManuscript],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
) -> Response[ManuscriptOut]:
    """Ask for the decisions that the rules want. Whoever's turn it is gets a mail; nobody changes the text meanwhile."""
    manuscript = await steps.submit(session, actor, postman, manuscript_id, version, data)
    return await manuscript_answer(session, actor, manuscript)


@post(
    "/manuscripts/{manuscript_id:uuid}/taking-back",
    opt={"action": Action.MANUSCRIPT_READ},
    status_code=200,
)
async def take_back_manuscript(
    manuscript_id: FromPath[UUID],
    data: JSONBody[TakeBack],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
) -> Response[ManuscriptOut]:
    """Have it written further: by its author while it is decided on, by signer or registry once it is approved."""
    manuscript = await steps.take_back(session, actor, postman, manuscript_id, version, data.reason)
    return await manuscript_answer(session, actor, manuscript)


@get("/manuscripts/{manuscript_id:uuid}/steps", opt={"action": Action.MANUSCRIPT_READ})
async def list_steps(
    manuscript_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[StepOut]:
    """The decisions of every round, in order."""
    manuscript = await get_manuscript(session, actor, manuscript_id)
    return await steps_out(session, actor, manuscript, all_rounds=True)


@post("/manuscript-steps/{step_id:uuid}/decision", opt={"action": Action.MANUSCRIPT_DECIDE}, status_code=200)
async def decide_in_step(
    step_id: FromPath[UUID],
    data: JSONBody[DecideStep],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
) -> Response[ManuscriptOut]:
    """Pass a step, or send the manuscript back by it. ``If-Match`` is the step's version."""
    manuscript = await steps.decide_in_step(session, actor, postman, step_id, version, data)
    return await manuscript_answer(session, actor, manuscript)


router = Router(
    "",
    route_handlers=[submit_manuscript, take_back_manuscript, list_steps, decide_in_step],
    tags=["manuscripts"],
)
