"""The words that a letter has besides its facts, with their line breaks."""

from collections.abc import Sequence

import msgspec

from docflow.core.messages import text_of
from docflow.issuing.letters.facts import INVITATION, LetterFacts
from docflow.issuing.models.words import RecipientRole


class DateParts(msgspec.Struct, frozen=True):
    """The line of place and date: what is fixed, and between it the digits or None where they are to come."""

    before: tuple[str, str, str]
    """Before day, month and year."""
    digits: tuple[str, str, str] | None


def state(facts: LetterFacts) -> tuple[str, str]:
    """The nation's name and its motto (II.1)."""
    return text_of("letter_state", facts.language), text_of("letter_motto", facts.language)


def number_word(facts: LetterFacts) -> str:
    return text_of("letter_number", facts.language)


def date_parts(facts: LetterFacts) -> DateParts:
    """Days below 10 and the months 1 and 2 have a zero in front (II.4)."""
    day, month, year = (text_of(f"letter_date_{part}", facts.language) for part in ("day", "month", "year"))
    begins = text_of("letter_date_place", facts.language, place=facts.place) if facts.place else ""
    fixed = (f"{begins}{day}" if begins else day[:1].upper() + day[1:], month, year)
    on = facts.issued_on
    return DateParts(fixed, (f"{on.day:02d}", _month(on.month), f"{on.year}") if on else None)


def _month(month: int) -> str:
    return f"{month:02d}" if month < 3 else str(month)


def month_text(month: int) -> str:
    """The month as the head of a document writes it: `01`, `02`, then `3` to `12`."""
    return _month(month)


def kind(facts: LetterFacts) -> str:
    return facts.kind_name.upper()


def about(facts: LetterFacts) -> str:
    """The subject below an official letter's number."""
    return text_of("letter_about", facts.language, subject=facts.subject)


def salutation(facts: LetterFacts) -> str:
    """What stands before those to whom it is addressed."""
    if facts.kind_code == INVITATION:
        return text_of("letter_invites", facts.language, issuer=facts.issuer)
    return text_of("letter_to", facts.language)


def annex_note(facts: LetterFacts) -> str:
    """Of which document an annex is a part; number and date stay open where they are not known (III.1 (d))."""
    on = facts.issued_on
    gap = "…"
    return text_of(
        "letter_annexed",
        facts.language,
        kind=facts.kind_name if facts.language == "vi" else facts.kind_name.lower(),
        symbol=f"{facts.number or gap}{facts.after_number}",
        day=f"{on.day:02d}" if on else gap,
        month=_month(on.month) if on else gap,
        year=on.year if on else gap,
        issuer=facts.issuer,
    )


def recipients_word(facts: LetterFacts) -> str:
    return text_of("letter_recipients", facts.language)


def recipient_lines(facts: LetterFacts) -> Sequence[str]:
    """The list of recipients, each line ended as II.9 has it."""
    lines: list[str] = [text_of("letter_as_above", facts.language)] if facts.addressees else []
    named = set(facts.addressees)
    lines.extend(
        recipient.name
        for recipient in facts.recipients
        if recipient.name not in named and recipient.role is not RecipientRole.FILE
    )
    kept = [recipient.name for recipient in facts.recipients if recipient.role is RecipientRole.FILE]
    keeper = facts.kept_by or ", ".join(kept) or text_of("letter_registry", facts.language)
    lines.append(text_of("letter_kept", facts.language, keeper=keeper))
    return [f"- {line.rstrip('.; ')}{';' if more else '.'}" for line, more in _with_more(lines)]


def _with_more(lines: Sequence[str]) -> list[tuple[str, bool]]:
    return [(line, place < len(lines)) for place, line in enumerate(lines, 1)]


def addressee_lines(facts: LetterFacts) -> Sequence[str]:
    """One addressee stands on the line of the salutation; of several each has a line of its own."""
    if len(facts.addressees) == 1:
        return [facts.addressees[0].rstrip(".; ") + "."]
    return [f"- {name.rstrip('.; ')}{';' if more else '.'}" for name, more in _with_more(facts.addressees)]
