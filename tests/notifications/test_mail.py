"""Mails as bytes: read back by the standard library, and fed with texts that try to become headers."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docflow.notifications.mail import (
    MailAddressNotValid,
    Mailbox,
    MailNotValid,
    checked_address,
    compose,
    one_line,
)

SUBJECT_300 = ("Giấy mời dự hội nghị trực tuyến toàn tỉnh về đẩy mạnh cải cách thủ tục hành chính " * 4)[:300]
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nX-LONG:" + b"x" * 200 + b"\r\nEND:VCALENDAR\r\n"
)


def written(**facts) -> bytes:
    """A mail with everything as it should be, but for the facts given."""
    return compose(
        **{
            "sender": Mailbox("meeting+k7@hop.tinh.example", "Văn phòng UBND tỉnh"),
            "recipient": Mailbox("an@tinh.example", "Nguyễn Văn An"),
            "subject": "Giấy mời số 15/GM-UBND",
            "text": "Kính gửi ông An,\nTrân trọng.\n",
            "html": "<p>Kính gửi ông An</p>\n",
            "message_id": "<0193a5d2.0@hop.tinh.example>",
            "date": datetime(2026, 11, 20, 2, 30, tzinfo=UTC),
            **facts,
        }
    )


def read(mail: bytes) -> EmailMessage:
    return message_from_bytes(mail, policy=policy.SMTP)


def body(mail: EmailMessage, kind: str) -> bytes:
    """The bytes of the alternative that a reader of plain text or of html sees."""
    found = mail.get_body((kind,))
    assert found is not None
    content = found.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def shape(part: MIMEPart) -> object:
    kind = part.get_content_type()
    return (kind, [shape(one) for one in part.iter_parts()]) if part.is_multipart() else kind


def test_an_invitation_has_the_layout_that_every_client_understands():
    mail = read(written(calendar=CALENDAR, method="REQUEST"))
    assert shape(mail) == (
        "multipart/mixed",
        [("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics"],
    )
    calendar = list(mail.walk())[4]
    assert calendar["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert calendar["Content-Disposition"] is None
    attached = list(mail.walk())[5]
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content_disposition() == "attachment"
    assert mail.defects == []


def test_the_calendar_arrives_byte_for_byte_with_its_line_ends_in_both_places():
    parts = list(read(written(calendar=CALENDAR, method="REQUEST")).walk())
    assert parts[4].get_payload(decode=True) == CALENDAR
    assert parts[5].get_payload(decode=True) == CALENDAR


def test_every_body_is_base64():
    parts = read(written(calendar=CALENDAR, method="REQUEST")).walk()
    assert {part["Content-Transfer-Encoding"] for part in parts if not part.is_multipart()} == {"base64"}


def test_a_mail_without_calendar_has_two_alternatives():
    assert shape(read(written())) == ("multipart/alternative", ["text/plain", "text/html"])


def test_a_mail_is_ascii_with_crlf_and_short_lines():
    mail = written(subject=SUBJECT_300, calendar=CALENDAR, method="REQUEST")
    assert mail.isascii()
    assert mail.endswith(b"\r\n")
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert max(len(line) for line in mail.split(b"\r\n")) <= 78


def test_texts_come_back_with_their_letters():
    mail = read(written())
    assert mail["From"].addresses[0].display_name == "Văn phòng UBND tỉnh"
    assert mail["From"].addresses[0].addr_spec == "meeting+k7@hop.tinh.example"
    assert mail["To"].addresses[0].display_name == "Nguyễn Văn An"
    assert mail["Subject"] == "Giấy mời số 15/GM-UBND"
    assert body(mail, "plain") == "Kính gửi ông An,\r\nTrân trọng.\r\n".encode()
    assert body(mail, "html") == "<p>Kính gửi ông An</p>\r\n".encode()


def test_headers_say_when_and_that_a_machine_wrote():
    mail = read(written())
    assert mail["Message-ID"] == "<0193a5d2.0@hop.tinh.example>"
    assert mail["Date"].datetime == datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["MIME-Version"] == "1.0"
    assert mail["Reply-To"] is None


def test_the_same_facts_make_the_same_bytes_and_another_message_id_other_boundaries():
    assert written() == written()
    one, other = read(written()), read(written(message_id="<0193a5d2.1@hop.tinh.example>"))
    assert one.get_boundary() != other.get_boundary()


def test_a_subject_of_300_vietnamese_letters_folds_and_comes_back_whole():
    assert len(SUBJECT_300) == 300
    mail = written(subject=SUBJECT_300)
    assert read(mail)["Subject"] == SUBJECT_300.strip()
    head = mail.partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 76


@pytest.mark.parametrize(
    "name",
    [
        "An",
        'Nguyễn "Ba" An',
        'Tom "T" Brown',
        "Brown, Tom <tom@evil.example>",
        r"back\slash",
        "=?utf-8?b?QQ==?=",
        "x" * 120,
        "Ủy ban nhân dân tỉnh, Sở Nội vụ; Phòng Cải cách hành chính " * 4,
    ],
)
def test_a_name_of_any_letters_is_one_name_beside_one_address(name):
    mail = written(recipient=Mailbox("an@tinh.example", name), reply_to=Mailbox("re@tinh.example", name))
    assert [address.addr_spec for address in read(mail)["To"].addresses] == ["an@tinh.example"]
    # The words are joined by the older reader: the newer one puts a blank between them (CPython issue 128110).
    plain = message_from_bytes(mail, policy=policy.compat32)
    for header, wanted in (("To", "an@tinh.example"), ("Reply-To", "re@tinh.example")):
        shown, address = parseaddr(plain[header])
        assert (str(make_header(decode_header(shown))), address) == (name.strip(), wanted)


def test_without_a_name_the_address_stands_alone():
    assert b"\r\nTo: an@tinh.example\r\n" in written(recipient=Mailbox("an@tinh.example"))


@pytest.mark.parametrize(
    "breakout", ["a\r\nBcc: evil@example.com", "a\nBcc: e@x.vn", "a\rBcc: e@x.vn", "a\u2028Bcc: e"]
)
@pytest.mark.parametrize("place", ["subject", "sender", "recipient", "reply_to"])
def test_no_text_becomes_a_header(place, breakout):
    value = breakout if place == "subject" else Mailbox("an@tinh.example", breakout)
    mail = read(written(**{place: value}))
    assert mail["Bcc"] is None
    assert body(mail, "plain") == "Kính gửi ông An,\r\nTrân trọng.\r\n".encode()
    assert mail.defects == []


def test_a_subject_that_looks_encoded_is_shown_as_it_is():
    assert read(written(subject="=?utf-8?b?QQ==?="))["Subject"] == "=?utf-8?b?QQ==?="


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200), st.text(max_size=80))
def test_any_subject_and_name_leave_a_mail_with_its_own_headers_only(subject, name):
    mail = written(subject=subject, recipient=Mailbox("an@tinh.example", name))
    assert mail.isascii()
    head = read(mail)
    assert head["Subject"] == one_line(subject)
    assert list(head.keys()) == list(read(written()).keys())
    assert head["To"].addresses[0].addr_spec == "an@tinh.example"


@pytest.mark.parametrize("place", ["text", "html"])
@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_body_with_nul_or_half_a_letter_is_refused(place, text):
    with pytest.raises(MailNotValid):
        written(**{place: text})


def test_line_ends_of_every_kind_become_crlf():
    mail = read(written(text="một\r\nhai\rba\nbốn"))
    assert body(mail, "plain") == "một\r\nhai\r\nba\r\nbốn".encode()


@pytest.mark.parametrize(
    "address",
    [
        *("", "an", "@tinh.example", "an@", "an@@tinh.example", "an @tinh.example", "an@tinh..example"),
        *("an@-tinh.example", "an@tinh.example.", ".an@tinh.example", "an.@tinh.example", "ân@tinh.example"),
        *("an@tỉnh.example", "an@tinh.example\r\nBcc: e@x.vn", "an@tinh.example\n", "an@tinh.example\0"),
        *("an@tinh.example,e@x.vn", "<an@tinh.example>", '"a n"@tinh.example', "an@[127.0.0.1]"),
        *(
            "a" * 65 + "@tinh.example",
            "an@" + "a" * 64 + ".example",
            "an@" + "a." * 126 + "vn",
            " an@tinh.example",
        ),
    ],
)
def test_what_is_not_an_address_is_refused_in_every_place(address):
    with pytest.raises(MailAddressNotValid):
        checked_address(address)
    for place in ("sender", "recipient", "reply_to"):
        with pytest.raises(MailAddressNotValid):
            written(**{place: Mailbox(address)})


@pytest.mark.parametrize(
    "address",
    [
        *("an@tinh.example", "meeting+k7f3q9@hop.tinh.example", "docflow@localhost", "o'brien_2@x-y.vn"),
        *("a" * 64 + "@tinh.example", "An.Nguyen@TINH.example"),
    ],
)
def test_an_ordinary_address_is_taken_as_it_is(address):
    assert checked_address(address) == address


@pytest.mark.parametrize(
    "message_id", ["", "a@b", "<a>", "<a@b>\r\nBcc: e@x.vn", "<a b@c>", "<â@b>", "<" + "a" * 260 + "@b>"]
)
def test_a_message_id_that_is_not_one_is_refused(message_id):
    with pytest.raises(MailNotValid):
        written(message_id=message_id)


def test_a_date_without_zone_is_refused():
    with pytest.raises(MailNotValid):
        written(date=datetime(2026, 11, 20))  # noqa: DTZ001


@pytest.mark.parametrize("method", [None, "", "CANCEL", "request", "REQUEST\r\nX: y"])
def test_the_method_of_the_mail_must_be_that_of_the_calendar(method):
    with pytest.raises(MailNotValid):
        written(calendar=CALENDAR, method=method)


def test_a_calendar_with_nul_is_refused():
    with pytest.raises(MailNotValid):
        written(calendar=CALENDAR + b"\0", method="REQUEST")


def test_further_headers_are_added():
    mail = read(written(headers={"X-Docflow-Thread": "meeting 42", "References": "<a@b>"}))
    assert mail["X-Docflow-Thread"] == "meeting 42"
    assert mail["References"] == "<a@b>"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Subject", "x"), ("bcc", "e@x.vn"), ("Content-Type", "text/plain"), ("MIME-Version", "2")),
        *(("X Y", "x"), ("X:Y", "x"), ("", "x"), ("X-A\r\nB", "x")),
        *(("X-A", "a\r\nBcc: e@x.vn"), ("X-A", "ấ"), ("X-A", ""), ("X-A", "x" * 901)),
    ],
)
def test_a_further_header_cannot_replace_or_break_the_others(name, value):
    with pytest.raises(MailNotValid):
        written(headers={name: value})
