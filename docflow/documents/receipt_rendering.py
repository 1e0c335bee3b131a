"""Receipts as what goes out. No rule but what the asker may do, which is asked of ``policy``."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core import clock
from docflow.documents.models import ReceiptRole
from docflow.documents.policy import decide_receipt
from docflow.documents.queries import place_of
from docflow.documents.rendering import document_row
from docflow.documents.routing import OPEN, TRANSITIONS, Step
from docflow.documents.schemas import OpenReceipt, ReceiptOut

OFFERED = (Step.FORWARD, Step.COMPLETE, Step.RETURN, Step.RECALL)


def receipts_out(actor: Actor, rows: Collection[Row[Any]]) -> list[ReceiptOut]:
    """The receipts of a document that the actor sees."""
    seen = {row.Receipt.id for row in rows}
    return [receipt_out(actor, row, seen) for row in rows]


def receipt_out(actor: Actor, row: Row[Any], seen: Collection[UUID]) -> ReceiptOut:
    """A receipt with the name of whoever got the document; its parent only where that is among the ``seen``."""
    receipt = row.Receipt
    return ReceiptOut(
        id=receipt.id,
        parent_id=receipt.parent_id if receipt.parent_id in seen else None,
        unit_id=row.unit_id,
        person_id=row.person_id,
        name=row.name_vi or row.full_name,
        role=receipt.role,
        state=receipt.state,
        note=receipt.note,
        sender_name=row.sender_name,
        sent_at=receipt.sent_at,
        due_at=receipt.due_at,
        overdue=receipt.state in OPEN and receipt.due_at is not None and receipt.due_at < clock.now(),
        opened_at=receipt.opened_at,
        acknowledged_at=receipt.acknowledged_at,
        handled_at=receipt.handled_at,
        ended_at=receipt.ended_at,
        end_note=receipt.end_note,
        reply_required=receipt.reply_required,
        reply_id=row.seen_reply_id,
        actions=_steps(actor, row),
        version=receipt.version,
    )


def open_receipt(row: Row[Any]) -> OpenReceipt:
    """What waits for somebody, in a list."""
    return OpenReceipt(
        id=row.receipt_id,
        role=row.role,
        unit_id=row.holder_unit_id,
        sender_name=row.sender_name,
        sent_at=row.sent_at,
        note=row.note,
        due_at=row.receipt_due_at,
        overdue=row.receipt_due_at is not None and row.receipt_due_at < clock.now(),
        opened_at=row.opened_at,
        reply_required=row.reply_required,
        version=row.version,
        document=document_row(row),
    )


def _steps(actor: Actor, row: Row[Any]) -> list[Step]:
    receipt = row.Receipt
    if not actor.may(Action.RECEIPT_HANDLE):
        return []
    return [
        step
        for step in OFFERED
        if (receipt.state, step) in TRANSITIONS
        and not (step is Step.RETURN and receipt.role is ReceiptRole.INFORMATION)
        and decide_receipt(actor, step, place_of(row))
    ]
