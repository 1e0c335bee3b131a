"""Kinds of official document that every province starts with; it adds its own in the database.

Decree 30/2020/NĐ-CP, article 7 (the 29 kinds), article 3 (the three kinds of copy), Appendix III (symbols).
Symbols are exact: HD is a guideline and HĐ a contract, CT a directive and CTr a programme.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document. `code` is an ASCII name for programs, `symbol` what stands in a number, if anything."""

    code: str
    symbol: str | None
    name_vi: str
    name_en: str


KINDS = (
    Kind("resolution", "NQ", "Nghị quyết", "Resolution"),
    Kind("decision", "QĐ", "Quyết định", "Decision"),
    Kind("directive", "CT", "Chỉ thị", "Directive"),
    Kind("regulation", "QC", "Quy chế", "Regulation"),
    Kind("rules", "QyĐ", "Quy định", "Rules"),
    Kind("communique", "TC", "Thông cáo", "Communiqué"),
    Kind("notice", "TB", "Thông báo", "Notice"),
    Kind("guideline", "HD", "Hướng dẫn", "Guideline"),
    Kind("programme", "CTr", "Chương trình", "Programme"),
    Kind("plan", "KH", "Kế hoạch", "Plan"),
    Kind("option_paper", "PA", "Phương án", "Option paper"),
    Kind("scheme", "ĐA", "Đề án", "Scheme"),
    Kind("project", "DA", "Dự án", "Project"),
    Kind("report", "BC", "Báo cáo", "Report"),
    Kind("minutes", "BB", "Biên bản", "Minutes"),
    Kind("submission", "TTr", "Tờ trình", "Submission"),
    Kind("contract", "HĐ", "Hợp đồng", "Contract"),
    Kind("official_letter", None, "Công văn", "Official letter"),
    Kind("urgent_dispatch", "CĐ", "Công điện", "Urgent dispatch"),
    Kind("memorandum", "BGN", "Bản ghi nhớ", "Memorandum"),
    Kind("agreement", "BTT", "Bản thỏa thuận", "Agreement"),
    Kind("power_of_attorney", "GUQ", "Giấy uỷ quyền", "Power of attorney"),
    Kind("invitation", "GM", "Giấy mời", "Invitation"),
    Kind("letter_of_introduction", "GGT", "Giấy giới thiệu", "Letter of introduction"),
    Kind("leave_permit", "GNP", "Giấy nghỉ phép", "Leave permit"),
    Kind("sending_slip", "PG", "Phiếu gửi", "Sending slip"),
    Kind("transfer_slip", "PC", "Phiếu chuyển", "Transfer slip"),
    Kind("notification_slip", "PB", "Phiếu báo", "Notification slip"),
    Kind("courtesy_letter", None, "Thư công", "Courtesy letter"),
)

COPIES = (
    Kind("true_copy", "SY", "Sao y", "True copy"),
    Kind("extract_copy", "TrS", "Trích sao", "Extract copy"),
    Kind("duplicate_copy", "SL", "Sao lục", "Duplicate copy"),
)

SYMBOLS = frozenset(kind.symbol for kind in KINDS + COPIES if kind.symbol is not None)

# Not kinds of administrative document, but their symbols come in from outside: legal documents of the State
# (decree, circular, joint circular, joint resolution, order, ordinance) and papers of the Party (letter, conclusion).
LEGISLATIVE_SYMBOLS = frozenset(("NĐ", "TT", "TTLT", "NQLT", "L", "PL", "NQ", "QĐ", "CT"))
PARTY_SYMBOLS = frozenset(("CV", "KL"))
