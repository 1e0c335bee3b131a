"""What a text says of a document that it names: its basis, what it implements, amends, replaces … Pure.

The words between the document named before (or the beginning of the sentence) and this one decide, by plain rules:

1. The last wording that tells a relation counts, if it stands near enough.
2. In one sentence a relation holds on through a list (`Căn cứ A và B; Thông tư C`), until another is told, a
   new verb begins (`…, Chủ tịch yêu cầu`), or the sentence ends. Items of a list under a colon are one sentence.
3. What follows a document as its title or its own deed (`Nghị định A sửa đổi Nghị định B`, `Quyết định A về việc
   thực hiện Nghị quyết B`) tells what A does to B, and nothing of us: B is only mentioned. A comma, a semicolon
   or `và` before the wording gives it back to us (`thay thế A và bãi bỏ B`).
4. What is told as suffered (`được sửa đổi bởi B`, `as amended by B`) tells nothing of B.

Negation is not understood.
"""

import re
from dataclasses import dataclass

from docflow.documents.models.words import Relation

LOOK_BACK = 500
"""No more letters than these are looked at before a document that is named."""
_HOLDS_FOR = 400

_ACTIVE = r"(?<!\bduoc )(?<!\bbi )(?<!\bas )(?<!\bwas )(?<!\bwere )(?<!\bbeen )"
_ASKED = r"(?<!\btheo )(?<!\bhien )(?<!\bxet )(?<!\bcu )"
_WORDINGS = {
    "basis": r"can cu|tren co so|chieu theo|xet|pursuant to|based (?:up)?on|on the basis of|considering|in view of"
    r"|having (?:considered|examined|regard to)",
    "amends": rf"{_ACTIVE}sua doi(?: ?,? ?(?:va )?bo sung)?|{_ACTIVE}bo sung|dinh chinh"
    r"|amend(?:s|ing)?(?:,?(?: and)? supplement(?:s|ing)?)?|amendments? (?:of|to)|supplement(?:s|ing)|modif(?:y|ies|ying)",
    "replaces": rf"{_ACTIVE}thay the|replac(?:e|es|ing)|supersed(?:e|es|ing)|in (?:place|lieu) of",
    "repeals": rf"{_ACTIVE}(?:bai|huy) bo|{_ACTIVE}thu hoi|repeal(?:s|ing)?|abolish(?:es|ing)?|annul(?:s|ling)?"
    r"|rescind(?:s|ing)?|revok(?:e|es|ing)",
    "answers": r"tra loi|phuc dap|in (?:reply|response|answer) to|repl(?:y|ies|ying) to|answering|respond(?:s|ing)? to",
    "implements": r"thuc hien|trien khai|thi hanh|implement(?:s|ing|ation of)?|carrying out|in execution of",
    "follows": r"(?<!\bkem )(?<!\btiep )theo(?! doi)|according to|in (?:accordance|compliance|conformity) with|under"
    r"|as (?:provided|prescribed|stipulated|set out)(?: for)? (?:in|by)",
    "nothing": r"(?:duoc|bi|as|was|were|been) (?:sua doi|bo sung|thay the|bai bo|huy bo|thu hoi)"
    r"(?:,? (?:va )?(?:bo sung|thay the|bai bo))*(?: (?:boi|theo|tai|bang))?"
    r"|(?:amended|supplemented|replaced|repealed|superseded)(?: and \w+)? by"
    rf"|{_ASKED}yeu cau|{_ASKED}de nghi|giao|quyet nghi|ban hanh(?! kem)|nhan duoc|gui|da co|requests?|directs?|decides?"
    r"|shall|issued",
}
_TOLD = re.compile("|".join(rf"(?P<{name}>\b(?:{wording})\b)" for name, wording in _WORDINGS.items()))
_NEAR = {"basis": 320, "amends": 220, "replaces": 220, "repeals": 220, "answers": 120, "implements": 130}
_NEAR_ELSE = 110

