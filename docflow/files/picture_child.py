"""Draws one page as a picture, or recognises the text of a picture that we drew. Forked by `docflow.files.warm`."""

import os
import resource
from functools import partial

from docflow.files import pictures
from docflow.files.extract_child import contain, give_up_the_rest, judged, tell
from docflow.files.extract_terms import IMAGE_TYPES, ExtractionLimits
from docflow.files.readers.source import Sink, Source

_OPEN_FILES = 64
_TESSERACT_ENVIRONMENT = {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def draw_page(
    limits: ExtractionLimits, parent: int, *, media_type: str, page: int, width: int | None = None
) -> None:
    """Write a page to standard output: as WebP of this width, or as grey PGM for recognition when there is none."""
    contain(limits)
    source = Source.of_file(os.fdopen(0, "rb"))
    give_up_the_rest(parent)
    reason, _ = judged(Sink(0), partial(_draw, source, media_type, page, width))
    tell(reason, None)


def _draw(source: Source, media_type: str, page: int, width: int | None) -> None:
    if media_type in IMAGE_TYPES:
        picture = pictures.frame(source, page, width)
    else:
        picture = pictures.pdf_page(source, page, width=width, grey=width is None)
    drawn = pictures.for_recognition(picture) if width is None else pictures.preview(picture, width)
    written = memoryview(drawn)
    while written:
        written = written[os.write(1, written) :]


def recognise(limits: ExtractionLimits, parent: int, *, program: str, language: str) -> None:
    """Become tesseract, with a picture that `draw_page` made as its standard input.

    It must open its own libraries and languages, so it keeps a few descriptors; of the uploaded file it gets pixels alone.
    """
    contain(limits, alone=False)
    give_up_the_rest(parent, open_files=_OPEN_FILES)
    # Only now: a change of user beyond its number of processes would forbid the next program (execve(2)).
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resolution = str(pictures.OCR_DOTS_PER_INCH)
    command = [program, "stdin", "stdout", "-l", language, "--dpi", resolution, "--psm", "3"]
    os.execve(program, command, _TESSERACT_ENVIRONMENT)  # noqa: S606
