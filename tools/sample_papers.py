"""The words of the sample papers: a directive in Vietnamese and English, and the report that answers it.

The province is invented; the four documents cited have the numbers that the demonstration searches for.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One document in the parts that Decree 30/2020/NĐ-CP, Appendix I, gives it.

    `above` is the body over the issuing one, if named. Paragraphs that begin with a digit and a full stop are headings of items.
    """

    title: str
    language: str
    state: str
    motto: str
    above: str
    issuer: str
    number: str
    place_and_date: str
    kind: str
    subject: str
    paragraphs: tuple[str, ...]
    signer_post: tuple[str, ...]
    signer: str
    recipients_head: str
    recipients: tuple[str, ...]


CHI_THI = Paper(
    title="Chỉ thị 08/CT-UBND",
    language="vi-VN",
    state="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    motto="Độc lập - Tự do - Hạnh phúc",
    above="",
    issuer="ỦY BAN NHÂN DÂN\nTỈNH TRƯỜNG GIANG",
    number="Số: 08/CT-UBND",
    place_and_date="Trường Giang, ngày 12 tháng 01 năm 2026",
    kind="CHỈ THỊ",
    subject="Về việc đẩy mạnh cải cách hành chính, rút ngắn thời gian xử lý văn bản và nâng chất lượng họp trực tuyến đến cấp xã",
    paragraphs=(
        "Qua một năm thực hiện, công tác cải cách hành chính của tỉnh đã có chuyển biến. Tuy nhiên, vẫn còn văn bản đến "
        "được chuyển qua nhiều bộ phận mà không rõ cơ quan chủ trì; hồ sơ trễ hạn chưa được xin lỗi đúng quy định; nhiều "
        "điểm cầu cấp xã bị gián đoạn hình ảnh, âm thanh khi họp trực tuyến.",
        "Thực hiện Nghị quyết số 39-NQ/TW ngày 17 tháng 4 năm 2015 của Bộ Chính trị, Quyết định số 711-QĐ/TU ngày 11 "
        "tháng 5 năm 2018 của Tỉnh ủy và Kế hoạch số 4651/KH-UBND ngày 02 tháng 10 năm 2018 của Ủy ban nhân dân tỉnh; "
        "xét đề nghị của Sở Nội vụ tại Báo cáo số 45/BC-SNV ngày 26 tháng 5 năm 2020, Chủ tịch Ủy ban nhân dân tỉnh yêu "
        "cầu:",
        "1. Sở Nội vụ",
        "a) Chủ trì rà soát từng tiêu chí của Chỉ số cải cách hành chính bị trừ điểm, nêu rõ nguyên nhân, cơ quan chịu "
        "trách nhiệm và thời hạn khắc phục; gửi báo cáo về Văn phòng Ủy ban nhân dân tỉnh trong 10 ngày làm việc.",
        "b) Tham mưu phương án sắp xếp các bộ phận tiếp nhận và trả kết quả, không để người dân phải đi lại quá một lần "
        "đối với một thủ tục.",
        "2. Sở Tài chính",
        "Cân đối kinh phí bảo đảm đường truyền, thiết bị đầu cuối cho các điểm cầu cấp xã; hướng dẫn thanh toán, quyết "
        "toán theo đúng chế độ hiện hành.",
        "3. Sở Khoa học và Công nghệ",
        "Rà soát quy trình nội bộ theo tiêu chuẩn TCVN ISO 9001, cắt giảm ít nhất 20% thời gian của những bước không tạo "
        "ra giá trị.",
        "4. Sở Thông tin và Truyền thông",
        "a) Hoàn thiện phần mềm quản lý văn bản: văn bản đến được đăng ký ngay trong ngày, bút phê của lãnh đạo ghi rõ "
        "một cơ quan chủ trì, các cơ quan phối hợp và thời hạn của từng cơ quan.",
        "b) Thử kỹ thuật tất cả các điểm cầu trước giờ khai mạc ít nhất 60 phút; cử người trực tại từng điểm cầu.",
        "5. Sở Kế hoạch và Đầu tư",
        "Đưa kết quả giải quyết thủ tục hành chính vào tiêu chí phân bổ vốn đầu tư công; công khai tiến độ xử lý kiến "
        "nghị của doanh nghiệp.",
        "6. Văn phòng Ủy ban nhân dân tỉnh",
        "Theo dõi, đôn đốc việc thực hiện Chỉ thị này; chuẩn bị hội nghị trực tuyến toàn tỉnh để đánh giá kết quả; hằng "
        "tháng tổng hợp số nhiệm vụ đúng hạn, quá hạn của từng cơ quan, báo cáo Chủ tịch Ủy ban nhân dân tỉnh.",
        "7. Ủy ban nhân dân các xã, phường",
        "Niêm yết công khai thủ tục; khi hồ sơ trễ hạn phải xin lỗi bằng văn bản, nêu lý do và hẹn lại ngày trả kết quả; "
        "bố trí phòng họp, cán bộ kỹ thuật cho điểm cầu.",
        "Yêu cầu thủ trưởng các cơ quan, đơn vị nghiêm túc thực hiện. Trong quá trình thực hiện, nếu có vướng mắc, kịp "
        "thời phản ánh về Sở Nội vụ để được hướng dẫn hoặc báo cáo Ủy ban nhân dân tỉnh xem xét, quyết định./.",
    ),
    signer_post=("CHỦ TỊCH",),
    signer="Trịnh Quang Khải",
    recipients_head="Nơi nhận:",
    recipients=(
        "- Thường trực Tỉnh ủy (để b/c);",
        "- Chủ tịch, các PCT UBND tỉnh;",
        "- Các sở, ban, ngành;",
        "- UBND các xã, phường;",
        "- Lưu: VT, NC.",
    ),
)

