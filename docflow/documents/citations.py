"""Documents named in a text by number and symbol: what is written, which symbols it may mean, when, whose. Pure.

Domain §1.2: people write loosely, so `No. 711-QD/TU`, `Số 45 /BC - SNV` and a symbol broken by the end of a line
are read. Dates, fractions, amounts, telephone numbers and articles are none. What is found may mean several
symbols, and then all of them are given: `HD` in plain letters may be HĐ, unless `Hợp đồng` stands before it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice, pairwise

from docflow.documents.issuers import issuer_at
from docflow.documents.models.words import Relation
from docflow.documents.relations import LOOK_BACK, Sentence
from docflow.documents.symbols import Form, Symbol, SymbolNotUnderstood, parse
from docflow.documents.wording import KindLexicon, KindNames, date_at, flatten

MAX_SHAPES = 100_000
MAX_NAMED = 20_000
"""No more are read in one text, and no more of their shape are looked at."""
MAX_KEPT = 1_000
"""No more different ones are kept of one document."""
_EXCERPT_BEFORE = 90
_EXCERPT_AFTER = 70
_WORDS_BETWEEN = 3
"""Words that may stand between kind and label, as in `Hợp đồng kinh tế số …`."""
_HEAD = 2_500
"""Letters of a first page in which a number after `Số:` is the page's own and names nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A document named in a text.

    `written` is the symbol as it stands there, on one line; `keys` are what it may mean, as `Symbol.match_key`,
    the likeliest first. `issuer` is empty where it is not said. `start` counts characters from 0, `page` from 1.
    `place` is as in `models.Citation`.
    """

    written: str
    keys: tuple[str, ...]
    issued_on: date | None
    issuer: str
    relation: Relation
    start: int
    page: int | None
    excerpt: str
    place: str = "text"


def find_citations(text: str, kinds: Collection[KindNames]) -> Iterator[Found]:
    """Every document named in `text` (NFC, pages parted by form feeds), in order; takes time in proportion to it.

    A list shares what is said once: `các Quyết định số 12/QĐ-UBND và 13/QĐ-UBND ngày … của …`.
    """
    flat = flatten(text)
    lexicon = KindLexicon(kinds)
    named = _with_what_is_shared(text, flat, list(islice(_named(text, flat, lexicon), MAX_NAMED)))
    sentence = Sentence()
    page, counted, before = 1, 0, 0
    for one in named:
        page += text.count("\f", counted, one.start)
        counted = one.start
        first = max(before, one.lead - LOOK_BACK)
        after_another = 0 < before == first
        relation = sentence.relation_of(
            text[first : one.lead], flat[first : one.lead], after_another=after_another
        )
        before = one.tail
        yield Found(
            " ".join(text[one.start : one.end].split()),
            _keys(one),
            one.issued_on,
            one.issuer,
            relation,
            one.start,
            page,
            _excerpt(text, one.lead, one.tail),
        )


def names_any(text: str) -> bool:
    """Whether anything in `text` has the shape of a number and symbol; quick, and true rather too often."""
    return _SHAPE.search(flatten(text)) is not None


def gathered(found: Iterable[Found], own_key: str, own_date: date | None) -> list[Found]:
    """Each document once for each relation, in the order of the text; at most MAX_KEPT, never the document itself.

    Who names a document once with its date means the same one where the date is missing. `mentions` gives way to
    any relation that is told.
    """
    known: dict[tuple[str, ...], set[date]] = {}
    others = [one for one in found if not (own_key in one.keys and one.issued_on in (None, own_date))]
    for one in others:
        if one.issued_on is not None:
            known.setdefault(one.keys, set()).add(one.issued_on)
    kept: dict[tuple[tuple[str, ...], date | None, Relation], Found] = {}
    for one in others:
        dates = known.get(one.keys, set())
        issued_on = one.issued_on or (next(iter(dates)) if len(dates) == 1 else None)
        first = kept.setdefault((one.keys, issued_on, one.relation), replace(one, issued_on=issued_on))
        if one.issuer and not first.issuer:
            kept[one.keys, issued_on, one.relation] = replace(first, issuer=one.issuer)
    told = {(keys, day) for keys, day, relation in kept if relation is not Relation.MENTIONS}
    chosen = (
        one
        for (keys, day, relation), one in kept.items()
        if relation is not Relation.MENTIONS or (keys, day) not in told
    )
    return list(islice(chosen, MAX_KEPT))


def mark(key: str, issued_on: date | None) -> str:
    """What `Document.cited` holds for a document that is named: the key, and the date where it is said."""
    return f"{key}@{issued_on.isoformat()}" if issued_on else key


def cited_as(key: str, issued_on: date) -> list[str]:
    """The marks of whoever names this document: with its date or without one. Another date is another document."""
    return [mark(key, None), mark(key, issued_on)]


_DASH = "-\u2010-\u2015\u2212"
_SLASH = r"\s{0,3}+[/\u2215\u2044\uff0f]\s{0,3}+"
_HYPHEN = rf"\s{{0,3}}+[{_DASH}]\s{{0,3}}+"
_SEGMENT = r"[a-z](?:[a-z0-9]|[.&](?=[a-z0-9])){0,29}+"
_SHAPE = re.compile(
    rf"(?:(?<=\bso)|(?<=\bno)|(?<![^\W]))(?<![0-9][-/.,:\u2013])(?<![^\W_][-/])"
    rf"(?P<number>[0-9]{{1,7}}+[a-z]{{0,3}}+)(?:"
    rf"{_SLASH}(?:(?P<year>[0-9]{{4}}){_SLASH})?+{_SEGMENT}(?:{_HYPHEN}{_SEGMENT}(?:-{_SEGMENT}){{0,4}}+)?+"
    rf"|{_HYPHEN}{_SEGMENT}{_SLASH}{_SEGMENT}(?:[-/]{_SEGMENT}){{0,3}}+"
    rf")(?![^\W]|[-/][^\W_])"
)
_LABEL = re.compile(r"(?:\bso(?:\s{0,2}ky hieu)?|\bnos?|\bnumbers?|\u2116|#)\s{0,3}[.:]{0,2}\s{0,5}\Z")
_JOINT = re.compile(rf"\s*[{_DASH}/\u2215\u2044\uff0f]\s*")
_LISTED = re.compile(r"\s*(?:,|va|and|&|;)?\s*(?:va|and)?\s*(?:so|nos?\.?)?\s*:?\s*")
_BEFORE_DATE = re.compile(
    r"[\s,(]{0,4}(?:(?:ky|ban hanh|duoc ban hanh|de|issued|signed|adopted|promulgated|dated|date|of|on|as of)\s{1,3}){0,3}"
)
_PARLIAMENT = re.compile(r"(?:ubtv)?qh[0-9]*", re.IGNORECASE)


@dataclass(slots=True)
class _Named:
    """One symbol in its place: `lead` is where its kind or label begins, `tail` where date and issuer end."""

    lead: int
    start: int
    end: int
    symbol: Symbol
    kinds: frozenset[str | None]
    tail: int = 0
    issued_on: date | None = None
    issuer: str = ""
    own_date: bool = False


def _named(text: str, flat: str, lexicon: KindLexicon) -> Iterator[_Named]:
    for found in islice(_SHAPE.finditer(flat), MAX_SHAPES):
        start, end = found.span()
        label = _LABEL.search(flat, max(0, start - 24), start)
        lead = label.start() if label else start
        kind = lexicon.before(flat, lead, words_between=_WORDS_BETWEEN if label else 0)
        if kind is None and label and _is_own_number(text, flat, label.start()):
            continue
        written = text[start:end]
        try:
            symbol = parse(written, lexicon.symbols)
        except SymbolNotUnderstood:
            continue
        if _is_credible(written, symbol, lexicon.symbols, bool(label or kind), kind is not None):
            yield _Named(
                kind.start if kind else lead, start, end, symbol, kind.symbols if kind else frozenset()
            )


def _is_own_number(text: str, flat: str, label: int) -> bool:
    """Whether a labelled number is the one in the head of the page: `Số: 05/CT-UBND` at the start of a line."""
    if label > _HEAD or not text[label].isupper():
        return False
    begins = max(flat.rfind("\n", 0, label), flat.rfind("\t", 0, label)) + 1
    return "\f" not in flat[:label] and not flat[begins:label].strip(" -*|")


def _is_credible(written: str, symbol: Symbol, known: frozenset[str], announced: bool, by_kind: bool) -> bool:
    """Whether it is a symbol and not something of its shape: `24/7`, `5/người-ngày`, `1/ Công - tư`."""
    segments = [part for part in _JOINT.split(written)[1:] if not part.isdigit()]
    if not all(_is_symbolic(part, known) for part in segments):
        plain = written == written.lower() and not any(letter.isspace() for letter in written)
        return announced and plain and symbol.kind in known
    if symbol.suffix and not (symbol.suffix.islower() or symbol.suffix in "ABCDĐE"):
        return False
    if symbol.form is Form.LETTER:
        spaced = any(letter.isspace() for letter in written)
        if symbol.unit is None:
            return by_kind or (announced and len(symbol.body) > 2)
        return announced or (len(symbol.body) > 1 and not spaced)
    if symbol.form is Form.LEGISLATIVE and symbol.kind is None:
        return announced or _PARLIAMENT.fullmatch(symbol.body) is not None
    return announced or symbol.form is not Form.PARTY or _is_party_kind(symbol, known)


def _is_party_kind(symbol: Symbol, known: frozenset[str]) -> bool:
    return symbol.kind in known or symbol.kind in ("CV", "KL")


def _is_symbolic(segment: str, known: frozenset[str]) -> bool:
    if segment in known:
        return True
    capitals = sum(letter.isupper() for letter in segment)
    return capitals > sum(letter.islower() for letter in segment)


def _with_what_is_shared(text: str, flat: str, named: Sequence[_Named]) -> Sequence[_Named]:
    """Read date and issuer after each; then share along lists in which only the last says them, or the first its kind."""
    for place, one in enumerate(named):
        limit = named[place + 1].lead if place + 1 < len(named) else len(text)
        _read_tail(one, text, flat, limit)
    for one, following in pairwise(named):
        if not following.kinds and _LISTED.fullmatch(flat, one.tail, following.lead):
            following.kinds = one.kinds
    for following, one in pairwise(reversed(named)):
        if following.lead != _label_of(flat, following.start) or not _LISTED.fullmatch(
            flat, one.tail, following.lead
        ):
            continue
        if one.issued_on is None and one.tail == one.end:
            one.issued_on = following.issued_on
        one.issuer = one.issuer or following.issuer
    return named


def _label_of(flat: str, start: int) -> int:
    """Where the label of a symbol begins, or the symbol itself: what has a kind of its own begins before."""
    label = _LABEL.search(flat, max(0, start - 24), start)
    return label.start() if label else start


def _read_tail(one: _Named, text: str, flat: str, limit: int) -> None:
    one.tail = one.end
    before = _BEFORE_DATE.match(flat, one.end, limit)
    dated = date_at(flat, before.end() if before else one.end)
    if dated and dated.end <= limit:
        one.issued_on, one.tail = dated
    issuer = issuer_at(text, flat, one.tail, limit)
    if issuer:
        one.issuer, one.tail = issuer


_BARRED = re.compile(r"(?<![a-z])(?P<own>[sb]?)(?P<letters>hdnd|bcd|ldtbxh|gddt|khdt|ldld|dtn|dhqg)(?![a-z])")
_WITH_BAR = {
    "hdnd": "hđnd", "bcd": "bcđ", "ldtbxh": "lđtbxh", "gddt": "gdđt", "khdt": "khđt", "ldld": "lđlđ", "dtn": "đtn",
    "dhqg": "đhqg",
}  # fmt: skip


def _keys(one: _Named) -> tuple[str, ...]:
    """The keys that a symbol may mean. A kind before it decides; letters without bars may have lost them on the way."""
    symbol = one.symbol
    kinds: Sequence[str | None] = symbol.candidates or (symbol.kind,)
    meant = [kind for kind in kinds if kind in one.kinds]
    keys = [replace(symbol, kind=kind).match_key for kind in (meant or kinds)]
    if symbol.written.isascii():
        keys += [barred for key in keys if (barred := _BARRED.sub(_bar, key)) != key]
    return tuple(keys)


def _bar(found: re.Match[str]) -> str:
    return found["own"] + _WITH_BAR[found["letters"]]


def _excerpt(text: str, lead: int, tail: int) -> str:
    """The words around it on one line, with dots where they go on."""
    first = max(0, lead - _EXCERPT_BEFORE)
    last = min(len(text), tail + _EXCERPT_AFTER)
    before, after = text[first:lead], text[tail:last]
    if first > 0:
        before = "…" + before.partition(" ")[2]
    if last < len(text):
        after = after.rpartition(" ")[0] + "…"
    return " ".join(f"{before}{text[lead:tail]}{after}".split())
