"""The letters of tasks: to every unit that is directed, and to the leader when a unit gives its part back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from docflow.accounts.addressees import Addressee
from docflow.documents.models import Document
from docflow.documents.numbering import number_text
from docflow.notifications.mail import Mailbox
from docflow.notifications.service import Draft, Postman
from docflow.tasks.models import PartRole


def letter(
    postman: Postman,
    name: str,
    effect: str,
    to: Addressee,
    document: Document,
    *,
    task_id: UUID,
    role: PartRole,
    due: datetime,
    **facts: Any,
) -> Draft:
    """The mail ``tasks/<name>`` about a part. It follows what was sent to the same addressee about the document."""
    about = {
        "arrival_number": number_text(document.register_number, document.register_suffix)
        if document.arrived_on
        else None,
        "symbol": document.symbol,
        "subject": document.subject,
        "role": role.value,
        "due": due,
        "link": postman.link(f"/api/v1/tasks/{task_id}"),
    }
    return Draft(
        effect=effect,
        thread=f"document/{document.id}/{to.principal_no}",
        to=Mailbox(to.email, to.name),
        words=postman.words(f"tasks/{name}", to.language, {**about, **facts}),
        about=("document", document.id),
    )
