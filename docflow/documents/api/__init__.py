"""The addresses of documents, registers and kinds."""

from docflow.documents.api import (
    circulation,
    citations,
    documents,
    drafts,
    files,
    lists,
    mails,
    previews,
    prints,
    receipts,
    registering,
    registers,
    searches,
    sheets,
    signatures,
)

routers = (
    circulation.router,
    citations.router,
    documents.router,
    drafts.router,
    files.router,
    lists.router,
    mails.router,
    previews.router,
    prints.router,
    receipts.router,
    registering.router,
    registers.router,
    searches.router,
    sheets.router,
    signatures.router,
)
