"""Sizes and distances of Decree 30/2020/NĐ-CP, Appendix I, part I; in points unless said."""

MM = 72 / 25.4
PAGE_WIDTH, PAGE_HEIGHT = 210 * MM, 297 * MM
"""A4, standing (I.1)."""
TOP, BOTTOM, LEFT, RIGHT = 20 * MM, 20 * MM, 30 * MM, 20 * MM
"""I.4: 20-25 mm above and below, 30-35 mm on the left, 15-20 mm on the right."""
TEXT_WIDTH = PAGE_WIDTH - LEFT - RIGHT

LEFT_COLUMN = 0.42
"""Share of the width of whoever issues and of the number, beside the nation's name, which has to stay on one line."""
STATE, MOTTO = 12.0, 13.0
"""II.1: the nation's name 12-13 upright bold capitals, the motto 13-14 upright bold, a line as long as it beneath."""
PARENT, ISSUER = 12.0, 12.0
"""II.2: 12-13; the issuer bold, a line of a third to a half of its length beneath."""
NUMBER, DATE = 13.0, 13.0
"""II.3 and II.4: 13, the date in italics 13-14."""
ABOUT = 12.0
"""II.5: the subject of an official letter 12-13, upright."""
KIND, SUBJECT = 14.0, 14.0
"""II.5: 13-14 upright bold; a line of a third to a half of its length beneath."""
BODY = 14.0
"""II.6: 13-14."""
LEADING = 1.25
"""Of a line in its size; the decree has one line at least and one and a half at most."""
INDENT = 10 * MM
"""First line of a paragraph: 1 cm or 1.27 cm."""
BETWEEN = 6.0
"""Between paragraphs, at least."""
SIGNER = 14.0
"""II.7: authority, post and name 13-14 upright bold."""
RECIPIENTS_HEAD, RECIPIENTS = 12.0, 11.0
"""II.9: "Nơi nhận" 12 bold italic, the list 11."""
PAGE_NUMBER = 13.0
"""I.6: Arabic, 13-14 upright, centred in the upper margin, not on the first page."""

SIGNATURE_WIDTH, SIGNATURE_HEIGHT = 120.0, 72.0
SEAL = 36 * MM
"""A body's seal is 36 mm wide at most for provincial bodies (Circular 21/2012/TT-BCA)."""
SIGNING_SPACE = 86.0
"""Between post and name."""
