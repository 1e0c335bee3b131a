"""Agencies in the head of a paper, and their names as they are written in a sentence."""

import re
from collections.abc import Sequence

from docflow.documents.prefill.suggestion import Line

_BEGINS = re.compile(
    r"(?:uy ban|ubnd|hoi dong|hdnd|so|bo|ban|van phong|chi cuc|cuc|tong cuc|vu|phong|trung tam|truong (?:dai hoc|cao dang"
    r"|trung|tieu hoc|mam non|thpt|thcs|chinh tri)|dai hoc|hoc vien|vien|benh vien|cong ty|tong cong ty|tap doan|tinh uy"
    r"|thanh uy|huyen uy|quan uy|thi uy|dang uy|dang bo|chi bo|cong an|bo chi huy|quan khu|toa an|vien kiem sat|mat tran"
    r"|lien doan|lien minh|hoi|doan|tinh doan|thanh doan|thanh tra|kho bac|ngan hang|bao hiem|thue|hai quan|quoc hoi"
    r"|chinh phu|thu tuong|chu tich|dai phat thanh|nha xuat ban|quy|hat|to cong tac"
    r"|people's|peoples|provincial|district|city|department|ministry|office|government|national|general|board|bureau"
    r"|the people's|committee|council|party|inspectorate|university|institute)\b"
)
_OPEN = re.compile(r"(?:\bva|\band|\bof|\bthe|,|-)\Z")


def agencies_in(lines: Sequence[Line]) -> list[list[Line]]:
    """The agencies, highest first, each in its lines. What does not begin as an agency's name goes on with one."""
    agencies: list[list[Line]] = []
    for line in lines:
        begins = _BEGINS.match(line.flat) is not None
        if agencies and (not begins or _OPEN.search(agencies[-1][-1].flat)):
            agencies[-1].append(line)
        elif begins:
            agencies.append([line])
    return agencies


_PLACE_WORDS = {
    "TỈNH", "HUYỆN", "XÃ", "PHƯỜNG", "QUẬN", "ẤP", "KHU", "PROVINCE", "THỊ", "THÀNH", "TP", "TP.",
}  # fmt: skip
_SECOND_OF_TWO = {"THÀNH PHỐ", "THỊ XÃ", "THỊ TRẤN"}
_FIXED = (
    ("ỦY BAN NHÂN DÂN", "Ủy ban nhân dân"), ("UỶ BAN NHÂN DÂN", "Uỷ ban nhân dân"),
    ("HỘI ĐỒNG NHÂN DÂN", "Hội đồng nhân dân"), ("TÒA ÁN NHÂN DÂN", "Tòa án nhân dân"),
    ("TOÀ ÁN NHÂN DÂN", "Toà án nhân dân"), ("VIỆN KIỂM SÁT NHÂN DÂN", "Viện kiểm sát nhân dân"),
    ("ỦY BAN MẶT TRẬN TỔ QUỐC", "Ủy ban Mặt trận Tổ quốc"),
)  # fmt: skip
_SHORT = {
    "UBND",
    "HĐND",
    "BCĐ",
    "BQL",
    "UBMTTQ",
    "TW",
    "TNHH",
    "MTV",
    "HTX",
    "BHXH",
    "VNPT",
    "EVN",
    "BCH",
    "BTV",
    "TAND",
    "VKSND",
}
_TYPES = (
    "VĂN PHÒNG", "CHI CỤC", "TỔNG CỤC", "TỔNG CÔNG TY", "CÔNG TY", "TRUNG TÂM", "TỈNH ỦY", "TỈNH UỶ", "THÀNH ỦY",
    "THÀNH UỶ", "HUYỆN ỦY", "HUYỆN UỶ", "ĐẢNG ỦY", "ĐẢNG UỶ", "ĐẢNG BỘ", "CHI BỘ", "CÔNG AN", "BAN QUẢN LÝ", "BAN CHỈ ĐẠO",
    "THANH TRA", "KHO BẠC", "NGÂN HÀNG", "BẢO HIỂM", "TRƯỜNG", "BỆNH VIỆN", "SỞ", "BỘ", "BAN", "CỤC", "VỤ", "PHÒNG", "VIỆN",
    "ĐOÀN", "HỘI", "THUẾ", "QUỸ",
)  # fmt: skip
_ENGLISH_SMALL = {"OF", "THE", "AND", "FOR", "ON", "IN"}


def agency_name(capitals: str) -> str:
    """A name in capitals as it is written in a sentence: `SỞ GIÁO DỤC VÀ ĐÀO TẠO` is `Sở Giáo dục và Đào tạo`.

    A place after its word keeps capitals, `TỈNH TRƯỜNG GIANG`; what is not known is written small but for its
    first letter. Other letters never change, so both fold alike.
    """
    if not capitals.isupper():
        return capitals
    if capitals.isascii() and _is_english(capitals):
        small = [word if word in _SHORT else word.capitalize() for word in capitals.split()]
        return " ".join(
            word.lower() if place and word.upper() in _ENGLISH_SMALL else word
            for place, word in enumerate(small)
        )
    for written, name in _FIXED:
        if capitals == written or capitals.startswith(f"{written} "):
            return f"{name}{_rest(capitals[len(written) :], capital=False)}"
    for kind in _TYPES:
        if capitals.startswith(f"{kind} "):
            of_place = kind.endswith(("ỦY", "UỶ")) or kind == "CÔNG AN"
            return f"{kind.capitalize()}{_rest(capitals[len(kind) :], capital=True, in_place=of_place)}"
    return _rest(f" {capitals}", capital=True).strip()


def _is_english(capitals: str) -> bool:
    return any(word in _ENGLISH_SMALL or "'" in word for word in capitals.split()) or capitals.endswith(
        "COMMITTEE"
    )


def _rest(capitals: str, *, capital: bool, in_place: bool = False) -> str:
    """The words after a name's beginning; `capital`: the first one begins with one, as the first after `và` does.

    `in_place`: a place's name, all of whose words do.
    """
    said: list[str] = []
    words = capitals.split()
    for place, word in enumerate(words):
        pair = " ".join(words[place : place + 2])
        if word in _SHORT:
            said.append(word)
            capital = False
        elif _is_place_word(word, pair) and (not in_place or place == 0):
            said.append(word.lower())
            in_place, capital = True, False
        elif in_place and " ".join(words[place - 1 : place + 1]) in _SECOND_OF_TWO:
            said.append(word.lower())
        elif in_place:
            said.append(word.capitalize())
        elif word in {"VÀ", "-", "–"}:
            said.append(word.lower())
            capital = True
        else:
            said.append(word.capitalize() if capital else word.lower())
            capital = word.endswith(",")
    return "".join(f" {word}" for word in said)


def _is_place_word(word: str, pair: str) -> bool:
    """`TỈNH`, and of `THÀNH PHỐ` the first; not the `XÃ` of `XÃ HỘI`."""
    return (
        word in _PLACE_WORDS and pair != "XÃ HỘI" and (word not in {"THỊ", "THÀNH"} or pair in _SECOND_OF_TWO)
    )
