"""Reports that a letter failed: read out of whatever comes to the mailbox, and noted with the copy it carried."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st
from sqlalchemy import select, text

from docflow.core.db import Sessions, transaction
from docflow.files.service import FileStore
from docflow.issuing.bounces import Bounce, read_bounce
from docflow.issuing.models import Dispatch
from docflow.issuing.service.bounces import note_bounce
from docflow.notifications.service import Postman
from tests.conftest import SignIn
from tests.issuing.issued_papers import To, copies, issue, manuscript

COPY = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"


def report(copy: str = COPY, message_id: str = "<letter@docflow.example>", action: str = "failed") -> bytes:
    """As Postfix writes it."""
    lines = f"""\
From: MAILER-DAEMON@mx.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: docflow@docflow.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Message-Id: <report@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; vanthu@bo.gov.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <vanthu@bo.gov.example>:
    Recipient address rejected: User unknown

--b1
Content-Type: text/rfc822-headers

From: docflow <docflow@docflow.example>
To: vanthu@bo.gov.example
Message-ID: {message_id}
X-Docflow-Dispatch: {copy}

--b1--
"""
    return lines.replace("\n", "\r\n").encode()


def test_a_failure_is_read_with_the_letter_it_is_about() -> None:
    words = "5.1.1 smtp; 550 5.1.1 <vanthu@bo.gov.example>: Recipient address rejected: User unknown"
    assert read_bounce(report()) == Bounce(COPY, "<letter@docflow.example>", words)
    assert read_bounce(report().replace(b"\r\n", b"\n")) == Bounce(COPY, "<letter@docflow.example>", words)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda mail: mail.replace(b"Action: failed", b"Action: delayed"),
        lambda mail: mail.replace(b"multipart/report", b"multipart/mixed"),
        lambda mail: mail.replace(b"message/delivery-status", b"text/plain"),
        lambda mail: mail.replace(b"X-Docflow-Dispatch", b"X-Other"),
        lambda mail: mail.replace(COPY.encode(), b"no id"),
        lambda mail: mail.replace(b"Message-ID", b"X-Id"),
        lambda mail: b"",
    ],
)
def test_anything_else_is_no_report(spoil: Callable[[bytes], bytes]) -> None:
    assert read_bounce(spoil(report())) is None


@tries(max_examples=60, deadline=None)
@given(cut=st.integers(0, 1200), noise=st.binary(max_size=60))
def test_whatever_a_mail_holds_it_gives_a_report_or_none(cut: int, noise: bytes) -> None:
    whole = report()
    found = read_bounce(whole[:cut] + noise + whole[cut:])
    assert found is None or found.dispatch_id


async def test_the_copy_is_marked_once_and_by_a_report_about_its_last_letter_alone(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, postman: Postman
) -> None:
    clerk = await sign_in("datcv")
    paper: dict[str, Any] = {"signed_on_paper": True, "content": b"%PDF-1.4 as it was scanned"}
    to = [To("Bộ Nội vụ", email="vanthu@bo.gov.example")]
    document = await issue(clerk, sessions, await manuscript(sessions, file_store, to=to, **paper))
    async with sessions() as session:
        row = (await session.scalars(select(Dispatch))).one()
    assert row.letter_effect is not None
    right = report(str(row.id), postman.message_id(row.letter_effect))
    forged = report(str(row.id), "<guessed@docflow.example>")
    unknown = report(str(UUID(int=7)), postman.message_id(row.letter_effect))
    for content, noted in ((forged, False), (unknown, False), (right, True), (right, True)):
        async with transaction(sessions) as session:
            assert await note_bounce(session, postman, content) is noted
    (copy,) = await copies(clerk, document)
    assert (copy["state"], copy["bounce_reason"][:5]) == ("bounced", "5.1.1")
    async with sessions() as session:
        told = await session.scalar(text("SELECT count(*) FROM audit_event WHERE tag = 'dispatch:bounced'"))
        assert told == 1
