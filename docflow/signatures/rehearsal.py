"""Everything once, on a letter of our own: many libraries load parts of themselves when they are first needed."""

import asyncio
import io

import lxml.etree  # noqa: F401
import tzlocal
from PIL import Image
from pyhanko.pdf_utils.metadata import xmp_xml  # noqa: F401

from docflow.core import clock
from docflow.printing.pdf_file import PdfFile
from docflow.signatures.containers import self_signed
from docflow.signatures.embedding import Embedder
from docflow.signatures.filling import fill
from docflow.signatures.keys import from_container, require_usable
from docflow.signatures.terms import Key, Placement, SigningTask, TrustMaterial
from docflow.signatures.validating import Judge


def rehearse() -> None:
    """Sign a page that shows a picture and a line, fill in nothing, judge it."""
    tzlocal.get_localzone()
    Image.preinit()
    now, loop = clock.now(), asyncio.new_event_loop()
    container = self_signed("docflow", "docflow", now)
    certificate = require_usable(from_container(container, "docflow"), Key(), now, TrustMaterial()).dump()
    trust = TrustMaterial(roots=[certificate])
    picture = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 128)).save(picture, "PNG")
    task = SigningTask(
        key=Key(container=container),
        placement=Placement(field="A", box=(10, 10, 90, 90), lines=("Người ký",)),
        picture=picture.getvalue(),
        trust=trust,
        signed_at=now,
    )
    signed = Embedder(task, loop).sign(io.BytesIO(_page()), "docflow")
    judge = Judge(trust, now, loop)
    fill(io.BytesIO(signed), {}, judge)
    loop.close()


def _page() -> bytes:
    out = io.BytesIO()
    file = PdfFile(out)
    file.write(file.resources, b"<< >>")
    file.add_page(b"n", 100, 100)
    file.finish("", "vi", clock.now())
    return out.getvalue()
