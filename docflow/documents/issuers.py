"""Who issued a document, in the words of a text, and names of agencies as they are written. Pure."""

import re
from functools import lru_cache

from docflow.core.text import fold

MAX_ISSUER = 160

_BODIES = (
    "ubnd", "hdnd", "uy ban", "hoi dong", "tinh uy", "thanh uy", "huyen uy", "quan uy", "thi uy", "dang uy", "dang bo",
    "chi bo", "chi uy", "ban", "bo", "so", "cuc", "chi cuc", "tong cuc", "vu", "van phong", "phong", "trung tam",
    "chinh phu", "thu tuong", "quoc hoi", "chu tich", "pho chu tich", "giam doc", "chanh van phong", "bo truong",
    "thanh tra", "cong an", "quan khu", "toa an", "vien", "truong", "dai hoc", "hoc vien", "benh vien", "kho bac",
    "ngan hang", "bao hiem", "lien doan", "lien minh", "hoi", "doan", "mat tran", "tinh doan", "thanh doan", "tap doan",
    "tong cong ty", "cong ty", "doanh nghiep", "hop tac xa", "hat", "doi", "tram", "xi nghiep", "nha", "bao", "dai",
    "trung uong", "thuong truc", "bch", "btv", "ttg", "cp", "cn", "vksnd", "tand", "ubmttq", "thue", "hai quan",
    "committee", "department", "ministry", "office", "people's", "peoples", "provincial", "government", "politburo",
    "secretariat", "central", "national", "prime", "chairman", "president", "director", "board", "council", "state",
    "city", "district", "commune", "party", "general", "inspectorate", "police", "university", "school", "hospital",
    "court", "procuracy", "bank", "company", "corporation", "institute", "authority", "agency", "standing",
)  # fmt: skip
_BODY = re.compile("(?:" + "|".join(sorted(_BODIES, key=len, reverse=True)).replace(" ", r"\s+") + r")\b")
_BY = re.compile(r"[\s,)]{0,4}(?:cua|do|by|of|from|issued by)\s+")
_PUNCTUATION = re.compile(r"[,;.:()\"“”\[\]\f]|\n[ \t]*\n|\n[ \t]*(?:[0-9]{1,3}[.)]|[a-z]\)|[-+•*\u2013])")
_GOES_ON = re.compile(
    r"\b(?:về|v/v|ban hành|quy định|sửa đổi|bổ sung|thay thế|hướng dẫn|triển khai|thực hiện|phê duyệt|thông báo|"
    r"kết luận|giao|yêu cầu|đề nghị|chỉ đạo|chỉ thị|báo cáo|gửi|trình|nêu|tại|đến|để|nhằm|trong|trên|từ|kể|có hiệu lực|"
    r"hết|đã|đang|được|bị|sẽ|phải|cần|cho|là|như|theo|trừ|với|này|cùng|và các|và đề|ký|ngày|"
    r"on|in|to|which|that|is|was|are|has|have|had|dated|regarding|concerning|requesting|approving|promulgating|"
    r"shall|under|with|at|and (?:the|its|on|to)|no)\b"
)
"""With their accents: `từ` ends a name, and `Đầu tư` does not."""
_THE = re.compile(r"the\s")
_ENGLISH_JOINTS = frozenset({"of", "the", "and", "for", "on"})
_ASCII_NAME = re.compile(r"[A-Za-z.&'’\u2019-]+")


def issuer_at(text: str, flat: str, start: int, end: int) -> tuple[str, int] | None:
    """Whose document it is, where the words at `start` say so (`của …`, `do …`, `by …`), and where that ends.

    Only what begins as an agency does is an issuer, up to the next verb or mark, not beyond `end`.
    """
    by = _BY.match(flat, start, min(end, start + 30))
    if by is None:
        return None
    first = by.end()
    if _THE.match(flat, first):
        first += 4
    if not _BODY.match(flat, first) or not text[first].isupper():
        return None
    last = min(end, first + MAX_ISSUER)
    for stop in (_PUNCTUATION, _GOES_ON):
        found = stop.search(text, first + 1, last)
        last = found.start() if found else last
    name = _without_open_end(text[first:last])
    return (" ".join(name.split()), first + len(name)) if name else None


_OPEN_END = re.compile(r"(?:\s+(?:và|and|of|the|for|on|nos?|số|các|[-\u2013]))*\s*\Z", re.IGNORECASE)


def _without_open_end(name: str) -> str:
    """Without words that only join, as `Tỉnh ủy và`; an English name ends with its last capital letter."""
    words = [(word.start(), word.end(), word[0]) for word in re.finditer(r"\S+", name)]
    if all(_ASCII_NAME.fullmatch(word) for *_, word in words):
        for start, _, word in words[1:]:
            if not word[:1].isupper() and word not in _ENGLISH_JOINTS:
                name = name[:start]
                break
    return name[: found.start()] if (found := _OPEN_END.search(name)) else name


_ABBREVIATED = {
    "ubnd": "uy ban nhan dan",
    "hdnd": "hoi dong nhan dan",
    "tt": "thuong truc",
    "btv": "ban thuong vu",
    "bch": "ban chap hanh",
    "tw": "trung uong",
    "tp": "thanh pho",
    "p": "phuong",
}
_LETTERS = re.compile(r"[^\W_]+")


@lru_cache(maxsize=10_000)
def same_issuer_key(issuer: str) -> str:
    """Equal for one issuer written as people do: `UBND tỉnh` and `Uỷ ban nhân dân tỉnh`."""
    words = _LETTERS.findall(fold(issuer))
    return " ".join(_ABBREVIATED.get(word, word) for word in words)