_ENDS = re.compile(
    r"[.!?](?:\s?/\.)?[\"”)\]]{0,2}\s+(?=\S|\Z)"
    r"|[^;,:\s][ \t]*\n[ \t]*\n"
    r"|\n\s*(?:dieu|article|chuong|chapter)\s+[0-9ivx]+"
    r"|\n\s*(?:quyet dinh|quyet nghi|chi thi|thong bao|(?:hereby )?decides?)\s*:"
)
_SHORT = re.compile(
    r"(?:\b(?:nos?|tt|kt|tm|tl|tuq|ths|pgs|mr|mrs|ms|dr|art|st|v\.v|[a-z])|(?:\A|\n)\s*[0-9]{1,3})\Z"
)
"""What a full stop does not end: a word cut short, the number of an item."""
_ITEM = re.compile(r"(?:\A|\n)[ \t]*(?:[0-9]{1,3}[.)]|[a-z]\)|[-+•*\u2013])[ \t]*(?:cac[ \t]+)?\Z")
_ITS_OWN = re.compile(
    r"(?:\(|(?:ve|v/v|quy dinh|ban hanh|sua doi|bo sung|thay the|bai bo|huong dan|phe duyet|thuc hien|trien khai|quy chi"
    r"|duoc|da duoc|bi|on|regarding|concerning|as|was|were"
    r"|(?:amend|supplement|replac|repeal|implement|promulgat|approv|guid)\w*)\b)"
)
_JOINED = re.compile(r"(?:[,;]|\bva|\bdong thoi|\band|\bor|\bhoac)\Z")


@dataclass(slots=True)
class Sentence:
    """What the present sentence tells so far; one for a whole text, from its beginning."""

    relation: Relation | None = None
    in_list: bool = False

    def relation_of(self, text: str, flat: str, *, after_another: bool) -> Relation:
        """The relation of the next document named; `text`, and it laid flat, are the words before its name.

        `after_another`: the words reach back to the document named before, and not only LOOK_BACK letters.
        """
        if self.in_list and after_another and _ITEM.search(flat):
            return self.relation or Relation.MENTIONS
        ended = _end_of_last_sentence(text, flat)
        if ended or not after_another:
            self.relation, self.in_list = None, False
        words = " ".join(flat[ended:].split())
        return self._told(words, after_another and not ended) or Relation.MENTIONS

    def _told(self, words: str, after_another: bool) -> Relation | None:
        told = None
        for wording in _TOLD.finditer(words):
            if wording.lastgroup != "basis" or wording[0] != "xet" or _begins_clause(words, wording.start()):
                told = wording
        if told is None or (after_another and not _is_ours(words[: told.start()].rstrip())):
            return self._held(words, after_another)
        name = told.lastgroup or "nothing"
        near = len(words) - told.end() <= _NEAR.get(name, _NEAR_ELSE)
        self.relation = Relation(name) if near and name != "nothing" else None
        self.in_list = ":" in words[told.end() :]
        return self.relation

    def _held(self, words: str, after_another: bool) -> Relation | None:
        """What was told before, if it still holds: a list goes on with a comma, a semicolon or an `and`."""
        if len(words) > _HOLDS_FOR:
            self.relation = None
        listed = _JOINED.search(words) or ";" in words or ("," in words and not _ITS_OWN.match(words))
        return self.relation if after_another and listed else None


def _begins_clause(words: str, start: int) -> bool:
    before = words[:start].rstrip()
    return not before or before[-1] in ",;:-"


def _is_ours(before: str) -> bool:
    """Whether a wording after `before`, which follows another document, is the sentence's and not that document's."""
    return (
        bool(_JOINED.search(before))
        or ";" in before
        or ("," in before and not _ITS_OWN.match(before.lstrip()))
    )


def _end_of_last_sentence(text: str, flat: str) -> int:
    """Where the last sentence in these words begins; 0 when none ends here."""
    begins = 0
    for end in _ENDS.finditer(flat):
        if flat[end.start()] in ".!?":
            goes_on = text[end.end() : end.end() + 1].islower()
            if goes_on or _SHORT.search(flat, max(0, end.start() - 12), end.start()):
                continue
        begins = end.end()
    return begins
