"""Reads one file's text in a process that has given up almost everything. Forked by `docflow.files.warm`.

It reads the file from standard input (a regular file), writes its text as UTF-8 to standard output, and one line
`REASON PAGES MARKS SCANNED` to standard error, with `-` for what there is not. Whoever takes over this process through
a fault of a parser can open no file and no socket: when the first byte is looked at, everything needed is loaded and
the limit of open files is zero.
"""

import codecs
import contextlib
import ctypes
import itertools
import logging
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import partial

from docflow.files import extract_terms as terms
from docflow.files import pictures
from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Mark, Unreadable
from docflow.files.readers.docx import read_docx
from docflow.files.readers.html_text import read_html
from docflow.files.readers.image import look_at_image
from docflow.files.readers.mail import mail_reader
from docflow.files.readers.odf import read_odf
from docflow.files.readers.old_office import look_at_archive, look_at_compound_file
from docflow.files.readers.pdf import read_pdf
from docflow.files.readers.plain import read_plain
from docflow.files.readers.pptx import read_pptx
from docflow.files.readers.rtf import read_rtf
from docflow.files.readers.source import Reader, Sink, Source, clean
from docflow.files.readers.xlsx import read_xlsx

__all__ = ["clean", "contain", "give_up_the_rest", "read_file"]

_NOBODY = 65534
_VERDICT_ROOM = 64 * 1024
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_REHEARSED = (
    b"From: =?utf-8?B?Qw==?= <a@b>\nSubject: =?utf-8?Q?=C3=A2?=\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\n'
    b"Content-Transfer-Encoding: quoted-printable\n\n=C3=A2\n--b\nContent-Type: text/html\n"
    b"Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename*=utf-8''a.html\n\n"
    b"PHA+w6I8L3A+\n--b--\n"
)
"""A mail that has one of everything."""
_CODECS = (
    "ascii cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp437 cp850 cp874 cp932 cp936 cp949 cp950"
    " big5 euc_jp euc_kr gb18030 gb2312 gbk iso2022_jp iso8859-2 iso8859-15 koi8-r latin-1 mac-roman shift_jis"
    " utf-7 utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be idna punycode unknown-8bit"
)

READERS: dict[str, Reader] = {
    terms.PDF: read_pdf,
    terms.DOCX: read_docx,
    terms.XLSX: read_xlsx,
    terms.PPTX: read_pptx,
    terms.ODT: read_odf,
    terms.ODS: read_odf,
    terms.ODP: read_odf,
    terms.RTF: read_rtf,
    terms.HTML: read_html,
    terms.PLAIN: read_plain,
    terms.ZIP: look_at_archive,
    **dict.fromkeys(terms.IMAGE_TYPES, look_at_image),
    **dict.fromkeys(terms.OLD_OFFICE_TYPES, look_at_compound_file),
}
READERS[terms.MAIL] = mail_reader(lambda: READERS)


def load_the_rest() -> None:
    """What readers would otherwise load when they first need it: many libraries load parts of themselves late."""
    warnings.simplefilter("ignore")
    logging.disable()
    for name in _CODECS.split():
        with contextlib.suppress(LookupError):
            codecs.lookup(name)
    READERS[terms.MAIL](Source.of_bytes(_REHEARSED), Sink(1 << 20), ExtractionLimits())
    pictures.rehearse()


def contain(limits: ExtractionLimits, *, alone: bool = True) -> None:
    """Give up memory, time, room to write and dumps beyond what the limits say; and children, when ``alone``."""
    written = limits.text_bytes + _VERDICT_ROOM
    for what, soft, hard in (
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
        (resource.RLIMIT_FSIZE, written, written),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(what, (soft, hard))
    if alone:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    os.nice(10)


def give_up_the_rest(parent: int | None, *, open_files: int = 0) -> None:
    """From here on no file, pipe or socket can be opened; root is nobody; the parent's death is ours."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):  # a container may not know that user
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a change of user would have undone it
    if parent is not None and os.getppid() != parent:
        sys.exit(1)  # it died before the signal was asked for


def read_file(limits: ExtractionLimits, parent: int, *, media_type: str) -> None:
    """The work of one child: see the module's docstring."""
    contain(limits)
    sink = Sink(limits.text_bytes)
    source = Source.of_file(os.fdopen(0, "rb"))
    give_up_the_rest(parent)
    reason, pages = judged(sink, partial(READERS[media_type], source, sink, limits))
    tell(reason, pages, sink.marks, sink.scanned)


def judged(sink: Sink, work: Callable[[], int | None]) -> tuple[ExtractionReason | None, int | None]:
    """Do the work; why some is missing, and the number of pages. What was written before a fault is given."""
    reason, pages = None, None
    try:
        pages = work()
    except Unreadable as error:
        reason = error.reason
    except MemoryError:
        reason = ExtractionReason.MEMORY
    except Exception:  # whatever a parser stumbles over in a hostile file
        reason = ExtractionReason.BROKEN
    if reason is ExtractionReason.PASSWORD_PROTECTED:
        sink.notice(Mark.PASSWORD_PROTECTED)
    sink.flush()
    return reason, pages


def tell(
    reason: ExtractionReason | None,
    pages: int | None,
    marks: Iterable[Mark] = (),
    scanned: Iterable[int] = (),
) -> None:
    """The verdict on standard error."""
    told = (reason, "" if pages is None else str(pages), ",".join(sorted(marks)), _ranges(scanned))
    os.write(2, (" ".join(word or "-" for word in told) + "\n").encode())


def _ranges(numbers: Iterable[int]) -> str:
    """``1-3,7``: rising numbers in few letters."""
    told = []
    for _, run in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        first, *rest = [number for _, number in run]
        told.append(f"{first}-{rest[-1]}" if rest else str(first))
    return ",".join(told)
