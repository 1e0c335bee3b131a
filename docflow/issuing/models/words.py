"""The words that columns of issuing hold."""

from enum import StrEnum


class ManuscriptState(StrEnum):
    """Where a manuscript is (domain §1.6)."""

    DRAFTING = "drafting"
    IN_REVIEW = "in_review"
    """Some step waits for a decision; nobody changes the text."""
    APPROVED = "approved"
    SIGNED = "signed"
    """Waits for the registry to give number and date."""
    ISSUED = "issued"
    WITHDRAWN = "withdrawn"


class VersionOrigin(StrEnum):
    """Where a version of the text came from."""

    UPLOADED = "uploaded"
    TEMPLATE = "template"
    """Filled in from the record."""
    SIGNED = "signed"
    """The PDF as its signer signed it."""


class StepKind(StrEnum):
    """What is decided in a step."""

    CONTENT = "content"
    """The unit head answers for the content (Decree 30, article 10)."""
    FORM = "form"
    """The registry answers for form and procedure (Decree 30, article 11)."""
    APPROVAL = "approval"
    """Who signs approves the text as it stands (Decree 30, article 12)."""


class StepPlace(StrEnum):
    """In which unit a rule looks for whoever decides."""

    DRAFTING = "drafting"
    ISSUING = "issuing"
    SIGNER = "signer"
    """Nowhere: the person who is named as signer decides."""


class StepState(StrEnum):
    """What became of a step."""

    WAITING = "waiting"
    """Its turn is now, or after the steps before it."""
    PASSED = "passed"
    SENT_BACK = "sent_back"
    DROPPED = "dropped"
    """Another step of its round sent the manuscript back, or it was withdrawn."""


class SuccessionKind(StrEnum):
    """What an issued document does to an earlier one."""

    CORRECTS = "corrects"
    REPLACES = "replaces"
    RECALLS = "recalls"


class RecipientRole(StrEnum):
    """What a recipient gets an issued document for (domain §1.3)."""

    ACT = "act"
    KNOW = "know"
    FILE = "file"


class Channel(StrEnum):
    """How a recipient gets an issued document."""

    HOUSE = "house"
    """A receipt of a unit or person of the house."""
    MAIL_FILE = "mail_file"
    MAIL_LINK = "mail_link"
    """A mail with a personal link that expires."""
    PAPER = "paper"
    """Sent outside the system; the registry notes what it hears."""
