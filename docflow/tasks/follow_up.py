"""The follow-up of incoming documents, the third of the legal registers: what became of each, and who answers for it.

Columns: Decree 30/2020/NĐ-CP, Appendix IV (register for following up incoming documents), domain §1.4. One row for each
task of a document, and one for a document that has a deadline and was given to nobody as a task. What has neither is
not followed up. Whether something is overdue is told as of the moment of the print.
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, true, union
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import deny
from docflow.accounts.models import Unit
from docflow.core.clock import LOCAL_ZONE
from docflow.core.messages import Language, text_of
from docflow.documents.models import Document, DocumentKind, PrintKind, RegisterEntry
from docflow.documents.numbering import number_text
from docflow.documents.policy import visible_to
from docflow.documents.prints.books import (
    day_of,
    document_of_entry,
    given_lateral,
    given_of,
    in_order,
    in_period,
    seen_by,
    voided_note,
)
from docflow.documents.prints.sheets import Asked, Line, Sheet, opened
from docflow.printing.tables import Cell, CellKind, Column, Row, printed_text
from docflow.tasks.models import Part, PartRole, PartState, Task

COLUMNS = (
    ("arrival_number", 13, CellKind.NUMBER),
    ("what", 62, CellKind.TEXT),
    ("answering", 44, CellKind.TEXT),
    ("deadline", 20, CellKind.DATE),
    ("progress", 46, CellKind.TEXT),
    ("reply", 30, CellKind.TEXT),
    ("note", 50, CellKind.TEXT),
)
REPLY, RESTRICTED_AT = 5, 1
OPEN = {PartState.ASSIGNED, PartState.ACCEPTED}


def columns(asked: Asked) -> tuple[Column, ...]:
    """The seven of the form."""
    return tuple(
        Column(text_of(f"print_column_{word}", asked.language), share, kind) for word, share, kind in COLUMNS
    )


async def lines(
    session: AsyncSession, asked: Asked, actor: Actor | None
) -> AsyncGenerator[Sequence[Line], None]:
    """What is followed up of the numbers of an incoming book in the period, by number and task.

    Whoever may print a book is a member of its unit or above, and sees its tasks whole; but not with a token that
    may not read tasks: raises NotAllowed.
    """
    if actor is not None and not actor.may(Action.TASK_READ):
        deny("role_missing").require()
    stream = await opened(session, _statement(asked, actor))
    before: UUID | None = None
    try:
        async for rows in stream.partitions():
            lines: list[Line] = []
            for row in rows:
                lines.append(line_of(row, asked, first=row.id != before))
                before = row.id
            yield lines
    finally:
        await stream.close()


def line_of(row: Any, asked: Asked, *, first: bool = True) -> Line:
    """A task of a document: whole; without its reply, for those who may not see that; and for those who may not see
    the document, of whose tasks only the ``first`` has a row."""
    number = f"{number_text(row.number)}{row.suffix}"
    language = asked.language
    word = text_of("print_restricted", language)
    cells: list[Cell] = [
        number,
        _what(row, language),
        _answering(row, language),
        _deadline(row),
        _progress(row, asked),
        ";\n".join(row.replies or ()),
        _note(row, language),
    ]
    struck, note = row.voided_at is not None, voided_note(row, language)
    forms: list[Row | None] = [Row(tuple(cells), struck, note)]
    if row.replies:
        forms.append(Row((*cells[:REPLY], word, *cells[REPLY + 1 :]), struck, note))
    hidden: list[Cell] = [None] * len(COLUMNS)
    hidden[0], hidden[RESTRICTED_AT] = number, word
    forms.append(Row(tuple(hidden)) if first else None)
    seen = 0 if row.replies_seen is not False else 1
    shown = seen if row.seen else len(forms) - 1
    return Line(number, row.taken_at, row.id, tuple(forms), shown, also=tuple(row.answers or ()))


def _statement(asked: Asked, actor: Actor | None) -> Select[*tuple[Any, ...]]:
    given = given_lateral(asked.language)
    kind_name = DocumentKind.name_vi if asked.language is Language.VI else DocumentKind.name_en
    parts, replies = _parts(asked.language), _replies(actor)
    entry, document = RegisterEntry, Document
    return (
        select(
            *(entry.number, entry.suffix, entry.taken_at, entry.voided_at, entry.void_reason),
            *(document.id, document.symbol, document.issued_on, document.issuer, document.due_on),
            *(kind_name.label("kind_name"), seen_by(actor).label("seen")),
            *(Task.id.label("task_id"), Task.content, Task.original_due_on, Task.due_at),
            *given.c,
            *parts.c,
            *replies.c,
        )
        .select_from(entry)
        .join(document, document_of_entry())
        .join(DocumentKind, DocumentKind.code == document.kind_code)
        .outerjoin(Task, Task.document_id == document.id)
        .outerjoin(given, true())
        .outerjoin(parts, true())
        .outerjoin(replies, true())
        .where(*in_period(asked), or_(Task.id.is_not(None), document.due_on.is_not(None)))
        .order_by(*in_order(), Task.id)
    )


def _parts(language: Language) -> Any:
    """The parts of Task, the lead's first: lists in one order."""
    order = (Part.role == PartRole.COORDINATE, Unit.no)
    name = (
        Unit.name_vi
        if language is Language.VI
        else func.coalesce(func.nullif(Unit.name_en, ""), Unit.name_vi)
    )

    def listed(column: Any, label: str) -> Any:
        return func.array_agg(aggregate_order_by(column, *order)).label(label)

    return (
        select(
            listed(name, "units"),
            listed(Part.role, "roles"),
            listed(Part.state, "states"),
            listed(Part.percent, "percents"),
            listed(Part.finished_at, "finished"),
            listed(Part.return_reason, "reasons"),
        )
        .join(Unit, Unit.id == Part.unit_id)
        .where(Part.task_id == Task.id)
        .correlate(Task)
        .lateral("parts")
    )


