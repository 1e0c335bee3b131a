"""Answering an invitation: by whoever is signed in and invited, or by the link of a letter."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.meetings import plans, queries
from docflow.meetings.models import Answer, Participant
from docflow.meetings.policy import Concern, decide
from docflow.meetings.queries import Asked
from docflow.meetings.schemas import AnswerIn
from docflow.meetings.service import standing
from docflow.meetings.workflow import Step, state_after


async def answer(session: AsyncSession, actor: Actor, meeting_id: UUID, data: AnswerIn) -> None:
    """Say for oneself whether one attends.

    Raises NotFound, NotAllowed for whoever is not invited, MeetingCancelled, MeetingOver, and Invalid.
    """
    meeting, own = await queries.get_own_seat(session, actor, meeting_id)
    decide(actor, Action.MEETING_ANSWER, Concern(meeting.unit_id, invited=own is not None)).require()
    assert own is not None
    state_after(meeting.state, Step.ANSWER, meeting.ends_at, clock.now())
    _note(own, data)
    await session.flush()
    await standing.record(
        session, actor, Tag.MEETING_ANSWERED, meeting, participant=own.name, answer=data.answer
    )


async def answer_by_link(session: AsyncSession, secret: str, data: AnswerIn, address: str) -> Asked:
    """Say by the link of the newest letter whether its recipient attends. Raises LinkEnded and Invalid."""
    asked = await queries.get_asked(session, secret, to_answer=True)
    _note(asked.participant, data)
    await session.flush()
    await standing.record(
        session,
        None,
        Tag.MEETING_ANSWERED,
        asked.meeting,
        name=asked.participant.name,
        address=address,
        participant=asked.participant.name,
        answer=data.answer,
    )
    return asked


def _note(participant: Participant, data: AnswerIn) -> None:
    plans.require(plans.wrong_texts({"note": data.note}))
    participant.answer = Answer(data.answer)
    participant.answer_note = data.note
    participant.answered_at = clock.now()
