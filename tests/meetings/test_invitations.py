"""Calendar objects: golden files, the rules of each METHOD, and texts that try to break out."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from docflow.core.messages import Language
from docflow.meetings.invitations import (
    Attendee,
    Change,
    Edition,
    Invitation,
    InvitationNotValid,
    SiteFacts,
    cancel,
    letter_facts,
    next_sequence,
    request,
)
from docflow.meetings.models import Answer, ParticipantRole
from docflow.notifications.mail import MailAddressNotValid, Mailbox, compose
from docflow.notifications.rendering import MailTemplates
from tests.meetings.calendar_check import check

GOLDEN = Path(__file__).parent / "golden"
STAMP = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
BREAKOUT = 'x"\r\nATTENDEE:mailto:evil@example.com\nBEGIN:VALARM\rEND:VEVENT\r\n y;Z=1,2:3\\'

CENTRE = SiteFacts("Văn phòng UBND tỉnh", "site-1@hop.tinh.example", "Hội trường A", "1 Trần Phú")
HOME_AFFAIRS = SiteFacts("Sở Nội vụ", "site-2@hop.tinh.example", "Phòng họp 2", "12 Lê Lợi")
CHAIR = Attendee("pct.binh@tinh.example", "Trần Thị Bình", ParticipantRole.CHAIR, Answer.ACCEPTED)
MEMBER = Attendee("an.nguyen@tinh.example", "Nguyễn Văn An", ParticipantRole.MEMBER)
EDITION = Edition(
    uid="0193a5d2-7c40-7e11-9f00-5b1c2a3d4e5f@hop.tinh.example",
    sequence=0,
    organizer_email="meeting+k7f3q9@hop.tinh.example",
    organizer_name="Văn phòng UBND tỉnh",
    subject="Hội nghị trực tuyến toàn tỉnh về cải cách hành chính",
    starts_at=datetime(2026, 12, 3, 1, tzinfo=UTC),
    ends_at=datetime(2026, 12, 3, 4, 30, tzinfo=UTC),
    sites=(CENTRE, HOME_AFFAIRS),
    chair=CHAIR,
    letter_number="15/GM-UBND",
)
INVITATION = Invitation(
    edition=EDITION,
    recipient=MEMBER,
    site=HOME_AFFAIRS,
    stamp=STAMP,
    description="Đề nghị chuẩn bị báo cáo quý IV; gửi trước ngày 01/12.\nTài liệu kèm theo.",
    join_url="https://dieuhanh.tinh.example/j/4RkPz0",
    answer_url="https://dieuhanh.tinh.example/a/Zb81kWmQ2xYt",
)
MOVED = replace(
    INVITATION,
    edition=replace(
        EDITION,
        sequence=1,
        starts_at=EDITION.starts_at + timedelta(hours=1),
        ends_at=EDITION.ends_at + timedelta(hours=1),
        chair=replace(CHAIR, answer=Answer.NEEDS_ACTION),
    ),
    stamp=STAMP + timedelta(days=1),
)
OFF = replace(MOVED, edition=replace(MOVED.edition, sequence=2), stamp=STAMP + timedelta(days=2))


def is_golden(name: str, content: bytes) -> bool:
    """Whether the file of that name holds exactly this. ``GOLDEN=write`` in the environment writes it."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.write_bytes(content)
    return path.read_bytes() == content


def event(ics: bytes):
    (found,) = Calendar.from_ical(ics).walk("VEVENT")
    return found


def attendees(ics: bytes) -> list[str]:
    found = event(ics)["ATTENDEE"]
    return [str(one).removeprefix("mailto:") for one in (found if isinstance(found, list) else [found])]


