"""The mails and the pages about copies of issued documents: golden files that anybody can read."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from docflow.core.messages import Language
from docflow.issuing.api.links import _page
from docflow.notifications.rendering import MailTemplates

GOLDEN = Path(__file__).parent / "golden"
FACTS: dict[str, Any] = {
    "recipient_name": "Bộ Nội vụ",
    "sender_name": "Sở Nội vụ",
    "role": "act",
    "symbol": "45/BC-SNV",
    "kind": "Báo cáo",
    "issuer": "Sở Nội vụ",
    "issued_on": date(2026, 11, 23),
    "subject": "Kết quả rà soát <Chỉ số> cải cách hành chính",
    "due": date(2026, 12, 3),
    "link": "https://dieuhanh.tinh.example/d/Zb81kWmQ2xYt",
    "expires_at": datetime(2026, 12, 23, 1, 30, tzinfo=UTC),
    "later_symbol": "51/TB-SNV",
    "later_on": date(2026, 12, 1),
}
SAID: dict[str, Any] = {
    **{name: FACTS[name] for name in ("symbol", "kind", "issuer", "issued_on", "subject")},
    "path": "/d/Zb81kWmQ2xYt",
    "recipient": "Bộ Nội vụ",
    "acknowledged_at": None,
    "recalled_symbol": None,
    "recalled_on": None,
    "confirmed_at": None,
}
AT = datetime(2026, 12, 1, 2, tzinfo=UTC)
PAGES: dict[str, dict[str, Any]] = {
    "page": SAID,
    "page-received": {**SAID, "acknowledged_at": AT},
    "page-recalled": {**SAID, "recalled_symbol": "51/TB-SNV", "recalled_on": date(2026, 12, 1)},
    "page-confirmed": {
        **SAID,
        "recalled_symbol": "51/TB-SNV",
        "recalled_on": date(2026, 12, 1),
        "confirmed_at": AT,
    },
}


def check(name: str, content: str) -> None:
    """``GOLDEN=write`` in the environment writes it."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.write_text(content, "utf-8")
    assert path.read_text("utf-8") == content


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", ["given", "copy", "link", "recall", "reminder"])
def test_each_mail_says_what_its_golden_file_says(name: str, language: str) -> None:
    words = MailTemplates({"issuing": "docflow.issuing"}).render(f"issuing/{name}", language, **FACTS)
    line = "=" * 78
    check(f"dispatch-{name}.{language}.txt", f"{words.subject}\n{line}\n{words.text}{line}\n{words.html}")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", [*PAGES, "page-ended"])
def test_each_page_is_its_golden_file(name: str, language: Language) -> None:
    if name in PAGES:
        page = _page("document.html", 200, language, said=PAGES[name])
    else:
        page = _page("ended.html", 404, language)
    check(f"{name}.{language.value}.html", page.content.partition("</style>")[2])