DIRECTIVE = Paper(
    title="Directive 08/CT-UBND",
    language="en-GB",
    state="SOCIALIST REPUBLIC OF VIET NAM",
    motto="Independence - Freedom - Happiness",
    above="",
    issuer="PEOPLE'S COMMITTEE OF\nTRUONG GIANG PROVINCE",
    number="No.: 08/CT-UBND",
    place_and_date="Truong Giang, 12 January 2026",
    kind="DIRECTIVE",
    subject="On speeding up administrative reform, handling documents in less time and holding better video meetings with communes",
    paragraphs=(
        "Over the past year administrative reform (cải cách hành chính) in the province has moved forward. Even so, "
        "incoming documents still pass through several offices before anybody is named to lead; people whose files are "
        "late do not always receive the apology that is due to them; and many commune sites lose picture or sound in "
        "the middle of a video meeting.",
        "Pursuant to Resolution No. 39-NQ/TW of 17 April 2015 of the Politburo, Decision No. 711-QĐ/TU of 11 May 2018 of "
        "the Provincial Party Committee and Plan No. 4651/KH-UBND of 2 October 2018 of the Provincial People's Committee, "
        "and having considered Report No. 45/BC-SNV of 26 May 2020 of the Department of Home Affairs, the Chairman of the "
        "Provincial People's Committee directs as follows:",
        "1. The Department of Home Affairs",
        "a) shall lead a review of every criterion of the administrative reform index on which points were lost, state "
        "the cause, the body responsible and the date by which it is put right, and report to the Office of the "
        "Provincial People's Committee within ten working days;",
        "b) shall propose how the reception desks are to be arranged so that nobody has to come more than once for one "
        "procedure.",
        "2. The Department of Finance",
        "shall provide for the lines and the equipment of the commune sites and advise on how they are paid for under "
        "the rules in force.",
        "3. The Department of Science and Technology",
        "shall examine internal procedures against TCVN ISO 9001 and remove at least 20% of the time spent on steps that "
        "add nothing.",
        "4. The Department of Information and Communications",
        "a) shall complete the document software: an incoming document is registered the day it arrives, and a leader's "
        "direction names one lead, the coordinating bodies and a deadline for each;",
        "b) shall test every site at least 60 minutes before a meeting opens and keep a technician at each of them.",
        "5. The Department of Planning and Investment",
        "shall count the results of administrative procedures among the criteria by which public investment is shared "
        "out, and publish how far the requests of enterprises have been answered.",
        "6. The Office of the Provincial People's Committee",
        "shall follow and urge the carrying out of this Directive, prepare a video meeting of the whole province on its "
        "results, and report every month to the Chairman how many tasks of each body were done in time and how many were "
        "late.",
        "7. The People's Committees of communes and wards",
        "shall post their procedures in public; apologise in writing for every late file, with the reason and a new "
        "date; and provide a room and a technician for their site.",
        "Heads of all bodies shall carry out this Directive in earnest. Difficulties are to be reported to the "
        "Department of Home Affairs for guidance, or to the Provincial People's Committee for decision./.",
    ),
    signer_post=("CHAIRMAN",),
    signer="Trịnh Quang Khải",
    recipients_head="To:",
    recipients=(
        "- Provincial Party Committee (to report);",
        "- Chairman and Vice-Chairmen;",
        "- Departments and sectors;",
        "- Communes and wards;",
        "- File: VT, NC.",
    ),
)