@pytest.mark.parametrize(
    ("name", "ics", "method"),
    [
        ("request.ics", request(INVITATION), "REQUEST"),
        ("update.ics", request(MOVED), "REQUEST"),
        ("cancel-all.ics", cancel(OFF, whole=True), "CANCEL"),
        ("cancel-one.ics", cancel(OFF, whole=False), "CANCEL"),
    ],
)
def test_each_calendar_is_its_golden_file_and_keeps_the_rules_of_its_method(name, ics, method):
    assert is_golden(name, ics)
    assert check(ics, method) == []


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("name", "invitation", "method", "further"),
    [
        ("invitation", INVITATION, "REQUEST", {}),
        ("update", MOVED, "REQUEST", {"changes": [Change.TIME], "asks_again": True}),
        ("cancellation", OFF, "CANCEL", {"whole": True, "reason": "Bão số 9 đổ bộ"}),
    ],
)
def test_each_letter_is_its_golden_file(language, name, invitation, method, further):
    invitation = replace(invitation, language=language)
    words = MailTemplates({"meetings": "docflow.meetings"}).render(
        f"meetings/{name}", language, **letter_facts(invitation), **further
    )
    mail = compose(
        sender=Mailbox(EDITION.organizer_email, EDITION.organizer_name),
        recipient=Mailbox(MEMBER.email, MEMBER.name),
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=f"<0193a5d2.{invitation.edition.sequence}.{language}@hop.tinh.example>",
        date=invitation.stamp,
        calendar=request(invitation) if method == "REQUEST" else cancel(invitation, whole=True),
        method=method,
    )
    assert is_golden(f"{name}.{language}.eml", mail)


@pytest.mark.parametrize(
    ("change", "raised", "asks_again"),
    [
        (Change.TIME, True, True),
        (Change.STATUS, True, True),
        (Change.SITE, True, True),
        (Change.JOIN_LINK, True, True),
        (Change.TEXT, False, False),
        (Change.ATTENDEES, False, False),
        (Change.ATTENDEE_REMOVED, True, False),
        (Change.CANCELLED, True, False),
    ],
)
def test_a_change_raises_the_sequence_and_asks_again_exactly_by_the_table(change, raised, asks_again):
    assert next_sequence(4, change) == (5 if raised else 4, asks_again)


def test_several_changes_at_once_raise_the_sequence_once():
    assert next_sequence(0, Change.TIME, Change.SITE, Change.TEXT) == (1, True)
    assert next_sequence(7) == (7, False)


def test_every_kind_of_change_is_in_the_table_above():
    assert len(Change) == 8


def test_a_calendar_lists_its_recipient_the_chair_and_the_sites_and_nobody_else():
    assert attendees(request(INVITATION)) == [MEMBER.email, CHAIR.email, CENTRE.mailbox, HOME_AFFAIRS.mailbox]


def test_the_chair_is_listed_once_in_the_chairs_own_calendar():
    own = replace(INVITATION, recipient=replace(CHAIR, email="PCT.Binh@tinh.example"))
    assert attendees(request(own)) == ["PCT.Binh@tinh.example", CENTRE.mailbox, HOME_AFFAIRS.mailbox]


def test_a_meeting_without_a_chair_lists_the_recipient_and_the_sites():
    alone = replace(INVITATION, edition=replace(EDITION, chair=None))
    assert attendees(request(alone)) == [MEMBER.email, CENTRE.mailbox, HOME_AFFAIRS.mailbox]
    assert check(request(alone), "REQUEST") == []


def test_a_site_is_a_room_that_has_accepted_and_is_not_asked():
    room = event(request(INVITATION))["ATTENDEE"][-1]
    assert dict(room.params) == {
        "CN": "Sở Nội vụ",
        "CUTYPE": "ROOM",
        "ROLE": "NON-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
    }


@pytest.mark.parametrize(
    ("answer", "partstat"),
    [
        (Answer.NEEDS_ACTION, "NEEDS-ACTION"),
        (Answer.ACCEPTED, "ACCEPTED"),
        (Answer.DECLINED, "DECLINED"),
        (Answer.TENTATIVE, "TENTATIVE"),
    ],
)
def test_an_answer_that_is_kept_is_carried_through(answer, partstat):
    ics = request(replace(INVITATION, recipient=replace(MEMBER, answer=answer)))
    assert event(ics)["ATTENDEE"][0].params["PARTSTAT"] == partstat
    assert event(ics)["ATTENDEE"][0].params["RSVP"] == "TRUE"


@pytest.mark.parametrize("role", list(ParticipantRole))
def test_every_role_has_a_place_in_the_calendar(role):
    ics = request(replace(INVITATION, recipient=replace(MEMBER, role=role)))
    assert check(ics, "REQUEST") == []
    wanted = {"chair": "CHAIR", "guest": "OPT-PARTICIPANT"}.get(role, "REQ-PARTICIPANT")
    assert event(ics)["ATTENDEE"][0].params["ROLE"] == wanted


