"""Words of generated documents. Light, like ``clients``."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, product
from typing import NamedTuple
from uuid import UUID

from docflow.core.text import fold
from docflow.documents.search_marks import marks_of
from docflow.documents.search_terms import document_vector, exact_literal
from tests.benchmarks.crowd import wait_for

READERS = 5
SYLLABLES = 200
WIDE_SHARE = 0.26
"""The part of all documents that the leader reads."""
RARE_EVERY = 1_000
RARE = "khuyếch"
"""In one of so many documents, all of which the clerk reads."""
NUMBERED = 711
"""The document whose number is looked for; the clerk reads it."""
OLD_READS = 5_000
"""So many documents, all among the oldest, are read by a unit that gets nothing any more."""
FIRST_AT = datetime(2019, 6, 3, 1, tzinfo=UTC)
EVERY = timedelta(seconds=200)
KINDS = (
    "official_letter", "report", "decision", "plan", "notice", "submission", "directive", "invitation",
    "resolution", "guideline", "programme", "minutes", "project", "scheme", "contract", "urgent_dispatch",
)  # fmt: skip
ISSUERS = [
    f"{body} {place}" for body in ("Sở", "Ban", "Ủy ban nhân dân xã", "Văn phòng") for place in range(75)
]
_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ")
_GIVEN = ("An", "Bình", "Cường", "Dũng", "Hạnh", "Hiếu", "Khánh", "Linh", "Phúc", "Yến")
SIGNERS = [
    f"{family} {middle} {given}" for family in _FAMILIES for middle in ("Văn", "Thị") for given in _GIVEN
]

_INITIALS = [
    "b",
    "c",
    "ch",
    "d",
    "đ",
    "g",
    "h",
    "kh",
    "l",
    "m",
    "n",
    "ng",
    "nh",
    "ph",
    "qu",
    "r",
    "s",
    "t",
    "th",
    "tr",
    "v",
    "x",
]
_NUCLEI = [
    "a",
    "á",
    "à",
    "ả",
    "ã",
    "ạ",
    "ê",
    "ế",
    "ề",
    "ể",
    "ễ",
    "ệ",
    "i",
    "í",
    "ì",
    "ỉ",
    "ĩ",
    "ị",
    "ô",
    "ố",
    "ồ",
    "ổ",
    "ỗ",
    "ộ",
    "ư",
    "ứ",
    "ừ",
    "ử",
    "ữ",
    "ự",
]
_FINALS = ("", "n", "ng", "m", "t", "c", "nh", "p")


def vocabulary() -> list[str]:
    """Syllables from the most to the least frequent, the same ones every time."""
    syllables = ["".join(parts) for parts in product(_INITIALS, _NUCLEI, _FINALS)]
    random.Random(711).shuffle(syllables)
    return syllables


def number_of(document: int) -> str:
    """The symbol of a generated document."""
    return f"{document}/BC-STC"


class Readers(NamedTuple):
    """Principals: of all units, of the clerk's unit, the unit with old documents, the leader, who reads everything."""

    units: Sequence[int]
    clerk: int
    old: int
    leader: int
    widest: int


class Made(NamedTuple):
    """What differs between documents."""

    number: int
    id: UUID
    at: datetime
    kind: str
    urgency: str
    issued_on: date
    due_on: date | None
    issuer: str
    signer: str
    subject: str
    readers: list[int]
    vector: str
    exact: str
    text: str


_WEIGHTS: list[float] = []
_SYLLABLES: list[str] = []


def make(
    start_at: float, first: int, count: int, readers: Readers, register_id: UUID, unit_id: UUID
) -> list[Made]:
    """Documents from number ``first`` on, the same ones every time."""
    wait_for(start_at)
    if not _SYLLABLES:
        _SYLLABLES.extend(vocabulary())
        _WEIGHTS.extend(accumulate(1 / rank for rank in range(1, len(_SYLLABLES) + 1)))
    chance = random.Random(first)
    return [_made(chance, number, readers, register_id, unit_id) for number in range(first, first + count)]


def _made(chance: random.Random, number: int, readers: Readers, register_id: UUID, unit_id: UUID) -> Made:
    words = chance.choices(_SYLLABLES, cum_weights=_WEIGHTS, k=SYLLABLES)
    if number % RARE_EVERY == NUMBERED:
        words[100] = RARE
    subject, text = " ".join(words[:20]), " ".join(words[20:])
    at = FIRST_AT + EVERY * number
    kind = KINDS[min(int(chance.expovariate(0.4)), len(KINDS) - 1)]
    issuer, signer = chance.choice(ISSUERS), chance.choice(SIGNERS)
    urgency = "urgent" if chance.random() < 0.08 else "flash" if chance.random() < 0.01 else "normal"
    issued_on = at.date() - timedelta(days=chance.randrange(20))
    marks = marks_of(
        direction="incoming",
        kind=kind,
        unit_id=unit_id,
        register_id=register_id,
        urgency=urgency,
        issued_on=issued_on,
        arrived_on=at.date(),
        issuer_key=fold(issuer),
        source="upload",
        is_late=False,
    )
    fields = [number_of(number), subject, issuer, signer, text]
    return Made(
        number=number,
        id=_key(at, chance),
        at=at,
        kind=kind,
        urgency=urgency,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=30) if chance.random() < 0.2 else None,
        issuer=issuer,
        signer=signer,
        subject=subject,
        readers=_readers(chance, number, readers),
        vector=document_vector(list(zip(fields, "AABBD", strict=True)), marks),  # type: ignore[arg-type]
        exact=exact_literal(fields),
        text=text,
    )


def _readers(chance: random.Random, number: int, readers: Readers) -> list[int]:
    named = set(chance.sample(readers.units, READERS)) | {readers.widest}
    if number % RARE_EVERY == NUMBERED:
        named.add(readers.clerk)
    if chance.random() < WIDE_SHARE:
        named.add(readers.leader)
    if number <= OLD_READS:
        named.add(readers.old)
    return sorted(named)


def _key(at: datetime, chance: random.Random) -> UUID:
    """A UUIDv7 of that moment (RFC 9562, 5.7)."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(
        int=milliseconds << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
    )
