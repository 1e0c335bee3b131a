"""Facts that can go wrong with retention."""

from docflow.core.errors import Conflict, DocflowError


class RuleAlreadyThere(Conflict):
    """There is a rule for this kind in this unit."""

    code = "rule_already_there"


class HoldReleased(Conflict):
    """The hold was released before."""

    code = "hold_released_before"


class DossierHeld(Conflict):
    """A document does not leave a dossier that is held."""

    code = "dossier_held"


class DocumentDestroyed(Conflict):
    """Its files were destroyed at the end of their retention: there is nothing left to hold."""

    code = "document_destroyed"


class NothingToDispose(Conflict):
    """No document that the proposer sees there has a term that is over."""

    code = "nothing_to_dispose"


class DisposalDecided(Conflict):
    """The disposal was approved or refused before. ``state`` says which."""

    code = "disposal_decided"


class DecidedByProposer(Conflict):
    """Whoever proposes a disposal does not decide on it."""

    code = "decided_by_proposer"


class ItemsHidden(Conflict):
    """The disposal lists ``hidden`` documents that the decider may not see: nobody decides on what they do not know."""

    code = "items_hidden"


class NotCarriedOut(Conflict):
    """The certificate is made when everything has been destroyed."""

    code = "not_carried_out"


CONSTRAINTS: dict[str, type[DocflowError]] = {
    "uq_retention_rule": RuleAlreadyThere,
    "dossier_document_held": DossierHeld,
    "ck_disposal_another_decides": DecidedByProposer,
}
