"""All parts of a paper together: what they agree on is sure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from docflow.documents.citations import find_citations
from docflow.documents.prefill.head import Head, read_head, suggestions_of
from docflow.documents.prefill.signature import read_foot
from docflow.documents.prefill.subject import (
    ABOUT,
    ADDRESSED,
    find_title,
    kind_of_title,
    subject_of_letter,
    subject_under,
    titles_of,
)
from docflow.documents.prefill.suggestion import Field, Line, Suggestion, lines_of
from docflow.documents.symbols import MAX_LENGTH, Form, Symbol, SymbolNotUnderstood, parse
from docflow.documents.wording import KindLexicon, KindNames, flatten

MAX_NAME = 500
LETTER = "official_letter"


def suggest(
    first_pages: str, filename: str, mail_subject: str | None, kinds: Collection[KindNames]
) -> list[Suggestion]:
    """What the fields of a registration may be, one suggestion for each field at most, in the order of the form.

    `first_pages` is the text of a file with form feeds between pages; no more than 60,000 characters are read.
    A field about which nothing is said is not there.
    """
    known = list(kinds)
    lexicon = KindLexicon(known)
    lines = lines_of(first_pages)
    titles = titles_of(known)
    title = find_title(lines, titles)
    head = read_head(lines[: _end_of_head(lines, title)], lexicon)
    symbol = _symbol(head, filename, mail_subject, lexicon, known)
    found = suggestions_of(head)
    found += _symbol_and_kind(symbol, lines[title] if title is not None else None, titles, lines, known)
    subject = subject_under(lines, title) if title is not None else None
    subject = subject or subject_of_letter(lines) or _subject_of_mail(mail_subject)
    if subject is not None:
        found.append(subject)
    if title is not None or head.symbols or head.dates:
        # Without any of these it is no paper whose foot could be told from its text.
        found += read_foot(lines[(title or 0) + 1 :])
    return _in_order(found)


def _end_of_head(lines: Sequence[Line], title: int | None) -> int:
    if title is not None:
        # A recogniser may read the right column below the title; not far.
        return title
    for place, line in enumerate(lines):
        if line.page > 1 or ADDRESSED.match(line.flat):
            return place
    return len(lines)


def _symbol(
    head: Head, filename: str, mail_subject: str | None, lexicon: KindLexicon, kinds: Sequence[KindNames]
) -> tuple[Suggestion, Symbol] | None:
    if head.symbols:
        line, symbol = head.symbols[0]
        alone = len({one.match_key for _, one in head.symbols}) == 1
        sure = alone and len(symbol.candidates) < 2
        return line.suggests(Field.SYMBOL, symbol.written, sure=sure), symbol
    by_file = symbol_of_filename(filename, lexicon)
    if by_file is not None:
        return _elsewhere(Field.SYMBOL, by_file.written, filename, "filename"), by_file
    if mail_subject:
        for found in find_citations(mail_subject[:MAX_NAME], kinds):
            try:
                symbol = parse(found.written, lexicon.symbols)
            except SymbolNotUnderstood:
                continue
            return _elsewhere(Field.SYMBOL, symbol.written, mail_subject, "mail_subject"), symbol
    return None


def _elsewhere(field: Field, value: str, said: str, read_in: str) -> Suggestion:
    suggestion = Suggestion(field, value, None, None, said[:200], sure=False)
    return replace(suggestion, read_in="filename" if read_in == "filename" else "mail_subject")


_FILE_SYMBOL = re.compile(
    r"(?<![^\W_])(?P<number>[0-9]{1,7}[a-z]{0,2})[ ._-]{1,3}(?P<kind>[^\W\d_]{2,4})[ ._-]{1,3}(?P<body>[^\W\d_][^\W_]{1,14})(?![^\W_])"
)


def symbol_of_filename(filename: str, lexicon: KindLexicon) -> Symbol | None:
    """`05_CT-UBND.pdf`: a file's name cannot hold the slash, so only a kind that is known and a body in capitals are
    taken for a symbol."""
    name = filename[:MAX_NAME].rpartition(".")[0] or filename[:MAX_NAME]
    for found in _FILE_SYMBOL.finditer(name):
        if not found["body"].isupper():
            continue
        try:
            symbol = parse(f"{found['number']}/{found['kind']}-{found['body']}", lexicon.symbols)
        except SymbolNotUnderstood:
            continue
        if symbol.form is Form.NAMED and symbol.kind in lexicon.symbols and len(symbol.written) <= MAX_LENGTH:
            return symbol
    return None


def _symbol_and_kind(
    read: tuple[Suggestion, Symbol] | None,
    title: Line | None,
    titles: dict[str, KindNames],
    lines: Sequence[Line],
    kinds: Sequence[KindNames],
) -> list[Suggestion]:
    """The symbol, and the kind that it and the title say: sure when both say it, or one and the other cannot."""
    found: list[Suggestion] = []
    named = kind_of_title(title, titles) if title is not None else None
    symbol = read[1] if read else None
    said = symbol.candidates or (symbol.kind,) if symbol else ()
    if read is not None:
        suggestion = read[0]
        if suggestion.read_in == "text" and named is not None and named.symbol in said and len(said) > 1:
            suggestion = replace(suggestion, sure=True)
        found.append(suggestion)
    if title is not None and named is not None:
        agreed = symbol is None or named.symbol in said
        found.append(title.suggests(Field.KIND, named.code, sure=agreed))
    elif read is not None and symbol is not None:
        found += _kind_of_symbol(read[0], symbol, lines, kinds)
    return found


def _kind_of_symbol(
    read: Suggestion, symbol: Symbol, lines: Sequence[Line], kinds: Sequence[KindNames]
) -> list[Suggestion]:
    codes = [kind.code for kind in kinds if kind.symbol is not None and kind.symbol == symbol.kind]
    if codes:
        sure = read.sure and len(symbol.candidates) < 2 and symbol.form is not Form.LEGISLATIVE
        return [replace(read, field=Field.KIND, value=codes[0], sure=sure)]
    letter = symbol.form is Form.LETTER or (symbol.form is Form.PARTY and symbol.kind == "CV")
    addressed = any(
        ABOUT.match(line.flat) or ADDRESSED.match(line.flat) for line in lines[:60] if line.page == 1
    )
    if letter and addressed and any(kind.code == LETTER for kind in kinds):
        return [replace(read, field=Field.KIND, value=LETTER)]
    return []


_ANSWERED = re.compile(r"(?:(?:re|fwd?|fw|tr|chuyen tiep|tra loi)\s*:\s*)+")


def _subject_of_mail(mail_subject: str | None) -> Suggestion | None:
    if not mail_subject:
        return None
    subject = " ".join(mail_subject[:MAX_NAME].split())
    if answered := _ANSWERED.match(flatten(subject)):
        subject = subject[answered.end() :]
    if len(subject) < 4:
        return None
    return _elsewhere(Field.SUBJECT, subject, mail_subject, "mail_subject")


def _in_order(found: Sequence[Suggestion]) -> list[Suggestion]:
    """One for each field: the first, which is not sure when another of that field says otherwise."""
    kept: dict[Field, Suggestion] = {}
    for one in found:
        first = kept.setdefault(one.field, one)
        if first.value != one.value and first.sure:
            kept[one.field] = replace(first, sure=False)
    return [kept[field] for field in Field if field in kept]
