"""What is seen of signature and seal in an issued letter, and that both are still right under it."""

import asyncio
import io
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pypdfium2
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import select

from docflow.audit.models import AuditEvent
from docflow.core import clock
from docflow.core.db import Sessions
from docflow.files.service import FileStore
from docflow.issuing.letters.phrases import month_text
from docflow.issuing.models import ManuscriptState
from docflow.signatures.desk import SigningDesk
from docflow.signatures.terms import TrustMaterial
from tests.conftest import Client, SignIn
from tests.documents.registering import unit_id
from tests.issuing.issued_papers import DOCUMENTS, MANUSCRIPTS, issue, manuscript, version_of
from tests.signatures.authority import PASSPHRASE, Authority


def handwriting() -> bytes:
    picture = Image.new("RGBA", (400, 200), (0, 0, 0, 0))
    points = [(20, 150), (80, 40), (120, 160), (190, 60), (230, 150), (380, 90)]
    ImageDraw.Draw(picture).line(points, fill=(20, 40, 160, 255), width=8, joint="curve")
    return png(picture)


def round_seal() -> bytes:
    picture = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    for inset, width in ((6, 10), (70, 5)):
        pen.ellipse((inset, inset, 400 - inset, 400 - inset), outline=(220, 0, 0, 200), width=width)
    return png(picture)


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


async def credential(
    client: Client, authority: Authority, name: str, picture: bytes | None, unit: str | None = None
) -> str:
    body = {
        "title": name,
        "passphrase": PASSPHRASE,
        "container": b64encode(authority.container(name)).decode(),
        "picture": b64encode(picture).decode() if picture else None,
        "unit_id": unit,
    }
    answer = await client.post("/api/v1/credentials", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def issued(
    sign_in: SignIn, sessions: Sessions, files: FileStore, *, drawn: bool
) -> tuple[bytes, list[AuditEvent]]:
    """The bytes of a report that was signed, numbered and sealed, and the trail of its manuscript."""
    head, clerk, authority = await sign_in("nguyetdtm"), await sign_in("datcv"), Authority()
    pictures = (handwriting(), round_seal()) if drawn else (None, None)
    own = await credential(head, authority, "Đỗ Thị Minh Nguyệt", pictures[0])
    seal = await credential(clerk, authority, "Sở Nội vụ", pictures[1], await unit_id(sessions, "SNV"))
    waiting = await manuscript(sessions, files, state=ManuscriptState.APPROVED)
    headers = await version_of(sessions, waiting)
    body = {"credential_id": own, "password": PASSPHRASE}
    answer = await head.post(f"{MANUSCRIPTS}/{waiting}/signature", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    document = await issue(clerk, sessions, waiting, credential_id=seal, password=PASSPHRASE)
    (file,) = (await clerk.get(f"{DOCUMENTS}/{document['id']}")).json()["files"]
    content = (await clerk.get(f"{DOCUMENTS}/{document['id']}/files/{file['id']}/content")).content
    async with sessions() as session:
        events = await session.scalars(select(AuditEvent).where(AuditEvent.subject_id == waiting))
        return content, list(events)


def widgets(content: bytes) -> dict[str, Any]:
    """The signature fields by name."""
    fields = PdfFileReader(io.BytesIO(content)).root["/AcroForm"]["/Fields"]
    found = [fields[at] for at in range(len(fields))]
    return {str(one["/T"]): one for one in found if one["/FT"] == "/Sig"}


def rectangles(content: bytes) -> dict[str, list[float]]:
    named = PdfFileReader(io.BytesIO(content)).root["/Dests"]
    return {name: [float(named[name][at]) for at in range(2, 6)] for name in ("/signature", "/seal")}


def images(drawn: Any) -> list[Any]:
    """Every picture that an appearance stream draws, however deep."""
    found = []
    resources = drawn["/Resources"]
    for name in resources.get("/XObject", ()):
        inner = resources["/XObject"][name]
        found += [inner] if inner["/Subtype"] == "/Image" else images(inner)
    return found


def words(content: bytes) -> str:
    """What a reader of the first page sees, fields included."""
    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    try:
        page = document[0]
        page.flatten()
        page.close()
        page = document[0]
        text = page.get_textpage()
        said = str(text.get_text_bounded())
        text.close()
        page.close()
        return said
    finally:
        document.close()


async def test_picture_and_seal_stand_in_their_boxes_over_the_number_and_both_signatures_are_right(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    content, trail = await issued(sign_in, sessions, file_store, drawn=True)

    async def source() -> AsyncIterator[bytes]:
        yield content

    judged = await SigningDesk(file_store.children).judge_stream(source(), TrustMaterial())
    told = [(one.field, one.is_intact, one.change) for one in judged.found]
    assert told == [("Signer", True, "allowed"), ("Seal", True, "none")]
    places, fields = rectangles(content), widgets(content)
    for field, place in (("Signer", "/signature"), ("Seal", "/seal")):
        assert [round(float(edge), 2) for edge in fields[field]["/Rect"]] == places[place]
        (picture,) = images(fields[field]["/AP"]["/N"])
        assert "/SMask" in picture
    today = clock.today()
    date = f"{today.day:02} {month_text(today.month)} {today.year}"
    said = " ".join((await asyncio.to_thread(words, content)).split())
    assert f"01 {date}" in said, "the digits are drawn, in the order of their fields"
    added = [one for one in trail if one.tag == "manuscript:version_added"]
    assert [one.details["origin"] for one in added] == ["signed"]


async def test_without_a_picture_it_is_read_who_signed(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    content, _ = await issued(sign_in, sessions, file_store, drawn=False)

    said = " ".join((await asyncio.to_thread(words, content)).split())
    assert "Người ký: Đỗ Thị Minh Nguyệt" in said
    assert "Sở Nội vụ Ngày ký:" in said
    assert [images(one["/AP"]["/N"]) for one in widgets(content).values()] == [[], []]
