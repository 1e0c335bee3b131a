"""Letters as an office would write them."""

from datetime import date

from docflow.core.messages import Language
from docflow.issuing.letters.facts import Annex, LetterFacts, Recipient, Signer
from docflow.issuing.models.words import RecipientRole

KNOW, ACT, FILE = RecipientRole.KNOW, RecipientRole.ACT, RecipientRole.FILE
PEOPLES_COMMITTEE = "Ủy ban nhân dân tỉnh Trường Giang"
REPORT = LetterFacts(
    kind_code="report",
    kind_name="Báo cáo",
    issuer="Sở Nội vụ",
    parent=PEOPLES_COMMITTEE,
    after_number="/BC-SNV",
    number="45",
    place="Trường Giang",
    issued_on=date(2026, 2, 5),
    subject="Kết quả cải cách hành chính quý I năm 2026 và nhiệm vụ trọng tâm quý II",
    addressees=(PEOPLES_COMMITTEE,),
    text="""Thực hiện Kế hoạch số 12/KH-UBND ngày 15 tháng 01 năm 2026 của Ủy ban nhân dân tỉnh, Sở Nội vụ báo cáo kết quả như sau:
# I. KẾT QUẢ THỰC HIỆN
1. Công tác chỉ đạo, điều hành
a) Đã ban hành **24 văn bản** chỉ đạo, trong đó có 03 kế hoạch, 05 báo cáo và 16 công văn đôn đốc các cơ quan, đơn vị.
b) Tổ chức 02 hội nghị trực tuyến với 118 điểm cầu.
2. Cải cách thủ tục hành chính: tỷ lệ hồ sơ giải quyết đúng hạn đạt 98,7%, tăng 1,2 điểm phần trăm so với cùng kỳ.
# II. NHIỆM VỤ TRỌNG TÂM
- Rà soát, đơn giản hóa thủ tục hành chính nội bộ.
- Kiểm tra công vụ tại các xã, phường.
Trên đây là báo cáo của Sở Nội vụ, kính trình Ủy ban nhân dân tỉnh xem xét, chỉ đạo./.""",
    signer=Signer(authority="KT. Giám đốc", post="Phó Giám đốc", name="Nguyễn Thị Diệu Nga"),
    recipients=(
        Recipient(PEOPLES_COMMITTEE, ACT),
        Recipient("Văn phòng Ủy ban nhân dân tỉnh"),
        Recipient("Giám đốc Sở (để báo cáo)"),
    ),
    kept_by="VT, CCHC",
)
LETTER = LetterFacts(
    kind_code="official_letter",
    kind_name="Công văn",
    issuer="Sở Tài chính",
    parent=PEOPLES_COMMITTEE,
    after_number="/STC-QLNS",
    place="Trường Giang",
    subject="tham gia ý kiến đối với dự thảo Nghị quyết quy định mức chi tổ chức các kỳ thi",
    addressees=("Sở Nội vụ", "Sở Khoa học và Công nghệ", "Ủy ban nhân dân các xã, phường"),
    text="""Sở Tài chính nhận được Công văn số 118/SNV-TCBC ngày 02 tháng 3 năm 2026 của Sở Nội vụ về việc lấy ý kiến đối với dự thảo Nghị quyết.
Sau khi nghiên cứu, Sở Tài chính thống nhất với nội dung dự thảo và có ý kiến như sau:
1. Về mức chi: đề nghị thuyết minh căn cứ xác định mức chi tại khoản 2 Điều 3.
2. Về nguồn kinh phí: đề nghị ghi rõ nguồn ngân sách địa phương theo phân cấp.
Đề nghị các cơ quan, đơn vị phối hợp./.""",
    signer=Signer(post="Giám đốc", name="Lê Thị Ngọc Nghĩa"),
    recipients=(Recipient("Sở Nội vụ", ACT), Recipient("Thường trực Tỉnh ủy (để báo cáo)")),
    kept_by="VT, QLNS",
)
DECISION = LetterFacts(
    kind_code="decision",
    kind_name="Quyết định",
    issuer=PEOPLES_COMMITTEE,
    after_number="/QĐ-UBND",
    number="05",
    place="Trường Giang",
    issued_on=date(2026, 10, 12),
    subject="Ban hành Quy chế tổ chức họp trực tuyến",
    text="""ỦY BAN NHÂN DÂN TỈNH TRƯỜNG GIANG
Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;
Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;
Theo đề nghị của Chánh Văn phòng Ủy ban nhân dân tỉnh.
QUYẾT ĐỊNH:
Điều 1. Ban hành kèm theo Quyết định này Quy chế tổ chức họp trực tuyến.
Điều 2. Quyết định này có hiệu lực kể từ ngày ký.
Điều 3. Chánh Văn phòng Ủy ban nhân dân tỉnh, Giám đốc các Sở và Chủ tịch Ủy ban nhân dân các xã, phường chịu trách nhiệm thi hành Quyết định này./.""",
    signer=Signer(authority="TM. Ủy ban nhân dân", post="Chủ tịch", name="Trần Quốc Khải"),
    recipients=(Recipient("Như Điều 3"), Recipient("Thường trực Hội đồng nhân dân tỉnh")),
    kept_by="VT, KSTT",
    annexes=(
        Annex(
            title="Quy chế tổ chức họp trực tuyến",
            text="CHƯƠNG I\nQUY ĐỊNH CHUNG\nĐiều 1. **Phạm vi điều chỉnh**\nQuy chế này quy định việc tổ chức họp trực tuyến trên địa bàn tỉnh.",
        ),
    ),
)
NOTICE = LetterFacts(
    kind_code="notice",
    kind_name="Thông báo",
    issuer="Văn phòng Ủy ban nhân dân tỉnh",
    parent=PEOPLES_COMMITTEE,
    after_number="/TB-VP",
    number="123",
    place="Trường Giang",
    issued_on=date(2026, 11, 9),
    subject="Kết luận của Chủ tịch Ủy ban nhân dân tỉnh tại phiên họp thường kỳ tháng 11",
    text="Ngày 06 tháng 11 năm 2026, Chủ tịch Ủy ban nhân dân tỉnh chủ trì phiên họp thường kỳ tháng 11. Sau khi nghe báo cáo và ý kiến thảo luận, Chủ tịch kết luận như sau:\n"
    + "\n".join(
        f"{place}. Giao Sở Tài chính chủ trì, phối hợp với các cơ quan liên quan rà soát nội dung thứ {place}, "
        "tổng hợp khó khăn, vướng mắc, đề xuất giải pháp cụ thể, báo cáo Ủy ban nhân dân tỉnh trước ngày 25 hằng tháng."
        for place in range(1, 19)
    )
    + "\nVăn phòng Ủy ban nhân dân tỉnh thông báo để các cơ quan, đơn vị biết, thực hiện./.",
    signer=Signer(authority="TL. Chủ tịch", post="Chánh Văn phòng", name="Ngô Thanh Tùng"),
    recipients=tuple(Recipient(f"Ủy ban nhân dân xã Số {place}") for place in range(1, 31)),
    kept_by="VT, TH",
)
SUBMISSION = LetterFacts(
    kind_code="submission",
    kind_name="Tờ trình",
    issuer="Sở Kế hoạch và Đầu tư",
    parent=PEOPLES_COMMITTEE,
    after_number="/TTr-SKHĐT",
    place="Trường Giang",
    subject="Đề nghị phê duyệt chủ trương đầu tư Dự án cải tạo, nâng cấp tuyến đường từ trung tâm phường Bến Thuyền đến xã Suối Bạc và các hạng mục phụ trợ, giai đoạn 2026 - 2030",
    addressees=("Chủ tịch Ủy ban nhân dân tỉnh",),
    text="Căn cứ Luật Đầu tư công;\nCăn cứ Nghị quyết số 15/NQ-HĐND ngày 10 tháng 12 năm 2025;\nSở Kế hoạch và Đầu tư kính trình Chủ tịch Ủy ban nhân dân tỉnh xem xét, phê duyệt chủ trương đầu tư Dự án với tổng mức đầu tư 48 tỷ đồng./.",
    signer=Signer(authority="Q. Giám đốc", name="Hồ Anh Dũng"),
    recipients=(Recipient("Chủ tịch Ủy ban nhân dân tỉnh", ACT),),
    kept_by="VT",
)
INVITATION = LetterFacts(
    kind_code="invitation",
    kind_name="Giấy mời",
    issuer="Sở Nội vụ",
    parent=PEOPLES_COMMITTEE,
    after_number="/GM-SNV",
    number="07",
    place="Trường Giang",
    issued_on=date(2026, 3, 20),
    subject="Dự hội nghị trực tuyến về cải cách hành chính",
    addressees=("Đại diện lãnh đạo các Sở", "Chủ tịch Ủy ban nhân dân các xã, phường"),
    text="Tới dự: Hội nghị trực tuyến về cải cách hành chính quý I năm 2026.\n**Chủ trì:** Giám đốc Sở Nội vụ.\n**Thời gian:** 08 giờ 00, ngày 27 tháng 3 năm 2026.\n**Địa điểm:** Phòng họp số 2, Sở Nội vụ và các điểm cầu.\nĐề nghị các đại biểu đến dự đúng thành phần, thời gian./.",
    signer=Signer(post="Giám đốc", name="Nguyễn Thị Minh Nguyệt"),
    recipients=(Recipient("Lãnh đạo Sở"),),
    kept_by="VT",
)
ENGLISH = LetterFacts(
    kind_code="official_letter",
    kind_name="Official letter",
    issuer="Department of Science and Technology",
    parent="People's Committee of Truong Giang Province",
    after_number="/SKHCN-HTQT",
    number="09",
    place="Truong Giang",
    issued_on=date(2026, 2, 3),
    subject="cooperation in digital archives",
    addressees=("The National Archives",),
    text="With reference to your letter of 12 January 2026, we are pleased to confirm our participation.\nYours sincerely./.",
    signer=Signer(authority="For the Director", post="Deputy Director", name="Phạm Văn Thịnh"),
    recipients=(),
    kept_by="Registry",
    language=Language.EN,
)
SAMPLES = {
    "report": REPORT,
    "official_letter": LETTER,
    "decision": DECISION,
    "notice": NOTICE,
    "submission": SUBMISSION,
    "invitation": INVITATION,
    "english": ENGLISH,
}
