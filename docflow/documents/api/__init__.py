"""The addresses of documents, registers and kinds."""

from docflow.documents.api import citations, documents, files, lists, previews, prints, receipts, registering, registers

routers = (
    citations.router,
    documents.router,
    files.router,
    lists.router,
    previews.router,
    prints.router,
    receipts.router,
    registering.router,
    registers.router,
)
