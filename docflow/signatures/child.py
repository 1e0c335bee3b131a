"""What a child does that was forked for one file or one key (see ``files.warm``), after it gave up what it can.

Its standard input is the file with what it is told behind it; it writes what it made to standard output and one word to
standard error: ``ok``, or the fault. The passphrase comes over the socket alone, and goes with the process.
"""

import asyncio
import base64
import ctypes
import io
import logging
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from datetime import datetime

import msgspec
from PIL import Image

from docflow.files.extract_child import contain, give_up_the_rest
from docflow.files.extract_terms import ExtractionLimits
from docflow.signatures.certificates import shown
from docflow.signatures.embedding import Embedder
from docflow.signatures.filling import fill
from docflow.signatures.keys import Refused, from_container, opened, require_usable
from docflow.signatures.terms import (
    Fault,
    FillingTask,
    Key,
    Opened,
    SigningTask,
    TrustMaterial,
)
from docflow.signatures.validating import Judge

_ONLINE_FILES = 64
_LARGEST_PICTURE_PIXELS = 16_000_000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38

OK = b"ok\n"


def load_the_rest() -> None:
    """Sign, fill in and judge once, so that nothing is left to be loaded by a child that may open no file."""
    warnings.simplefilter("ignore")
    logging.disable()
    from docflow.signatures.rehearsal import rehearse

    rehearse()


def judge(
    limits: ExtractionLimits,
    parent: int,
    *,
    size: int,
    now: str,
    arrived_at: str | None = None,
    fetching: bool = False,
) -> None:
    """Write every signature found in the first ``size`` bytes as ``Judged``; whom to trust stands behind them."""
    loop = _prepared(limits, parent, online=fetching)
    source, told = _input(size)
    trust = msgspec.msgpack.decode(told, type=TrustMaterial)
    arrived = datetime.fromisoformat(arrived_at) if arrived_at else None
    judged = Judge(trust, datetime.fromisoformat(now), loop, arrived, fetching).judge(source)
    _write(msgspec.msgpack.encode(judged))


def sign(
    limits: ExtractionLimits, parent: int, *, size: int, passphrase: str, online: bool, token: bool
) -> None:
    """Write the first ``size`` bytes, signed as the ``SigningTask`` behind them says."""
    loop = _prepared(limits, parent, online=online, token=token)
    source, told = _input(size)
    task = msgspec.msgpack.decode(told, type=SigningTask)
    _told(lambda: Embedder(task, loop).sign(source, _plain(passphrase)))


def fill_in(limits: ExtractionLimits, parent: int, *, size: int, now: str) -> None:
    """Write the first ``size`` bytes with fields filled in as the ``FillingTask`` behind them says."""
    loop = _prepared(limits, parent)
    source, told = _input(size)
    task = msgspec.msgpack.decode(told, type=FillingTask)
    judge_ = Judge(TrustMaterial(), datetime.fromisoformat(now), loop)
    _told(lambda: fill(source, task.fields, judge_))


def open_key(limits: ExtractionLimits, parent: int, *, passphrase: str, now: str, token: bool) -> None:
    """Write what the certificate of the ``Key`` says, once it was opened and found fit to sign."""
    _prepared(limits, parent, token=token)
    _, told = _input(0)
    key = msgspec.msgpack.decode(told, type=Key)

    def work() -> bytes:
        with opened(key, _plain(passphrase)) as signer:
            certificate = require_usable(signer, key, datetime.fromisoformat(now), TrustMaterial())
        subject, issuer = certificate.subject.native, certificate.issuer.native
        known = Opened(
            certificate=certificate.dump(),
            name=shown(subject.get("common_name") or certificate.subject.human_friendly),
            organisation=shown(subject.get("organization_name") or ""),
            issuer=shown(issuer.get("common_name") or certificate.issuer.human_friendly),
            valid_from=certificate.not_valid_before,
            valid_to=certificate.not_valid_after,
        )
        return msgspec.msgpack.encode(known)

    _told(work)


def look_at_picture(limits: ExtractionLimits, parent: int) -> None:
    """Write a PNG again, with nothing in it but its pixels, and no larger than a signature needs."""
    _prepared(limits, parent)
    content, _ = _input(os.fstat(0).st_size)

    def work() -> bytes:
        try:
            with Image.open(content, formats=("PNG",)) as opened_picture:
                if opened_picture.width * opened_picture.height > _LARGEST_PICTURE_PIXELS:
                    raise Refused(Fault.PICTURE_BROKEN)
                picture = opened_picture.convert("RGBA")
        except (OSError, SyntaxError, ValueError, EOFError):
            raise Refused(Fault.PICTURE_BROKEN) from None
        picture.thumbnail((1600, 1600))
        out = io.BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()

    _told(work)


def sign_bytes(limits: ExtractionLimits, parent: int, *, size: int, passphrase: str) -> None:
    """Write a detached CMS signature over the first ``size`` bytes (RFC 5652), DER; the ``Key`` stands behind them."""
    loop = _prepared(limits, parent)
    source, told = _input(size)
    key = msgspec.msgpack.decode(told, type=Key)

    def work() -> bytes:
        signer = from_container(key.container or b"", _plain(passphrase))
        made = loop.run_until_complete(signer.async_sign_general_data(source, "sha256", detached=True))
        return bytes(made.dump())

    _told(work)


def _prepared(
    limits: ExtractionLimits, parent: int, *, online: bool = False, token: bool = False
) -> asyncio.AbstractEventLoop:
    """Give up what is not needed; the loop is made before, for it needs descriptors."""
    warnings.simplefilter("ignore")
    logging.disable()
    loop = asyncio.new_event_loop()
    contain(limits, alone=not (online or token))
    if token:
        _stay_who_you_are(parent)  # a token may be readable by this user alone
    else:
        give_up_the_rest(parent, open_files=_ONLINE_FILES if online else 0)
    return loop


def _stay_who_you_are(parent: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_ONLINE_FILES, _ONLINE_FILES))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def _input(size: int) -> tuple[io.BytesIO, bytes]:
    with os.fdopen(0, "rb", closefd=False) as whole:
        whole.seek(0)
        return io.BytesIO(whole.read(size)), whole.read()


def _plain(passphrase: str) -> str:
    return base64.b64decode(passphrase).decode()


def _told(work: Callable[[], bytes]) -> None:
    try:
        made = work()
    except Refused as refused:
        os.write(2, f"{refused.fault.value}\n".encode())
    except MemoryError:
        os.write(2, f"{Fault.FAILED.value}\n".encode())
    else:
        _write(made)


def _write(made: bytes) -> None:
    left = memoryview(made)
    while left:
        left = left[os.write(1, left) :]
    os.write(2, OK)
