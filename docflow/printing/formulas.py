"""A text that a spreadsheet would take for a formula, made harmless (CWE-1236).

Excel, LibreOffice and whatever reads a CSV take a cell for a formula when it begins with ``=``, ``+``, ``-`` or ``@``,
also after white space, a tab or a carriage return that they skip; East Asian versions take the full-width forms of
the four as well. So in XLSX and CSV alike:

- ``-`` at the beginning becomes an en dash: it reads the same, as in "– Như Điều 3", and begins no formula;
- before ``=``, ``+``, ``@`` and the full-width forms stands an apostrophe, which marks a text in every spreadsheet;
- a tab or a carriage return never comes this far: ``tables.printed_text`` makes them a space and a line feed.

In XLSX the cell is also typed as text, so that nothing is executed in the first place; but a file is saved in
another format by the next person, and then only its letters are left.
"""

import re

_BEGINS_FORMULA = re.compile(r"([\s\u200b-\u200d\u2060\ufeff]*)([=+@\uff0b\uff0d\uff1d\uff20-])")


def neutralised(text: str) -> str:
    """``text`` so that no spreadsheet executes it, whatever way it gets there. Twice is the same as once."""
    if (found := _BEGINS_FORMULA.match(text)) is None:
        return text
    rest = text[found.end() :]
    if found[2] == "-":
        return f"{found[1]}\N{EN DASH}{rest}"
    return f"'{text}"
