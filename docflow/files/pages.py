"""Pages inside the stored text of a file: parted by form feeds, which nothing else in it is. Pure.

Pages are those of a PDF or a scan, slides, sheets, and the body and each attachment of a mail. A text without
pages of its own (DOCX, plain text) is one page. Pages are counted from 1.
"""

PAGE_BREAK = "\f"


def pages_of(content: str) -> list[str]:
    """The text of every page; a page without text is empty."""
    return content.split(PAGE_BREAK)


def first_page(content: str) -> str:
    """The text of the first page."""
    return content.partition(PAGE_BREAK)[0]


def page_of(content: str, offset: int) -> int:
    """On which page the character at ``offset`` stands; the page break belongs to the page that it ends."""
    return content.count(PAGE_BREAK, 0, max(offset, 0)) + 1


def joined(pages: list[str]) -> str:
    """The pages as one stored text; breaks after the last page with text are left out."""
    return PAGE_BREAK.join(page.strip("\n") for page in pages).rstrip(PAGE_BREAK)
