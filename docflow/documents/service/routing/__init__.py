"""Passing a document on, returning, recalling and completing what one was given (domain §1.5).

Every verb locks the document first, so that routing one document is one thing after another; then it reads all its
receipts, asks ``documents.routing`` what changes, and writes that. What hangs on receipts in a higher capability
follows by ``FollowReceipts``, which the caller hands in.
"""

from docflow.documents.service.routing.complete import acknowledge, complete
from docflow.documents.service.routing.following import Followed, FollowReceipts
from docflow.documents.service.routing.forward import forward
from docflow.documents.service.routing.give import Given, give
from docflow.documents.service.routing.take_back import give_back, recall
from docflow.documents.service.routing.writing import Routing, carry_out, trail_of

__all__ = [
    "FollowReceipts",
    "Followed",
    "Given",
    "Routing",
    "acknowledge",
    "carry_out",
    "complete",
    "forward",
    "give",
    "give_back",
    "recall",
    "trail_of",
]
