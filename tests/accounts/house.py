"""The sample province as its administrator changes it over HTTP."""

from dataclasses import dataclass
from typing import Any

import httpx

API = "/api/v1"
PASSWORD = "mot cau rat dai cua toi"


@dataclass(frozen=True)
class House:
    """``units`` are keys by code, ``people`` by user name."""

    admin: httpx.AsyncClient
    units: dict[str, str]
    people: dict[str, str]

    def unit_body(self, code: str, parent: str, **given: Any) -> dict[str, Any]:
        return {
            "code": code,
            "symbol": "PTH",
            "name_vi": f"Phòng {code}",
            "name_en": f"Division {code}",
            "kind": "department",
            "parent_id": self.units[parent],
            "valid_from": "2026-01-01",
            **given,
        }

    async def add_unit(self, code: str, parent: str, **given: Any) -> dict[str, Any]:
        body = self.unit_body(code, parent, **given)
        unit: dict[str, Any] = told(await self.admin.post(f"{API}/units", json=body), 201)
        self.units[code] = unit["id"]
        return unit

    async def add_person(self, username: str, full_name: str, **given: Any) -> dict[str, Any]:
        body = {
            "username": username,
            "full_name": full_name,
            "post": "Chuyên viên",
            "email": f"{username}@truonggiang.example",
            "password": PASSWORD,
        }
        person: dict[str, Any] = told(await self.admin.post(f"{API}/people", json={**body, **given}), 201)
        self.people[username] = person["id"]
        return person

    async def give_role(self, username: str, role: str, unit: str, **given: Any) -> dict[str, Any]:
        """The person, with the new role."""
        body = {"role": role, "unit_id": self.units[unit], **given}
        person: dict[str, Any] = told(
            await self.admin.post(f"{API}/people/{self.people[username]}/roles", json=body), 201
        )
        return person

    async def freeze(self, username: str, frozen: bool = True) -> httpx.Response:
        return await self.patch("people", self.people[username], {"frozen": frozen})

    async def end_unit(self, code: str, valid_to: str, successor: str | None = None) -> httpx.Response:
        body = {"valid_to": valid_to, "successor_id": successor and self.units[successor]}
        return await change(self.admin, "POST", f"/units/{self.units[code]}", body, "/ending")

    async def patch(self, kind: str, key: str, body: dict[str, Any]) -> httpx.Response:
        return await change(self.admin, "PATCH", f"/{kind}/{key}", body)


async def change(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any], verb: str = ""
) -> httpx.Response:
    """Read a thing, then change the version that was read."""
    read = await client.get(f"{API}{path}")
    assert read.status_code == 200, read.text
    headers = {"if-match": read.headers["etag"]}
    return await client.request(method, f"{API}{path}{verb}", json=body, headers=headers)


def told(answer: httpx.Response, status: int = 200) -> Any:
    """The body of an answer of this status."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of a refusal of this status: ``code`` is its own, its reason's or that of a wrong field."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = told(answer, status)
    codes = {problem["code"], problem.get("facts", {}).get("reason")}
    codes |= {field["code"] for field in problem.get("errors", ())}
    assert code in codes, problem
    return problem