def test_the_recipients_own_site_and_the_join_page_stand_where_every_client_looks():
    found = event(request(INVITATION))
    assert found["LOCATION"] == "Sở Nội vụ, Phòng họp 2, 12 Lê Lợi | https://dieuhanh.tinh.example/j/4RkPz0"
    assert found["URL"] == INVITATION.join_url
    assert found["DESCRIPTION"].split("\n")[:2] == [INVITATION.join_url, "Giấy mời số: 15/GM-UBND"]


def test_the_letter_number_is_named_in_the_recipients_language():
    english = request(replace(INVITATION, language=Language.EN))
    assert "Invitation letter no.: 15/GM-UBND" in event(english)["DESCRIPTION"]


def test_a_meeting_without_a_join_page_has_no_empty_lines():
    ics = request(replace(INVITATION, join_url=None, description="", site=CENTRE))
    assert check(ics, "REQUEST") == []
    assert "URL" not in event(ics)
    assert event(ics)["LOCATION"] == CENTRE.place
    assert event(ics)["DESCRIPTION"] == "Giấy mời số: 15/GM-UBND"


@pytest.mark.parametrize("ics", [request(INVITATION), cancel(OFF, whole=True), cancel(OFF, whole=False)])
def test_the_answer_link_stays_out_of_the_calendar(ics):
    assert b"/a/" not in ics.replace(b"\r\n ", b"")


def test_times_are_local_with_their_zone_and_mean_the_same_instant():
    ics = request(INVITATION)
    assert b"DTSTART;TZID=Asia/Ho_Chi_Minh:20261203T080000\r\n" in ics
    assert event(ics)["DTSTART"].dt == EDITION.starts_at
    assert event(ics)["DTEND"].dt == EDITION.ends_at
    assert event(ics)["DTSTAMP"].dt == STAMP
    assert b"DTSTAMP:20261120T023000Z\r\n" in ics


def test_the_stamp_is_in_utc_whatever_zone_it_comes_in():
    local = STAMP.astimezone(EDITION.starts_at.astimezone().tzinfo)
    assert b"DTSTAMP:20261120T023000Z\r\n" in request(replace(INVITATION, stamp=local))


def test_removing_one_lists_only_them_and_does_not_cancel_the_meeting():
    ics = cancel(OFF, whole=False)
    assert attendees(ics) == [MEMBER.email]
    assert "STATUS" not in event(ics)
    assert event(ics)["SEQUENCE"] == 2


def test_cancelling_all_says_so_and_asks_for_no_answer():
    ics = cancel(OFF, whole=True)
    assert event(ics)["STATUS"] == "CANCELLED"
    assert b"RSVP" not in ics
    assert event(ics)["UID"] == event(request(INVITATION))["UID"]


def test_nobody_is_invited_to_the_past_but_a_past_meeting_can_be_cancelled():
    late = replace(INVITATION, stamp=EDITION.ends_at)
    with pytest.raises(InvitationNotValid):
        request(late)
    assert check(cancel(late, whole=True), "CANCEL") == []


def with_text(field: str, text: str) -> Invitation:
    """The invitation with one of its texts replaced."""
    owner, _, name = field.rpartition(".")
    changed: dict[str, Any] = {name: text}
    match owner:
        case "edition":
            return replace(INVITATION, edition=replace(EDITION, **changed))
        case "recipient":
            return replace(INVITATION, recipient=replace(MEMBER, **changed))
        case "chair":
            return replace(INVITATION, edition=replace(EDITION, chair=replace(CHAIR, **changed)))
        case "site":
            site = replace(HOME_AFFAIRS, **changed)
            return replace(INVITATION, site=site, edition=replace(EDITION, sites=(CENTRE, site)))
    return replace(INVITATION, **changed)


TEXTS = [
    *("edition.subject", "edition.organizer_name", "edition.letter_number", "recipient.name", "chair.name"),
    *("site.name", "site.room", "site.address", "description"),
]


def names_of_lines(ics: bytes) -> list[bytes]:
    lines = ics.replace(b"\r\n ", b"").split(b"\r\n")
    return [line.partition(b":")[0].partition(b";")[0] for line in lines]


