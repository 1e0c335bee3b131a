"""People of the sample province at their desks: a signed-in HTTP client each."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from docflow.demo.telling import NotAsExpected

PATIENCE_SECONDS = 20.0


class Desk:
    """Somebody signed in. Every call says which answer is expected."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        headers = {"Accept-Language": "en"}
        self.http = httpx.Client(base_url=base_url, timeout=PATIENCE_SECONDS, headers=headers)
        answer = self.http.post("/api/v1/session", json={"username": username, "password": password})
        self.me = _body(answer, 201)["me"]

    @property
    def name(self) -> str:
        """The person's name."""
        return str(self.me["name"])

    def get(self, path: str, expected: int = 200, **query: Any) -> Any:
        """GET under /api/v1; the body."""
        return _body(self.http.get(f"/api/v1{path}", params=query), expected)

    def post(self, path: str, body: Any = None, expected: int = 201, *, of: Any = None) -> Any:
        """POST JSON under /api/v1; ``of`` is the resource, read before, that the change is based on."""
        return _body(self.http.post(f"/api/v1{path}", json=body, headers=_based_on(of)), expected)

    def put(self, path: str, body: Any = None, expected: int = 200) -> Any:
        """PUT JSON under /api/v1."""
        return _body(self.http.put(f"/api/v1{path}", json=body), expected)

    def patch(self, path: str, body: Any, of: Any, expected: int = 200) -> Any:
        """PATCH JSON under /api/v1."""
        return _body(self.http.patch(f"/api/v1{path}", json=body, headers=_based_on(of)), expected)

    def delete(self, path: str, of: Any, expected: int = 200) -> Any:
        """DELETE under /api/v1."""
        return _body(self.http.delete(f"/api/v1{path}", headers=_based_on(of)), expected)

    def upload(self, path: str, file: Path, fields: dict[str, str], expected: int = 201) -> Any:
        """POST a form with a file under /api/v1."""
        with file.open("rb") as content:
            return _body(
                self.http.post(f"/api/v1{path}", data=fields, files={"file": (file.name, content)}), expected
            )

    def close(self) -> None:
        self.http.close()


class Desks:
    """Opens each desk once."""

    def __init__(self, base_url: str, password: str) -> None:
        self.base_url = base_url
        self._password = password
        self._open: dict[str, Desk] = {}

    def __call__(self, username: str) -> Desk:
        if username not in self._open:
            self._open[username] = Desk(self.base_url, username, self._password)
        return self._open[username]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for desk in self._open.values():
            desk.close()


def _based_on(resource: Any) -> dict[str, str]:
    return {} if resource is None else {"If-Match": f'"{resource["version"]}"'}


def _body(answer: httpx.Response, expected: int) -> Any:
    if answer.status_code != expected:
        place = f"{answer.request.method} {answer.request.url.path}"
        raise NotAsExpected(f"{place} answered {answer.status_code}, not {expected}: {answer.text[:600]}")
    return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else None
