"""Tables of issuing: manuscripts with their versions and steps, rules and templates, what was issued and to whom it went."""

from docflow.issuing.models.issued import Dispatch, DispatchLink, Succession
from docflow.issuing.models.manuscripts import (
    ApprovalRule,
    LetterTemplate,
    Manuscript,
    ManuscriptComment,
    ManuscriptRecipient,
    ManuscriptStep,
    ManuscriptVersion,
    WorkingCopy,
)
from docflow.issuing.models.words import (
    Channel,
    ManuscriptState,
    RecipientRole,
    StepKind,
    StepPlace,
    StepState,
    SuccessionKind,
    VersionOrigin,
)

__all__ = [
    "ApprovalRule",
    "Channel",
    "Dispatch",
    "DispatchLink",
    "LetterTemplate",
    "Manuscript",
    "ManuscriptComment",
    "ManuscriptRecipient",
    "ManuscriptState",
    "ManuscriptStep",
    "ManuscriptVersion",
    "RecipientRole",
    "StepKind",
    "StepPlace",
    "StepState",
    "Succession",
    "SuccessionKind",
    "VersionOrigin",
    "WorkingCopy",
]