BAO_CAO = Paper(
    title="Báo cáo 01/BC-SNV",
    language="vi-VN",
    state="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    motto="Độc lập - Tự do - Hạnh phúc",
    above="UBND TỈNH TRƯỜNG GIANG",
    issuer="SỞ NỘI VỤ",
    number="Số: 01/BC-SNV",
    place_and_date="Trường Giang, ngày 26 tháng 01 năm 2026",
    kind="BÁO CÁO",
    subject="Kết quả rà soát các tiêu chí của Chỉ số cải cách hành chính bị trừ điểm",
    paragraphs=(
        "Thực hiện Chỉ thị số 08/CT-UBND ngày 12 tháng 01 năm 2026 của Chủ tịch Ủy ban nhân dân tỉnh, Sở Nội vụ báo cáo "
        "kết quả rà soát như sau:",
        "1. Kết quả rà soát",
        "Trong 43 tiêu chí thành phần, có 11 tiêu chí bị trừ điểm, gồm: 5 tiêu chí về giải quyết thủ tục đúng hạn, 3 tiêu "
        "chí về xử lý văn bản đến, 2 tiêu chí về họp trực tuyến và 1 tiêu chí về tinh giản biên chế theo Nghị quyết số "
        "39-NQ/TW.",
        "2. Nguyên nhân",
        "Văn bản đến chưa được giao rõ cơ quan chủ trì; thời hạn của cơ quan phối hợp không được theo dõi; điểm cầu cấp "
        "xã chưa được thử kỹ thuật đầy đủ.",
        "3. Giải pháp và thời hạn",
        "a) Từ ngày 02 tháng 02 năm 2026, mọi văn bản đến có bút phê đều ghi một cơ quan chủ trì và thời hạn cụ thể.",
        "b) Trước ngày 31 tháng 3 năm 2026, hoàn thành thử kỹ thuật tại tất cả các điểm cầu.",
        "Sở Nội vụ kính báo cáo Ủy ban nhân dân tỉnh xem xét, chỉ đạo./.",
    ),
    signer_post=("GIÁM ĐỐC",),
    signer="Đặng Thị Minh Nguyệt",
    recipients_head="Nơi nhận:",
    recipients=(
        "- UBND tỉnh (để b/c);",
        "- Văn phòng UBND tỉnh;",
        "- Giám đốc, các PGĐ Sở;",
        "- Lưu: VT, CCHC.",
    ),
)
