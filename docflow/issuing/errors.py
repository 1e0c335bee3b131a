"""Facts that can go wrong between a draft and its issue."""

from docflow.core.errors import Conflict, DocflowError, Invalid, NotFound, Unavailable


class ManuscriptNotSubmitted(Conflict):
    """It is still being written; nobody has been asked yet."""

    code = "manuscript_not_submitted"


class ManuscriptInReview(Conflict):
    """Somebody is deciding on it; nobody changes the text meanwhile."""

    code = "manuscript_in_review"


class ManuscriptApproved(Conflict):
    """The text that was approved stays as it is."""

    code = "manuscript_approved"


class ManuscriptSigned(Conflict):
    """It is signed and waits for its number."""

    code = "manuscript_signed"


class ManuscriptIssued(Conflict):
    """It was issued; what follows is a document of its own (domain §1.2)."""

    code = "manuscript_issued"


class ManuscriptWithdrawn(Conflict):
    """It was put away."""

    code = "manuscript_withdrawn"


class ManuscriptWithoutText(Conflict):
    """It has no version yet."""

    code = "manuscript_without_text"


class SignerMissing(Conflict):
    """Nobody is named who signs it."""

    code = "signer_missing"


class TextNotChanged(Conflict):
    """The bytes are those of version ``number``: nothing changed."""

    code = "text_not_changed"


class NewerVersionThere(Conflict):
    """``name`` added version ``number`` since the one that this is based on."""

    code = "newer_version_there"


class CheckedOutBySomebody(Conflict):
    """``name`` has the working copy until ``until``."""

    code = "checked_out_by_somebody"


class NothingCheckedOut(Conflict):
    """Nobody has a working copy, or it has expired."""

    code = "nothing_checked_out"


class StepAlreadyDecided(Conflict):
    """``name`` has decided in this step at ``at``."""

    code = "already_decided"


class StepDropped(Conflict):
    """Another step of its round sent the manuscript back, or it was withdrawn."""

    code = "step_dropped"


class StepNotDue(Conflict):
    """Steps before it still wait."""

    code = "step_not_due"


class OtherVersionDecided(Conflict):
    """The decision names another version than the one that is decided on, which is ``number``."""

    code = "other_version_decided"


class NobodyDecides(Conflict):
    """Nobody can decide in one of its steps today."""

    code = "nobody_decides"


class NobodyChecksContent(NobodyDecides):
    """Nobody in ``unit`` can answer for its content today."""

    code = "nobody_decides_content"


class NobodyChecksForm(NobodyDecides):
    """Nobody in ``unit`` can check its form today."""

    code = "nobody_decides_form"


class NobodyApproves(NobodyDecides):
    """Nobody can approve it today."""

    code = "nobody_decides_approval"


class CommentsUnsettled(Conflict):
    """``count`` comments on its newest text are not settled; it can be submitted all the same when that is confirmed."""

    code = "comments_unsettled"


class CommentSettled(Conflict):
    """The comment was settled before."""

    code = "comment_settled"


class RulesNotValid(Invalid):
    """The steps do not make a way to an approved text."""

    code = "rules_not_valid"


class NotIssued(Conflict):
    """Only what was issued is sent, corrected, replaced or recalled."""

    code = "not_issued"


class NothingToSign(Conflict):
    """The manuscript has no version as PDF that could be signed."""

    code = "nothing_to_sign"


class SucceededAlready(Conflict):
    """The document was replaced or recalled already. One that was recalled can still be replaced."""

    code = "succeeded_already"


class DocumentRecalled(Conflict):
    """The document was recalled: no copy of it is sent any more."""

    code = "document_recalled"


class NotAskedBack(Conflict):
    """Nobody asked for this copy back."""

    code = "not_asked_back"


class NoteOfOtherChannel(Conflict):
    """Of this copy the program knows itself when it left."""

    code = "note_of_other_channel"


class NoLink(Conflict):
    """This copy goes without a personal link."""

    code = "no_link"


class DispatchLinkEnded(NotFound):
    """No such link, or one that is over: the two are never told apart."""

    code = "dispatch_link_ended"


class TemplateRefused(Invalid):
    """The file is no layout that letters are made with; each field error says what is wrong."""

    code = "template_refused"


class TemplateFieldsMissing(Conflict):
    """The layout has ``fields`` for which the manuscript says nothing."""

    code = "template_fields_missing"


class TemplateRetired(Conflict):
    """The layout is no longer in use."""

    code = "template_retired"


class OfficeMissing(Unavailable):
    """The office program that makes a PDF of a province's own layout is not there."""

    code = "office_missing"


class OfficeFailed(Unavailable):
    """The office program made no PDF in time."""

    code = "office_failed"


CONSTRAINTS: dict[str, type[DocflowError]] = {"uq_succession_ended": SucceededAlready}
