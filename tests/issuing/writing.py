"""Manuscripts as the tests make them: somebody of the sample province writes, others decide."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from docflow.access.actor import Actor
from docflow.audit.models import AuditEvent
from docflow.core.db import Sessions, transaction
from docflow.files.service import Received
from docflow.issuing.models import Manuscript, ManuscriptStep, ManuscriptVersion, StepKind, StepState
from docflow.issuing.queries.manuscripts import get_manuscript, list_steps_of_round
from docflow.issuing.schemas.manuscript_steps import Checked, DecideStep, SubmitManuscript
from docflow.issuing.schemas.manuscript_versions import AddVersion
from docflow.issuing.schemas.manuscripts import BeginManuscript
from docflow.issuing.service import manuscripts, steps, versions
from docflow.issuing.service.steps_form import look_at_form
from docflow.notifications.models import Letter
from docflow.notifications.service import Postman

AUTHOR = "maihtx"
"""Specialist of the Department of Home Affairs (SNV)."""
HEAD = "nguyetdtm"
CLERK = "datcv"
OTHER = "nghiant"
"""The head of another department, whom nothing of it concerns."""
OUTSIDERS = ("nghiant", "lienttb", "anpth", "khaitq", "anhmtn", "huyvn")


@dataclass
class Office:
    """Verbs and queries as somebody of the sample province, each in a transaction of its own."""

    sessions: Sessions
    postman: Postman
    actor_of: Callable[[str], Awaitable[Actor]]
    people: dict[str, UUID]
    units: dict[str, UUID]

    async def as_(self, username: str, verb: Callable[..., Awaitable[Any]], *given: Any, **named: Any) -> Any:
        """Do or read something as somebody."""
        actor = await self.actor_of(username)
        async with transaction(self.sessions) as session:
            return await verb(session, actor, *given, **named)

    async def begin(self, by: str = AUTHOR, **fields: Any) -> Manuscript:
        """A report of the department, to be signed by its head."""
        given = {"kind": "report", "subject": "Kết quả rà soát quý III", "signer_id": self.people[HEAD]}
        manuscript: Manuscript = await self.as_(
            by, manuscripts.begin_manuscript, BeginManuscript(**{**given, **fields})
        )
        return manuscript

    async def add(self, manuscript: Manuscript, by: str = AUTHOR, **fields: Any) -> ManuscriptVersion:
        """A version with bytes of its own, based on the newest unless said otherwise."""
        if "based_on" not in fields:
            fields["based_on"] = await self.newest(manuscript)
        paper = fields.pop("paper", None) or paper_of()
        added: ManuscriptVersion = await self.as_(
            by, versions.upload_version, manuscript.id, AddVersion(**fields), paper
        )
        return added

    async def newest(self, manuscript: Manuscript) -> int | None:
        async with self.sessions() as session:
            numbers = await session.scalars(
                select(ManuscriptVersion.number).where(ManuscriptVersion.manuscript_id == manuscript.id)
            )
            return max(numbers, default=None)

    async def written(self, **fields: Any) -> Manuscript:
        """A manuscript with a version."""
        manuscript = await self.begin(**fields)
        await self.add(manuscript)
        return manuscript

    async def now(self, manuscript: Manuscript) -> Manuscript:
        """As it is in the database."""
        async with self.sessions() as session:
            return await session.get_one(Manuscript, manuscript.id)

    async def submit(self, manuscript: Manuscript, by: str = AUTHOR, **fields: Any) -> Manuscript:
        """Submit it as it is now."""
        version = (await self.now(manuscript)).version
        submitted: Manuscript = await self.as_(
            by, steps.submit, self.postman, manuscript.id, version, SubmitManuscript(**fields)
        )
        return submitted

    async def submitted(self, **fields: Any) -> Manuscript:
        """A manuscript with a version that was submitted."""
        manuscript = await self.written(**fields)
        return await self.submit(manuscript)

    async def steps(self, manuscript: Manuscript) -> list[ManuscriptStep]:
        """The steps of its present round."""
        async with self.sessions() as session:
            return list(await list_steps_of_round(session, await session.get_one(Manuscript, manuscript.id)))

    async def step(self, manuscript: Manuscript, kind: StepKind) -> ManuscriptStep:
        return next(step for step in await self.steps(manuscript) if step.kind is kind)

    async def decide(
        self, manuscript: Manuscript, by: str, kind: StepKind, decision: str = "pass", note: str = ""
    ) -> Manuscript:
        """Decide in the step of this kind on the newest version."""
        step = await self.step(manuscript, kind)
        said = []
        if kind is StepKind.FORM:
            async with self.sessions() as session:
                found = await look_at_form(session, await session.get_one(Manuscript, manuscript.id))
            said = [Checked(code=one.item.value, verdict="ok") for one in found]
        data = DecideStep(
            decision=decision,  # type: ignore[arg-type]
            number=await self.newest(manuscript) or 1,
            note=note,
            checklist=said,
        )
        decided: Manuscript = await self.as_(
            by, steps.decide_in_step, self.postman, step.id, step.version, data
        )
        return decided

    async def approved(self, **fields: Any) -> Manuscript:
        """A manuscript that went the usual way."""
        manuscript = await self.submitted(**fields)
        await self.decide(manuscript, HEAD, StepKind.CONTENT)
        await self.decide(manuscript, CLERK, StepKind.FORM)
        return await self.decide(manuscript, HEAD, StepKind.APPROVAL)

    async def sees(self, username: str, manuscript: Manuscript) -> bool:
        from docflow.core.errors import NotFound

        try:
            await self.as_(username, get_manuscript, manuscript.id)
        except NotFound:
            return False
        return True

    async def trail(self, manuscript: Manuscript) -> list[AuditEvent]:
        """What the trail tells of it, in order."""
        async with self.sessions() as session:
            found = await session.scalars(
                select(AuditEvent).where(AuditEvent.subject_id == manuscript.id).order_by(AuditEvent.id)
            )
            return list(found)

    async def letters(self, manuscript: Manuscript) -> list[Letter]:
        """The letters about it, in order."""
        async with self.sessions() as session:
            found = await session.scalars(
                select(Letter).where(Letter.subject_id == manuscript.id).order_by(Letter.no)
            )
            return list(found)


def paper_of(content: bytes | None = None) -> Received:
    """What an upload hands to the verbs, for tests that need no object."""
    digest = (content or uuid4().bytes).ljust(32, b"\0")[:32]
    return Received(
        object_key=f"made-up/{uuid4()}",
        filename="bao-cao.docx",
        media_type="text/plain",
        size=10,
        sha256=digest,
    )


def waiting(found: list[ManuscriptStep]) -> list[StepKind]:
    return [step.kind for step in found if step.state is StepState.WAITING]
