"""The outbox: a letter is written in the transaction that causes it, and sent after that has committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.core import clock
from docflow.core.jobs import FIRST, enqueue
from docflow.core.messages import Language
from docflow.notifications.mail import Attachment, Mailbox, MailText, MailWords, compose
from docflow.notifications.models import Letter, LetterState
from docflow.notifications.smtp import Delivery, Envelope, Outcome

log = structlog.get_logger("docflow.notifications")

LEASE = timedelta(minutes=5)
"""A letter that was taken for sending is not taken again before; then whoever took it has died."""
HANDED_OVER_WITHIN = timedelta(minutes=2)
"""Of the lease: a letter that is not under way by then waits for its next turn, so none is sent by two."""
GIVEN_UP_AFTER = timedelta(days=5)
"""RFC 5321 §4.5.4.1: at least four to five days."""
LONGEST_WAIT = timedelta(hours=1)
UNTIL_THE_SERVER_IS_BACK = timedelta(minutes=1)
BATCH = 50
DELIVER = "notifications.deliver"
"""The job that sends what is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter to be: what to say, to whom, about what.

    ``effect`` names the cause and the recipient, ``meeting/<id>/<recipient>/<sequence>``: a second letter with
    the same effect is not written. Letters of a ``thread`` arrive in order.
    """

    effect: str
    thread: str
    to: Mailbox
    words: MailText
    about: tuple[str, UUID]
    calendar: bytes | None = None
    method: str | None = None
    reply_to: Mailbox | None = None
    attachment: Attachment | None = None
    headers: Mapping[str, str] | None = None
    """Further ones, printable ASCII."""


@dataclass(frozen=True, slots=True)
class Postman:
    """Writes letters into the outbox on behalf of docflow's address."""

    sender: Mailbox
    public_url: str
    mail_words: MailWords = field(repr=False)

    @property
    def domain(self) -> str:
        return self.sender.address.rpartition("@")[2]

    def words(self, name: str, language: Language, facts: Mapping[str, Any]) -> MailText:
        """The mail ``<capability>/<name>`` in the recipient's language."""
        return self.mail_words.render(name, language.value, **facts)

    def link(self, path: str) -> str:
        """An address that people can open."""
        return f"{self.public_url.rstrip('/')}{path}"

    async def post(self, session: AsyncSession, drafts: Sequence[Draft]) -> None:
        """Put letters into the outbox and ask for their delivery. Raises MailNotValid for a bad address."""
        if not drafts:
            return
        now = clock.now()
        await session.execute(
            insert(Letter).on_conflict_do_nothing(index_elements=[Letter.effect]),
            [self._row(draft, now) for draft in drafts],
        )
        await enqueue(session, DELIVER, alone=True, priority=FIRST)

    async def is_written(self, session: AsyncSession, effect: str) -> bool:
        """Whether the letter with this effect is in the outbox, or was."""
        return await session.scalar(select(exists().where(Letter.effect == effect))) or False

    def message_id(self, effect: str) -> str:
        """The Message-ID of the letter with this effect, which stays the same at every attempt."""
        return f"<{sha256(effect.encode()).hexdigest()[:40]}@{self.domain}>"

    def _row(self, draft: Draft, now: datetime) -> dict[str, Any]:
        content = compose(
            sender=self.sender,
            recipient=draft.to,
            subject=draft.words.subject,
            text=draft.words.text,
            html=draft.words.html,
            message_id=self.message_id(draft.effect),
            date=now,
            reply_to=draft.reply_to,
            calendar=draft.calendar,
            method=draft.method,
            attachment=draft.attachment,
            headers=draft.headers,
        )
        kind, subject_id = draft.about
        return {
            "effect": draft.effect,
            "thread": draft.thread,
            "recipient": draft.to.address,
            "subject": draft.words.subject,
            "content": content,
            "subject_kind": kind,
            "subject_id": subject_id,
            "queued_at": now,
            "due_at": now,
        }


