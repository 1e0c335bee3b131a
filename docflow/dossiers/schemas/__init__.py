"""What comes in and goes out about year's lists and dossiers."""

from docflow.dossiers.schemas.contents import (
    AddDocuments,
    ContentRow,
    MoveDocument,
    PutIn,
    RemoveDocument,
)
from docflow.dossiers.schemas.dossiers import (
    ChangeAccess,
    ChangeDossier,
    CloseDossier,
    DossierOut,
    DossierRow,
    NamedOut,
    OpenDossier,
    PrintHandOver,
    WithReason,
)
from docflow.dossiers.schemas.headings import (
    AddHeading,
    ChangeHeading,
    CopyList,
    HeadingOut,
    ListChanged,
)

__all__ = [
    "AddDocuments",
    "AddHeading",
    "ChangeAccess",
    "ChangeDossier",
    "ChangeHeading",
    "CloseDossier",
    "ContentRow",
    "CopyList",
    "DossierOut",
    "DossierRow",
    "HeadingOut",
    "ListChanged",
    "MoveDocument",
    "NamedOut",
    "OpenDossier",
    "PrintHandOver",
    "PutIn",
    "RemoveDocument",
    "WithReason",
]
