"""The words of the sample folder that the demonstration imports: five incoming papers and what its manifest says.

The province and everybody in it are invented.
"""

from dataclasses import dataclass, replace

from tools.sample_papers import CHI_THI, Paper

TITLES = (
    *("STT", "Số, ký hiệu", "Loại văn bản", "Ngày ban hành", "Cơ quan ban hành", "Trích yếu", "Người ký"),
    *("Quyền hạn ký", "Độ khẩn", "Tệp", "Phụ lục", "Ghi chú"),
)
TITLES_EN = (
    *("No.", "Symbol", "Kind", "Issued on", "Issuer", "Subject", "Signer"),
    *("Authority", "Urgency", "File", "Annexes", "Note"),
)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A paper with what a clerk writes of it; ``text`` in place of ``paper`` is a plain text."""

    file: str
    symbol: str
    kind: str
    kind_en: str
    issued_on: str
    issuer: str
    subject: str
    signer: str
    authority: str = ""
    urgency: str = ""
    urgency_en: str = ""
    annexes: str = ""
    note: str = ""
    paper: Paper | None = None
    text: str = ""


def _paper(
    number: str, issuer: str, day: str, kind: str, subject: str, post: str, signer: str, *words: str
) -> Paper:
    return replace(
        CHI_THI,
        title=number,
        issuer=issuer,
        number=f"Số: {number}",
        place_and_date=f"Trường Giang, {day}",
        kind=kind,
        subject=subject,
        paragraphs=words,
        signer_post=(post,),
        signer=signer,
        recipients=("- Sở Tài chính;", "- Lưu: VT."),
    )


_COMMITTEE = "ỦY BAN NHÂN DÂN\nTỈNH TRƯỜNG GIANG"

LETTERS = (
    Letter(
        file="Quyết định giao dự toán.docx",
        symbol="125/QĐ-UBND",
        kind="Quyết định",
        kind_en="Decision",
        issued_on="2025-12-08",
        issuer="Ủy ban nhân dân tỉnh Trường Giang",
        subject="Về việc giao dự toán thu, chi ngân sách năm 2026",
        signer="Trịnh Quang Khải",
        authority="TM.",
        annexes="phụ lục/Biểu 01.txt; phụ lục/Biểu 02.txt",
        paper=_paper(
            "125/QĐ-UBND",
            _COMMITTEE,
            "ngày 08 tháng 12 năm 2025",
            "QUYẾT ĐỊNH",
            "Về việc giao dự toán thu, chi ngân sách năm 2026",
            "TM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH",
            "Trịnh Quang Khải",
            "Căn cứ Nghị quyết số 18/NQ-HĐND ngày 05 tháng 12 năm 2025 của Hội đồng nhân dân tỉnh;",
            "Điều 1. Giao dự toán thu, chi ngân sách năm 2026 cho các sở, ban, ngành theo Biểu 01 và Biểu 02 kèm theo.",
            "Điều 2. Sở Tài chính hướng dẫn phân bổ, kiểm tra và tổng hợp báo cáo trước ngày 31 tháng 12 năm 2025.",
        ),
    ),
    Letter(
        file="Kế hoạch đường truyền.pdf",
        symbol="07/KH-STTTT",
        kind="Kế hoạch",
        kind_en="Plan",
        issued_on="2025-12-15",
        issuer="Sở Thông tin và Truyền thông",
        subject="Nâng cấp đường truyền cho các điểm cầu cấp xã",
        signer="Lương Gia Bảo",
        note="Đề nghị bố trí kinh phí.",
        paper=_paper(
            "07/KH-STTTT",
            "SỞ THÔNG TIN VÀ\nTRUYỀN THÔNG",
            "ngày 15 tháng 12 năm 2025",
            "KẾ HOẠCH",
            "Nâng cấp đường truyền cho các điểm cầu cấp xã",
            "GIÁM ĐỐC",
            "Lương Gia Bảo",
            "Thực hiện Quyết định số 125/QĐ-UBND ngày 08 tháng 12 năm 2025 của Ủy ban nhân dân tỉnh, Sở Thông tin và "
            "Truyền thông nâng cấp đường truyền của 9 điểm cầu trong quý I năm 2026.",
        ),
    ),
    Letter(
        file="Công văn 312.txt",
        symbol="312/UBND-TH",
        kind="Công văn",
        kind_en="Official letter",
        issued_on="2025-12-18",
        issuer="Ủy ban nhân dân tỉnh Trường Giang",
        subject="Về việc quyết toán kinh phí năm 2025",
        signer="Bùi Đức Thịnh",
        authority="KT.",
        urgency="Khẩn",
        urgency_en="urgent",
        text="Số: 312/UBND-TH\nVề việc quyết toán kinh phí năm 2025\n\nKính gửi: Sở Tài chính\n\n"
        "Ủy ban nhân dân tỉnh yêu cầu Sở Tài chính hoàn thành quyết toán trước ngày 31 tháng 01 năm 2026.\n",
    ),
    Letter(
        file="Hướng dẫn đầu tư công.docx",
        symbol="02/HD-SKHĐT",
        kind="Hướng dẫn",
        kind_en="Guideline",
        issued_on="2025-12-19",
        issuer="Sở Kế hoạch và Đầu tư",
        subject="Về lập hồ sơ vốn đầu tư công năm 2026",
        signer="Vũ Hải Yến",
        paper=_paper(
            "02/HD-SKHĐT",
            "SỞ KẾ HOẠCH VÀ\nĐẦU TƯ",
            "ngày 19 tháng 12 năm 2025",
            "HƯỚNG DẪN",
            "Về lập hồ sơ vốn đầu tư công năm 2026",
            "GIÁM ĐỐC",
            "Vũ Hải Yến",
            "Theo Quyết định số 125/QĐ-UBND ngày 08 tháng 12 năm 2025, các chủ đầu tư lập hồ sơ theo mẫu kèm theo Công "
            "văn số 312/UBND-TH ngày 18 tháng 12 năm 2025.",
        ),
    ),
    Letter(
        file="Giấy mời họp.txt",
        symbol="15/GM-UBND",
        kind="Giấy mời",
        kind_en="Invitation",
        issued_on="2025-12-22",
        issuer="Ủy ban nhân dân tỉnh Trường Giang",
        subject="Họp thẩm định phân bổ ngân sách",
        signer="Hoàng Thị Thu Thủy",
        authority="KT.",
        text="GIẤY MỜI\nHọp thẩm định phân bổ ngân sách\n\nThời gian: 08 giờ 00, ngày 26 tháng 12 năm 2025.\n"
        "Thành phần: Giám đốc Sở Tài chính.\n",
    ),
)

ANNEXES = {
    "phụ lục/Biểu 01.txt": "Biểu 01. Dự toán thu ngân sách năm 2026\nThuế: 1.250 tỷ đồng\nPhí, lệ phí: 85 tỷ đồng\n",
    "phụ lục/Biểu 02.txt": "Biểu 02. Dự toán chi ngân sách năm 2026\nChi đầu tư: 430 tỷ đồng\nChi thường xuyên: 905 tỷ đồng\n",
}
