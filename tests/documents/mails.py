"""Mails as they come to a registry, made by the tests."""

from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
PDF += b"trailer<</Root 1 0 R>>\n%%EOF\n"
LETTER = "Số: 12/BC-SNV\nBáo cáo kết quả rà soát Chỉ số cải cách hành chính\n"


def mail(
    *files: tuple[str, bytes, str],
    text: str = "Kính gửi Văn phòng.",
    subject: str = "Gửi Báo cáo số 12/BC-SNV",
    **headers: str | None,
) -> bytes:
    """A mail with files (name, bytes, media type); a header of None is left out, ``message_id`` is ``Message-ID``."""
    message = EmailMessage(policy=SMTP)
    given: dict[str, Any] = {
        "From": "Văn thư Sở Nội vụ <vanthu@sonoivu.example>",
        "To": "vanthu@truonggiang.example",
        "Subject": subject,
        "Date": "Mon, 23 Nov 2026 08:30:00 +0700",
        "Message-ID": "<20261123.0830@sonoivu.example>",
    }
    given |= {
        {"message_id": "Message-ID"}.get(name, name.replace("_", "-").title()): value
        for name, value in headers.items()
    }
    for name, value in given.items():
        if value is not None:
            message[name] = value
    message.set_content(text)
    for name, content, media_type in files:
        kind, _, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return message.as_bytes()


REPORT = ("bao-cao.txt", LETTER.encode(), "text/plain")
SCAN = ("bản quét.pdf", PDF, "application/pdf")


def raw(*lines: str | bytes, headers: str = "From: a@b.example\nSubject: thu\n") -> bytes:
    """A mail written by hand; lines end as on the wire."""
    parts = [headers.rstrip("\n"), *lines]
    return b"\r\n".join(
        line.encode().replace(b"\n", b"\r\n") if isinstance(line, str) else line for line in parts
    )