def _replies(actor: Actor | None) -> Any:
    """The symbols of what answers the document: the results of Task, and answers that are the result of none of its
    tasks. One whose number was voided answers nothing any more; it is only among those that the row depends on."""
    reply, answer = aliased(Document, name="reply"), aliased(Document, name="answer")
    part, other, task = (
        aliased(Part, name="own"),
        aliased(Part, name="other"),
        aliased(Task, name="other_task"),
    )
    of_task = select(part.result_document_id).where(
        part.task_id == Task.id, part.result_document_id.is_not(None)
    )
    a_result = (
        select(other.id)
        .join(task, task.id == other.task_id)
        .where(task.document_id == Document.id, other.result_document_id == answer.id)
        .correlate(Document, answer)
        .exists()
    )
    of_none = select(answer.id).where(answer.answers_id == Document.id, ~a_result)
    named = union(of_task.correlate(Task), of_none.correlate(Document)).subquery("named")
    in_force = reply.voided_at.is_(None)
    seen: ColumnElement[bool] = true()
    if actor is not None:
        # The read rule on the replying document, which has the rule's own name only in here.
        seen = select(Document.id).where(Document.id == reply.id, visible_to(actor)).correlate(reply).exists()
    return (
        select(
            func.array_agg(aggregate_order_by(reply.symbol, reply.id)).filter(in_force).label("replies"),
            func.bool_and(seen).filter(in_force).label("replies_seen"),
            func.array_agg(reply.id).label("answers"),
        )
        .select_from(named)
        .join(reply, reply.id == named.c[0])
        .lateral("replies")
    )


def _what(row: Any, language: Language) -> str:
    day = printed_text(row.issued_on)
    return text_of("print_what", language, kind=row.kind_name, symbol=row.symbol, day=day, issuer=row.issuer)


def _answering(row: Any, language: Language) -> str:
    if row.task_id is None:
        return given_of(row, language).to
    words = {PartRole.LEAD: "print_lead", PartRole.COORDINATE: "print_coordinate"}
    parts = zip(row.units, row.roles, strict=True)
    return ";\n".join(text_of(words[PartRole(role)], language, unit=unit) for unit, role in parts)


def _deadline(row: Any) -> Cell:
    if row.task_id is None:
        due_on: Cell = row.due_on
        return due_on
    due_at: datetime = row.due_at
    return due_at.astimezone(LOCAL_ZONE).date()


def _progress(row: Any, asked: Asked) -> str:
    """The state of each part, by unit where there are several."""
    if row.task_id is None:
        ended = row.replies or row.due_on >= asked.at.astimezone(LOCAL_ZONE).date()
        word = "answered" if row.replies else "unassigned"
        return _with_lateness(text_of(f"print_progress_{word}", asked.language), asked, late=not ended)
    said = [_state(row, place, PartState(state), asked) for place, state in enumerate(row.states)]
    if len(said) == 1:
        return said[0]
    return ";\n".join(f"{unit}: {words}" for unit, words in zip(row.units, said, strict=True))


def _state(row: Any, place: int, state: PartState, asked: Asked) -> str:
    finished, word = row.finished[place], state.value
    if state is PartState.COMPLETED and finished > row.due_at:
        word = "completed_late"
    words = text_of(
        f"print_progress_{word}",
        asked.language,
        percent=str(row.percents[place]),
        day=day_of(finished) if finished is not None else "",
        reason=row.reasons[place] or "",
    )
    return _with_lateness(words, asked, late=state in OPEN and row.due_at < asked.at)


def _with_lateness(words: str, asked: Asked, *, late: bool) -> str:
    return f"{words}, {text_of('print_progress_overdue', asked.language)}" if late else words


def _note(row: Any, language: Language) -> str:
    """The leader's words, and the first deadline where it was moved."""
    if row.task_id is None:
        return ""
    moved = row.original_due_on != _deadline(row)
    original = text_of("print_original_due", language, day=printed_text(row.original_due_on)) if moved else ""
    return "\n".join(filter(None, (row.content, original)))


SHEET = Sheet(PrintKind.FOLLOW_UP, columns, lines)
