"""Delivery against a real SMTP server that takes, refuses, delays, drops the line or speaks TLS."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from docflow.notifications.smtp import (
    Delivery,
    Envelope,
    MailServerUnavailable,
    Outcome,
    SmtpSettings,
    SmtpTransport,
)

CERTIFICATE = Path(__file__).parent / "tls" / "localhost.pem"
CONTENT = b"From: docflow@tinh.example\r\nSubject: x\r\n\r\nK=C3=ADnh g=E1=BB=ADi\r\n.\r\n..two dots\r\n"
SENT, TEMPORARY, PERMANENT = Outcome.SENT, Outcome.TEMPORARY, Outcome.PERMANENT
NOT_TRIED = Outcome.NOT_TRIED


class PostOffice:
    """What the server says to whom; ``taken`` holds what it accepted. Recipients say their own fate."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.connections = 0
        self.waiting = asyncio.Event()
        self.hang_up = asyncio.Event()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("nobody"):
            return "553 5.7.1 this sender may not send"
        if address.startswith("stranger"):
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("unknown"):
            return "550 5.1.1 nobody of that name here"
        if address.startswith("busy"):
            return "450 4.2.0 greylisted, try later"
        if address.startswith("closing"):
            return "421 4.3.2 closing"
        if address.startswith("strange"):
            return "000 what"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        if recipient.startswith("spam"):
            return "554 5.7.1 content refused"
        if recipient.startswith("full"):
            return "452 4.3.1 no room left"
        if recipient.startswith("drop"):
            server.transport.abort()
            return "250 never heard"
        if recipient.startswith("slow"):
            self.waiting.set()
            await self.hang_up.wait()
        self.taken.append((recipient, envelope.original_content))
        return "250 ok"


class Stubborn(SMTP):
    """Refuses the DATA command itself for some and keeps the sender in mind until it is told to forget."""

    async def smtp_DATA(self, arg):  # noqa: N802
        assert self.envelope is not None
        if self.envelope.rcpt_tos[0].startswith("unwanted"):
            await self.push("554 5.5.0 no content wanted")
        else:
            await super().smtp_DATA(arg)


