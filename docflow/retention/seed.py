"""The rules of retention that every installation starts with: the usual terms, to be confirmed or changed."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from docflow.core.db import Sessions, transaction
from docflow.dossiers.models import Retention
from docflow.retention.models import RetentionRule

SOURCE = "Mặc định, cần đối chiếu với bảng thời hạn bảo quản của cơ quan"
"""Default, to be confirmed against the agency's own schedule."""

USUAL: dict[str | None, Retention] = {
    None: Retention.YEARS_10,
    "resolution": Retention.PERMANENT,
    "decision": Retention.PERMANENT,
    "directive": Retention.PERMANENT,
    "regulation": Retention.PERMANENT,
    "rules": Retention.PERMANENT,
    "scheme": Retention.PERMANENT,
    "project": Retention.PERMANENT,
    "programme": Retention.PERMANENT,
    "plan": Retention.YEARS_20,
    "option_paper": Retention.YEARS_20,
    "report": Retention.YEARS_20,
    "guideline": Retention.YEARS_20,
    "minutes": Retention.YEARS_20,
    "contract": Retention.YEARS_20,
    "agreement": Retention.YEARS_20,
    "memorandum": Retention.YEARS_20,
    "submission": Retention.YEARS_10,
    "notice": Retention.YEARS_10,
    "communique": Retention.YEARS_10,
    "official_letter": Retention.YEARS_10,
    "urgent_dispatch": Retention.YEARS_10,
    "power_of_attorney": Retention.YEARS_10,
    "courtesy_letter": Retention.YEARS_10,
    "invitation": Retention.YEARS_5,
    "letter_of_introduction": Retention.YEARS_5,
    "leave_permit": Retention.YEARS_5,
    "sending_slip": Retention.YEARS_5,
    "transfer_slip": Retention.YEARS_5,
    "notification_slip": Retention.YEARS_5,
}
"""By kind; None: every other kind, those that the province adds and the copies included."""


async def load_terms(sessions: Sessions) -> None:
    """Add the usual rules to an installation that has none at all; where there are some, none is touched or added."""
    async with transaction(sessions) as session:
        if await session.scalar(select(RetentionRule.id).limit(1)) is not None:
            return
        rows = [
            {"kind_code": kind, "retention": retention, "source": SOURCE} for kind, retention in USUAL.items()
        ]
        await session.execute(insert(RetentionRule).on_conflict_do_nothing(), rows)