async def take_due(session: AsyncSession, sender: str) -> list[Envelope]:
    """Take letters for sending, oldest first, none while an earlier one of its thread has not left."""
    now = clock.now()
    earlier = aliased(Letter)
    due = (
        select(Letter.id)
        .where(
            Letter.state == LetterState.QUEUED,
            Letter.due_at <= now,
            ~exists().where(
                earlier.thread == Letter.thread,
                earlier.state == LetterState.QUEUED,
                earlier.no < Letter.no,
            ),
        )
        .order_by(Letter.no)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Letter)
        # Not a subquery of IN, which some plans run once for each letter, beyond the limit.
        .cte("due")
    )
    taken = await session.execute(
        update(Letter)
        .where(Letter.id == due.c.id)
        .values(due_at=now + LEASE, attempts=Letter.attempts + 1)
        .returning(Letter.no, Letter.id, Letter.recipient, Letter.content)
    )
    return [Envelope(row.id, sender, row.recipient, row.content) for row in sorted(taken)]


async def note_delivery(session: AsyncSession, delivery: Delivery) -> None:
    """Keep what became of a letter. A temporary failure is tried again after a doubling wait, up to an hour.

    What was sent is not kept: an invitation holds the secret by which its recipient answers. A letter that had
    no turn, because the server was not there, counts no attempt.
    """
    now = clock.now()
    letter = await session.get_one(Letter, delivery.id, with_for_update=True)
    if delivery.outcome is Outcome.SENT:
        letter.state, letter.sent_at, letter.failure = LetterState.SENT, now, None
        letter.content = b""
        return
    if letter.state is not LetterState.QUEUED:
        return  # whoever took it after our lease knew better
    letter.failure = delivery.detail
    if delivery.outcome is Outcome.NOT_TRIED:
        letter.attempts -= 1
        letter.due_at = now + UNTIL_THE_SERVER_IS_BACK
    else:
        letter.due_at = now + min(timedelta(seconds=15) * 2 ** min(letter.attempts, 10), LONGEST_WAIT)
    if delivery.outcome is Outcome.PERMANENT or now - letter.queued_at >= GIVEN_UP_AFTER:
        letter.state = LetterState.FAILED
        log.warning(
            "letter_given_up",
            letter=letter.no,
            about=f"{letter.subject_kind}/{letter.subject_id}",
            attempts=letter.attempts,
            failure=letter.failure,
        )


class FailedLetter(NamedTuple):
    """A letter that was given up, and why."""

    no: int
    queued_at: datetime
    recipient: str
    about: str
    failure: str


async def list_failed(session: AsyncSession) -> list[FailedLetter]:
    """Every letter that was given up, in the order in which they were written."""
    rows = await session.execute(
        select(
            Letter.no,
            Letter.queued_at,
            Letter.recipient,
            Letter.subject_kind,
            Letter.subject_id,
            Letter.failure,
        )
        .where(Letter.state == LetterState.FAILED)
        .order_by(Letter.no)
    )
    return [
        FailedLetter(
            row.no, row.queued_at, row.recipient, f"{row.subject_kind}/{row.subject_id}", row.failure or ""
        )
        for row in rows
    ]


async def queue_again(session: AsyncSession, numbers: Sequence[int] = ()) -> list[int]:
    """Give letters that were given up another five days: those with ``numbers``, or all; the numbers of which.

    One whose thread has gone on stays: an old invitation must not arrive after its cancellation.
    """
    now = clock.now()
    later = aliased(Letter)
    failed = update(Letter).where(
        Letter.state == LetterState.FAILED,
        ~exists().where(later.thread == Letter.thread, later.no > Letter.no, later.state == LetterState.SENT),
    )
    if numbers:
        failed = failed.where(Letter.no.in_(numbers))
    again = await session.scalars(
        failed.values(state=LetterState.QUEUED, queued_at=now, due_at=now, attempts=0).returning(Letter.no)
    )
    found = sorted(again)
    if found:
        await enqueue(session, DELIVER, alone=True, priority=FIRST)
    return found
