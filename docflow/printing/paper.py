"""The sheet that tables are printed on: A4 lying, with room to bind it on the left."""

from docflow.core.messages import Language, text_of

WIDTH_MM, HEIGHT_MM = 297.0, 210.0
LEFT_MM, RIGHT_MM, ABOVE_MM, BELOW_MM = 20.0, 12.0, 15.0, 15.0
TABLE_MM = WIDTH_MM - LEFT_MM - RIGHT_MM

FACE = "Times New Roman"
"""The decree's typeface (Decree 30/2020/NĐ-CP, Appendix I, I.3); Liberation Serif has the same widths."""
CELL_PT, HEAD_PT, TITLE_PT = 9.0, 9.0, 14.0


def page_words(language: Language) -> tuple[str, str, str]:
    """The words before, between and after a page's number and that of the last page, at the foot of each page."""
    before, _, rest = text_of("print_page", language, page="\x01", pages="\x02").partition("\x01")
    between, _, after = rest.partition("\x02")
    return before, between, after
