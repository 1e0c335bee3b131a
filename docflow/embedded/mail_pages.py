"""The pages of the mail catcher, for a person and as JSON. Reads the folder, changes nothing.

A mail may hold anything, so its text is escaped, its HTML is shown in a frame without scripts, forms,
links out or pictures from elsewhere, and only this machine's own names for itself are answered.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from docflow.embedded.mail import mail_files
from docflow.embedded.places import LOOPBACK

PAGE_OF_LIST = 200

STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;vertical-align:top}
tr+tr{border-top:1px solid #ccc}pre{background:#f4f4f4;padding:1rem;overflow:auto;white-space:pre-wrap}
iframe{width:100%;height:30rem;border:1px solid #ccc}"""

PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
FRAME_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

Answer = tuple[HTTPStatus, str, bytes, str]
"""Status, content type, body, content security policy."""


def summary(path: Path) -> dict[str, object]:
    """One mail in a list: number, arrival (UTC), envelope, subject, size in bytes."""
    with path.open("rb") as file:
        head = BytesHeaderParser(EmailMessage, policy=policy.default).parse(file)
    facts = path.stat()
    return {
        "number": int(path.stem),
        "received_at": datetime.fromtimestamp(facts.st_mtime, UTC).isoformat(timespec="seconds"),
        "from": str(head.get("From", "")),
        "to": _recipients(head),
        "subject": str(head.get("Subject", "")),
        "bytes": facts.st_size,
    }


def details(path: Path) -> dict[str, object]:
    """One mail whole: what the summary says, every header, the text, HTML and calendar parts, attachments."""
    mail = _parsed(path)
    return summary(path) | {
        "headers": [[name, str(value)] for name, value in mail.items()],
        "text": _part(mail, "text/plain"),
        "html": _part(mail, "text/html"),
        "calendar": _part(mail, "text/calendar"),
        "attachments": [
            {"name": part.get_filename() or "", "type": part.get_content_type()}
            for part in mail.iter_attachments()
        ],
    }


def _parsed(path: Path) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(path.read_bytes())


def _recipients(head: EmailMessage) -> list[str]:
    return [str(value) for value in head.get_all("X-Envelope-To", [])]


def _part(mail: EmailMessage, kind: str) -> str | None:
    """The text of the first part of a kind; None when there is none or it cannot be decoded."""
    for part in mail.walk():
        if part.get_content_type() == kind and not part.is_multipart():
            try:
                return str(part.get_content())
            except (LookupError, ValueError):
                return None
    return None


def list_page(folder: Path, before: int | None) -> str:
    """The newest mails first, so many a page; ``before`` is the number the page starts below."""
    paths = [path for path in reversed(mail_files(folder)) if before is None or int(path.stem) < before]
    rows = ["<tr><th>Time (UTC)<th>To<th>Subject"]
    for mail in map(summary, paths[:PAGE_OF_LIST]):
        cells = [mail["received_at"], ", ".join(mail["to"] if isinstance(mail["to"], list) else [])]
        link = f'<a href="/{mail["number"]}">{escape(str(mail["subject"]) or "(no subject)")}</a>'
        rows.append("<tr>" + "".join(f"<td>{escape(str(cell))}" for cell in cells) + f"<td>{link}")
    older = ""
    if len(paths) > PAGE_OF_LIST:
        older = f'<p><a href="/?before={int(paths[PAGE_OF_LIST - 1].stem)}">Older</a>'
    empty = "" if paths else "<p>No mail yet."
    return _page("Captured mail", f"<table>{''.join(rows)}</table>{empty}{older}")


def mail_page(path: Path) -> str:
    """One mail: headers, text, HTML in its frame, calendar."""
    mail, number = details(path), int(path.stem)
    rows = "".join(
        f"<tr><th>{escape(name)}<td>{escape(value)}"
        for name, value in ((str(n), str(v)) for n, v in _pairs(mail))
    )
    parts = [f'<p><a href="/">All mail</a> · <a href="/{number}.eml">Download</a></p><table>{rows}</table>']
    for title, key in (("Text", "text"), ("Calendar", "calendar")):
        if mail[key] is not None:
            parts.append(f"<h2>{title}</h2><pre>{escape(str(mail[key]))}</pre>")
    if mail["html"] is not None:
        parts.append(f'<h2>HTML</h2><iframe sandbox title="The mail as HTML" src="/{number}.html"></iframe>')
    return _page(str(mail["subject"]) or "(no subject)", "".join(parts))


def _pairs(mail: dict[str, object]) -> list[list[str]]:
    headers = mail["headers"]
    return headers if isinstance(headers, list) else []


def _page(title: str, body: str) -> str:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><link rel="stylesheet" href="/style.css">'
    return f'<!doctype html><html lang="en"><head>{head}</head><body><h1>{escape(title)}</h1>{body}</body></html>'


def answer(folder: Path, target: str) -> Answer:
    """What a path of this site holds: ``/``, ``/7``, ``/7.html``, ``/7.eml``, ``/messages``, ``/messages/7``."""
    url = urlsplit(target)
    if url.path == "/":
        before = parse_qs(url.query).get("before", [""])[0]
        return _html(list_page(folder, int(before) if before.isdecimal() else None))
    if url.path == "/style.css":
        return HTTPStatus.OK, "text/css; charset=utf-8", STYLE.encode(), PAGE_POLICY
    if url.path == "/messages":
        return _json([summary(path) for path in reversed(mail_files(folder))])
    found = re.fullmatch(r"/(messages/)?([0-9]{1,9})(\.eml|\.html)?", url.path)
    path = folder / f"{int(found[2]):06}.eml" if found else None
    if found is None or path is None or not path.is_file():
        return HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"no such mail\n", PAGE_POLICY
    shown: dict[tuple[str | None, str | None], Callable[[Path], Answer]] = {
        ("messages/", None): lambda path: _json(details(path)),
        (None, ".eml"): lambda path: (HTTPStatus.OK, "message/rfc822", path.read_bytes(), PAGE_POLICY),
        (None, ".html"): lambda path: _html(_part(_parsed(path), "text/html") or "", FRAME_POLICY),
        (None, None): lambda path: _html(mail_page(path)),
    }
    show = shown.get((found[1], found[3]))
    return (
        show(path)
        if show
        else (HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"no such page\n", PAGE_POLICY)
    )


def _html(page: str, rules: str = PAGE_POLICY) -> Answer:
    return HTTPStatus.OK, "text/html; charset=utf-8", page.encode("utf-8", "replace"), rules


def _json(facts: object) -> Answer:
    return HTTPStatus.OK, "application/json", json.dumps(facts, ensure_ascii=True).encode(), PAGE_POLICY


def create_pages(folder: Path, port: int) -> ThreadingHTTPServer:
    """The server, listening; the caller lets it serve."""

    class Pages(BaseHTTPRequestHandler):
        server_version = "docflow"
        sys_version = ""

        def do_GET(self) -> None:
            # A page elsewhere may give its own name our address: only our names are answered.
            if self.headers.get("Host", "").partition(":")[0] not in {LOOPBACK, "localhost"}:
                self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
                return
            status, kind, body, rules = answer(folder, self.path)
            self.send_response(status)
            headers = {
                "Content-Type": kind,
                "Content-Length": str(len(body)),
                "Content-Security-Policy": rules,
            }
            headers |= {
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
            }
            if kind == "message/rfc822":
                headers["Content-Disposition"] = f'attachment; filename="{Path(self.path).name}"'
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Requests for pages are not worth a line."""

    return ThreadingHTTPServer((LOOPBACK, port), Pages)