@asynccontextmanager
async def serving(office: PostOffice, *, secure: bool = False, **options: Any) -> AsyncIterator[int]:
    """The post office on a free port of localhost; ``secure``: TLS from the first byte."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Stubborn(office, hostname="post.example", loop=loop, **options),
        "localhost",
        0,
        ssl=server_tls() if secure else None,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        office.hang_up.set()
        server.close()
        await server.wait_closed()


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def envelopes(*recipients: str, sender: str = "meeting+k7@tinh.example") -> list[Envelope]:
    return [
        Envelope(UUID(int=number), sender, f"{name}@tinh.example", CONTENT)
        for number, name in enumerate(recipients)
    ]


async def outcomes(port: int, letters: list[Envelope], **settings) -> list[Delivery]:
    transport = SmtpTransport(SmtpSettings("localhost", port, timeout=5, **settings))
    async with aclosing(transport.deliver(letters)) as deliveries:
        return [delivery async for delivery in deliveries]


async def test_letters_arrive_whole_in_their_order_over_one_connection():
    office = PostOffice()
    async with serving(office) as port:
        fates = await outcomes(port, envelopes("an", "binh", "cuong"))
    assert [fate.outcome for fate in fates] == [SENT, SENT, SENT]
    assert [fate.id for fate in fates] == [UUID(int=0), UUID(int=1), UUID(int=2)]
    assert office.taken == [(f"{name}@tinh.example", CONTENT) for name in ("an", "binh", "cuong")]
    assert office.connections == 1


async def test_a_refused_recipient_does_not_stop_the_rest():
    office = PostOffice()
    async with serving(office) as port:
        fates = await outcomes(port, envelopes("an", "unknown", "busy", "spam", "full", "strange", "binh"))
    assert [fate.outcome for fate in fates] == [
        *(SENT, PERMANENT, TEMPORARY, PERMANENT, TEMPORARY),
        *(TEMPORARY, NOT_TRIED),  # an answer that is no answer: nothing after it can be trusted
    ]
    assert fates[1].detail == "550 5.1.1 nobody of that name here"
    assert fates[2].detail == "450 4.2.0 greylisted, try later"
    assert fates[3].detail == "554 5.7.1 content refused"
    assert [recipient for recipient, _ in office.taken] == ["an@tinh.example"]


async def test_after_every_kind_of_refusal_the_next_letter_arrives():
    office = PostOffice()
    async with serving(office) as port:
        fates = await outcomes(
            port, envelopes("unknown", "an", "busy", "binh", "spam", "cuong", "full", "dung")
        )
    assert [fate.outcome for fate in fates] == [
        PERMANENT,
        SENT,
        TEMPORARY,
        SENT,
        PERMANENT,
        SENT,
        TEMPORARY,
        SENT,
    ]
    assert office.connections == 1


async def test_a_server_that_refuses_data_is_told_to_forget_the_letter():
    office = PostOffice()
    async with serving(office) as port:
        fates = await outcomes(port, envelopes("unwanted", "an"))
    assert [fate.outcome for fate in fates] == [PERMANENT, SENT]


async def test_a_refused_sender_is_for_good_and_the_next_letter_goes():
    office = PostOffice()
    letters = [*envelopes("an", sender="nobody@tinh.example"), *envelopes("binh")]
    async with serving(office) as port:
        fates = await outcomes(port, letters)
    assert [fate.outcome for fate in fates] == [PERMANENT, SENT]
    assert "553" in fates[0].detail


@pytest.mark.parametrize("bad", ["", "no-at", "a b@x.vn", "â@x.vn", "an@x.vn>\r\nRCPT TO:<evil@x.vn"])
async def test_an_impossible_address_is_refused_before_the_server_hears_it(bad):
    office = PostOffice()
    letters = [
        Envelope(UUID(int=1), "docflow@tinh.example", bad, CONTENT),
        Envelope(UUID(int=2), bad, "an@tinh.example", CONTENT),
        *envelopes("an"),
    ]
    async with serving(office) as port:
        fates = await outcomes(port, letters)
    assert [fate.outcome for fate in fates] == [PERMANENT, PERMANENT, SENT]
    assert [recipient for recipient, _ in office.taken] == ["an@tinh.example"]


async def test_a_line_dropped_half_way_leaves_the_rest_untried():
    office = PostOffice()
    async with serving(office) as port:
        fates = await outcomes(port, envelopes("an", "drop", "binh", "cuong"))
    assert [fate.outcome for fate in fates] == [SENT, TEMPORARY, NOT_TRIED, NOT_TRIED]
    assert fates[3].detail.startswith("connection lost before this letter: ")
    assert [recipient for recipient, _ in office.taken] == ["an@tinh.example"]


async def test_a_server_that_closes_politely_leaves_the_rest_untried():
    office = PostOffice()
    async with serving(office) as port:
        fates = await outcomes(port, envelopes("closing", "binh"))
    assert [fate.outcome for fate in fates] == [TEMPORARY, NOT_TRIED]
    assert "421" in fates[0].detail


async def test_each_fate_is_known_before_the_next_letter_is_handed_over():
    office = PostOffice()
    async with serving(office) as port:
        transport = SmtpTransport(SmtpSettings("localhost", port, timeout=5))
        async with aclosing(transport.deliver(envelopes("an", "binh", "cuong"))) as deliveries:
            async for fate in deliveries:
                assert fate.outcome is SENT
                assert len(office.taken) == fate.id.int + 1


async def test_hanging_up_early_leaves_the_rest_unsent():
    office = PostOffice()
    async with serving(office) as port:
        transport = SmtpTransport(SmtpSettings("localhost", port, timeout=5))
        async with aclosing(transport.deliver(envelopes("an", "binh"))) as deliveries:
            assert (await anext(deliveries)).outcome is SENT
    assert [recipient for recipient, _ in office.taken] == ["an@tinh.example"]


async def test_a_cancelled_delivery_lets_the_letter_under_way_finish():
    office = PostOffice()
    async with serving(office) as port:
        task = asyncio.create_task(outcomes(port, envelopes("slow", "an")))
        await office.waiting.wait()
        task.cancel()
        office.hang_up.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert office.taken == [("slow@tinh.example", CONTENT)]


async def test_a_delivery_cancelled_while_connecting_leaves_no_line_open():
    closed = asyncio.Event()
    connected = asyncio.Event()

    async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()
        closed.set()

    server = await asyncio.start_server(stay_silent, "localhost", 0)
    transport = SmtpTransport(SmtpSettings("localhost", server.sockets[0].getsockname()[1], timeout=0.3))
    task = asyncio.create_task(transport.check())
    await connected.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(closed.wait(), 5)
    server.close()
    await server.wait_closed()


async def test_no_letter_is_begun_when_the_time_is_over():
    office = PostOffice()
    async with serving(office) as port:
        transport = SmtpTransport(SmtpSettings("localhost", port, timeout=5))
        fates = []
        async with aclosing(transport.deliver(envelopes("an", "binh", "cuong"), within=0.3)) as deliveries:
            async for fate in deliveries:
                fates.append(fate.outcome)
                if len(fates) == 2:
                    await asyncio.sleep(0.3)
    assert fates == [SENT, SENT, NOT_TRIED]
    assert [recipient for recipient, _ in office.taken] == ["an@tinh.example", "binh@tinh.example"]


async def test_a_server_that_falls_silent_is_given_up_after_the_timeout():
    office = PostOffice()
    async with serving(office) as port:
        transport = SmtpTransport(SmtpSettings("localhost", port, timeout=0.3))
        fates = [fate async for fate in transport.deliver(envelopes("slow", "an"))]
    assert [fate.outcome for fate in fates] == [TEMPORARY, NOT_TRIED]
    assert "timed out" in fates[0].detail


async def test_nobody_listening_leaves_every_letter_untried():
    async with serving(PostOffice()) as port:
        pass
    fates = await outcomes(port, envelopes("an", "binh"))
    assert [fate.outcome for fate in fates] == [NOT_TRIED, NOT_TRIED]
    with pytest.raises(MailServerUnavailable, match=f"localhost:{port}"):
        await SmtpTransport(SmtpSettings("localhost", port)).check()


@asynccontextmanager
async def greeting(answer: bytes) -> AsyncIterator[int]:
    """A server that says one thing and hears nothing."""
    done = asyncio.Event()

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await done.wait()
        writer.close()

    server = await asyncio.start_server(say, "localhost", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        done.set()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "answer", [b"", b"554 go away\r\n", b"421 too busy\r\n", b"HTTP/1.1 400\r\n", b"2" * 20000]
)
async def test_a_server_that_does_not_greet_is_tried_again_later(answer):
    async with greeting(answer) as port:
        transport = SmtpTransport(SmtpSettings("localhost", port, timeout=0.3))
        fates = [fate async for fate in transport.deliver(envelopes("an", "binh"))]
        with pytest.raises(MailServerUnavailable):
            await transport.check()
    assert [fate.outcome for fate in fates] == [NOT_TRIED, NOT_TRIED]


async def test_nothing_to_deliver_needs_no_server():
    assert await outcomes(1, []) == []


async def test_readiness_is_seen_without_sending():
    office = PostOffice()
    async with serving(office) as port:
        await SmtpTransport(SmtpSettings("localhost", port, timeout=5)).check()
    assert office.connections == 1
    assert office.taken == []


async def test_readiness_is_told_soon_by_a_server_that_swallows_connections():
    async with greeting(b"") as port:
        transport = SmtpTransport(SmtpSettings("localhost", port))
        began = time.monotonic()
        with pytest.raises(MailServerUnavailable, match="timed out"):
            await transport.check()
    assert time.monotonic() - began < 3


def keeper(server, session, envelope, mechanism, data) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"docflow", b"mat-khau")
    return AuthResult(success=right, handled=False)


GUARDED: dict[str, Any] = {"authenticator": keeper, "auth_required": True}


@pytest.fixture
def trusted(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.mark.usefixtures("trusted")
async def test_a_letter_goes_over_starttls_with_a_sign_in():
    office = PostOffice()
    async with serving(office, tls_context=server_tls(), require_starttls=True, **GUARDED) as port:
        fates = await outcomes(port, envelopes("an"), tls="starttls", username="docflow", password="mat-khau")
    assert [fate.outcome for fate in fates] == [SENT]


@pytest.mark.usefixtures("trusted")
async def test_a_letter_goes_over_tls_from_the_first_byte():
    office = PostOffice()
    async with serving(office, secure=True) as port:
        fates = await outcomes(port, envelopes("an"), tls="tls")
    assert [fate.outcome for fate in fates] == [SENT]


@pytest.mark.usefixtures("trusted")
async def test_a_wrong_password_keeps_the_letters_and_is_not_repeated_in_the_reason():
    office = PostOffice()
    async with serving(office, tls_context=server_tls(), **GUARDED) as port:
        fates = await outcomes(port, envelopes("an"), tls="starttls", username="docflow", password="sai-roi")
    assert [fate.outcome for fate in fates] == [NOT_TRIED]
    assert "535" in fates[0].detail
    assert "sai-roi" not in fates[0].detail
    assert office.taken == []


async def test_a_server_that_wants_a_sign_in_keeps_the_letters_for_later():
    office = PostOffice()
    async with serving(office) as port:
        fates = await outcomes(port, envelopes("an", sender="stranger@tinh.example"))
    assert [fate.outcome for fate in fates] == [TEMPORARY]
    assert "530" in fates[0].detail


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(tls):
    office = PostOffice()
    context: dict[str, Any] = {"secure": True} if tls == "tls" else {"tls_context": server_tls()}
    async with serving(office, **context) as port:
        fates = await outcomes(port, envelopes("an"), tls=tls)
    assert [fate.outcome for fate in fates] == [NOT_TRIED]
    assert "certificate verify failed" in fates[0].detail
    assert office.taken == []


async def test_a_server_without_starttls_gets_no_letter_in_the_clear():
    office = PostOffice()
    async with serving(office) as port:
        fates = await outcomes(port, envelopes("an"), tls="starttls")
    assert [fate.outcome for fate in fates] == [NOT_TRIED]
    assert "STARTTLS" in fates[0].detail
    assert office.taken == []


def test_settings_do_not_show_the_password():
    assert "mat-khau" not in repr(SmtpSettings("post.example", 587, "docflow", "mat-khau", "starttls"))
