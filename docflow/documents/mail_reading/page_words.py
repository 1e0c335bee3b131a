"""The beginning of an HTML body in words, for a note beside its file: nothing of it is run, loaded or followed."""

import re
from html import unescape

_LOOKED_AT = 200_000
_SKIPPED = frozenset({"script", "style", "head", "title", "template"})
_BLOCKS = frozenset(
    {
        "address",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
    }
    | {"p", "pre", "table", "td", "th", "tr", "ul"}
)
_NAME = re.compile(r"/?([a-z][a-z0-9]{0,20})")


def words_of(html: str) -> str:
    """The words of the first 200,000 letters of a page, a line for each block.

    In one pass: the standard library's parser takes minutes for a page of tags that do not end.
    """
    page = html[:_LOOKED_AT].replace("\r", " ").replace("\n", " ")
    small = page.lower() if page.lower().isascii() or len(page.lower()) == len(page) else page
    said, at = [], 0
    while (begun := page.find("<", at)) >= 0:
        said.append(page[at:begun])
        closing = "-->" if page.startswith("<!--", begun) else ">"
        ended = page.find(closing, begun)
        if ended < 0:
            at = len(page)
            break
        tag = _NAME.match(small, begun + 1)
        name = tag[1] if tag else ""
        at = ended + len(closing)
        if name in _SKIPPED and small[begun + 1] != "/":
            at = small.find(f"</{name}", at)
            at = len(page) if at < 0 else at
        elif name in _BLOCKS:
            said.append("\n")
    said.append(page[at:])
    return unescape("".join(said))
