"""Rows as what goes out. No rule but what the asker may see and do, which the view holds."""

from docflow.meetings.models import Participant, Site, SiteKind
from docflow.meetings.queries import Asked, ListedMeeting, MeetingView
from docflow.meetings.schemas import (
    AskedOut,
    MeetingOut,
    MeetingRow,
    MeetingSite,
    ParticipantOut,
    SiteKindOut,
    SiteOut,
)


def site_out(site: Site) -> SiteOut:
    """A site as told."""
    return SiteOut(
        id=site.id,
        name=site.name,
        kind_code=site.kind_code,
        unit_id=site.unit_id,
        room=site.room,
        address=site.address,
        seats=site.seats,
        technician=site.technician,
        technician_phone=site.technician_phone,
        closed_at=site.closed_at,
    )


def site_kind_out(kind: SiteKind) -> SiteKindOut:
    """A kind of site as told."""
    return SiteKindOut(code=kind.code, name_vi=kind.name_vi, name_en=kind.name_en)


def meeting_row(row: ListedMeeting) -> MeetingRow:
    """A meeting as told in a list."""
    meeting = row.meeting
    return MeetingRow(
        id=meeting.id,
        unit_id=meeting.unit_id,
        subject=meeting.subject,
        letter_number=meeting.letter_number,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        central_site_id=row.central.id,
        central_site=row.central.name,
        state=meeting.state,
    )


def meeting_out(view: MeetingView) -> MeetingOut:
    """A meeting as told to one reader."""
    meeting = view.meeting
    return MeetingOut(
        id=meeting.id,
        unit_id=meeting.unit_id,
        organizer_id=meeting.organizer_id,
        document_id=view.document_id,
        subject=meeting.subject,
        description=meeting.description,
        letter_number=meeting.letter_number,
        join_url=meeting.join_url,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        central_site_id=view.sites[0].id,
        sites=[
            MeetingSite(id=site.id, name=site.name, room=site.room, address=site.address)
            for site in view.sites
        ],
        state=meeting.state,
        cancel_reason=meeting.cancel_reason,
        sequence=meeting.sequence,
        participants=[_participant_out(one, view) for one in view.participants],
        actions=list(view.actions),
        version=meeting.version,
    )


def _participant_out(one: Participant, view: MeetingView) -> ParticipantOut:
    whole = view.organizes or one.id in view.own
    return ParticipantOut(
        id=one.id,
        name=one.name,
        role=one.role,
        site_id=view.site_ids[one.site_no],
        answer=one.answer,
        email=one.email if whole else None,
        person_id=one.person_id if whole else None,
        answer_note=one.answer_note if whole else None,
        answered_at=one.answered_at if whole else None,
    )


def asked_out(asked: Asked) -> AskedOut:
    """The question behind an answer link."""
    return AskedOut(
        subject=asked.meeting.subject,
        starts_at=asked.meeting.starts_at,
        ends_at=asked.meeting.ends_at,
        site=asked.site.name,
        name=asked.participant.name,
        answer=asked.participant.answer,
        note=asked.participant.answer_note,
    )
