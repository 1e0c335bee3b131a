"""A letter as DOCX."""
from docflow.issuing.letters.facts import LetterFacts


def make_docx(facts: LetterFacts) -> bytes:
    raise NotImplementedError
