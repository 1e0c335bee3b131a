"""Letters: what is to be issued, set in the layout of Decree 30/2020/NĐ-CP, Appendix I. Facts in, bytes out; pure.

``facts`` says what stands in a letter, ``markup`` how its text is written, ``measures`` and ``phrases`` what the decree
says of paper, sizes and words; ``make_pdf`` and ``make_docx`` set it. A province's own layouts are in ``own``.

A PDF whose number and date are not known yet has four form fields where their digits belong: ``number``, ``day``,
``month`` and ``year``. Everything else is fixed before it is signed, so that the registry fills in number and date
without touching what the signer signed (Decree 30, articles 12 to 15: number and date come after the signature).
Where the pictures of signature and seal belong is in the file too, as the named destinations ``signature`` and ``seal``:
a page and a rectangle (ISO 32000-2, 12.3.2.2, FitR).
"""

from docflow.issuing.letters.facts import FIELDS, Annex, Box, Letter, LetterFacts, Recipient, Signer
from docflow.issuing.letters.pdf import make_pdf
from docflow.issuing.letters.word import make_docx

__all__ = [
    "FIELDS",
    "Annex",
    "Box",
    "Letter",
    "LetterFacts",
    "Recipient",
    "Signer",
    "make_docx",
    "make_pdf",
]