@pytest.mark.parametrize("field", TEXTS)
def test_no_text_can_break_out_of_its_line(field):
    hostile = with_text(field, BREAKOUT)
    for ics, method, plain in [
        (request(hostile), "REQUEST", request(INVITATION)),
        (cancel(hostile, whole=True), "CANCEL", cancel(INVITATION, whole=True)),
    ]:
        assert check(ics, method) == []
        assert names_of_lines(ics) == names_of_lines(plain)
        assert attendees(ics) == attendees(plain)
        assert event(ics).subcomponents == []


def test_a_name_loses_its_quotes_which_clients_read_differently():
    named = replace(INVITATION, recipient=replace(MEMBER, name='Nguyễn "Ba"\r\n An'))
    assert event(request(named))["ATTENDEE"][0].params["CN"] == "Nguyễn Ba An"


@pytest.mark.parametrize("field", TEXTS)
def test_nul_is_refused_in_every_text(field):
    with pytest.raises(InvitationNotValid):
        request(with_text(field, "a\0b"))


@pytest.mark.parametrize("field", ["edition.subject", "recipient.name", "description"])
def test_other_control_characters_and_stray_surrogates_become_spaces(field):
    ics = request(with_text(field, "Giao\x0bban \x1b\x7f\ud800tuần"))
    assert check(ics, "REQUEST") == []
    assert "Giao ban" in ics.decode().replace("\r\n ", "")


def test_three_hundred_vietnamese_letters_fold_within_75_octets_and_come_back_whole():
    subject = ("Hội nghị phổ biến, quán triệt Nghị quyết về đẩy mạnh cải cách thủ tục hành chính; " * 4)[:300]
    ics = request(replace(INVITATION, edition=replace(EDITION, subject=subject)))
    lines = ics.split(b"\r\n")
    assert len(subject) == 300
    assert max(len(line) for line in lines) <= 75
    assert all(line.decode() is not None for line in lines)
    assert event(ics)["SUMMARY"] == subject.strip()


def test_a_path_with_a_backslash_is_not_taken_for_a_line_break():
    ics = request(replace(INVITATION, description=r"Tài liệu: \\may-chu\Noi vu\nam 2026"))
    assert rb"\\\\may-chu\\Noi vu\\nam 2026" in ics.replace(b"\r\n ", b"")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_characters="\0"), max_size=400))
def test_any_text_at_all_makes_a_calendar_that_keeps_the_rules(text):
    invitation = replace(with_text("edition.subject", text), description=text)
    assert check(request(invitation), "REQUEST") == []


@pytest.mark.parametrize(
    "facts",
    [
        {"uid": "with blank@x"},
        {"uid": "a\r\nB:c"},
        {"uid": ""},
        {"sequence": -1},
        {"starts_at": datetime(2026, 12, 3, 8)},  # noqa: DTZ001
        {"ends_at": EDITION.starts_at},
    ],
)
def test_impossible_facts_of_a_meeting_are_refused(facts):
    with pytest.raises(InvitationNotValid):
        replace(EDITION, **facts)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "/j/abc", "https://", "https://x.vn/\r\nB:c", "https://x.vn/a b", ""]
)
def test_a_join_page_that_is_not_a_web_address_is_refused(url):
    with pytest.raises(InvitationNotValid):
        replace(INVITATION, join_url=url)


def test_a_stamp_without_zone_is_refused():
    with pytest.raises(InvitationNotValid):
        replace(INVITATION, stamp=datetime(2026, 11, 20))  # noqa: DTZ001


@pytest.mark.parametrize(
    "email", ["", "an", "an@", "an@x.vn\r\nATTENDEE:mailto:e@x.vn", "ân@x.vn", "a b@x.vn"]
)
def test_an_address_that_is_not_one_is_refused_wherever_it_stands(email):
    with pytest.raises(MailAddressNotValid):
        request(replace(INVITATION, recipient=replace(MEMBER, email=email)))
    with pytest.raises(MailAddressNotValid):
        request(replace(INVITATION, edition=replace(EDITION, sites=(replace(CENTRE, mailbox=email),))))
    with pytest.raises(MailAddressNotValid):
        request(replace(INVITATION, edition=replace(EDITION, organizer_email=email)))
