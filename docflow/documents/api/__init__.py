"""The addresses of documents, registers and kinds."""

from docflow.documents.api import documents, files, receipts, registers

routers = (
    documents.router,
    files.router,
    receipts.router,
    registers.router,
)
