"""What comes in and goes out about accounts."""

import re
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import Meta

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts.absence_schemas import StandingInOut
from docflow.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from docflow.core.messages import Language
from docflow.web.schemas import In, Out

_PERSON = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c01"
_UNIT = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"
_ROOT = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c00"
_ROLE = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c20"
_TOKEN = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c30"  # noqa: S105  (an identifier, not a secret)

Name = Annotated[str, Meta(max_length=300)]
Post = Annotated[
    str, Meta(max_length=300, description="What the person is, as printed: “Văn thư Sở Nội vụ”.")
]
Email = Annotated[str, Meta(max_length=254, description="A plain ASCII address.")]
KindCode = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,60}$")]
UnitCode = Annotated[
    str,
    Meta(pattern="^[A-Za-z0-9][A-Za-z0-9.-]{0,34}$", description="Agency code: `H13.20` or `000.00.20.H13`."),
]
Symbol = Annotated[str, Meta(max_length=30, description="What stands in numbers of documents: `SNV`.")]
Username = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9._-]{0,58}[a-z0-9]$")]
Password = Annotated[str, Meta(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]
Clearance = Literal["none", "secret", "top_secret", "utmost_secret"]

_SYMBOL = re.compile(r"[^\W_](?:[^\W_]|[.&-])*")
# RFC 5321 §4.1.2 without quoted strings and address literals: what the outbox is able to write to.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


class Entry(In, kw_only=True):
    """A body about a unit or a person: what is there is never blank, a symbol and an address have their shape."""

    may_be_empty: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        super().__post_init__()
        shapes = {"symbol": _SYMBOL, "email": _EMAIL}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value == "" and name not in self.may_be_empty:
                raise ValueError(f"{name}: text_blank")
            if value and name in shapes and shapes[name].fullmatch(value) is None:
                raise ValueError(f"{name}: {name}_not_valid")


class SignIn(In, kw_only=True):
    """A user name and a password."""

    username: str
    password: str

    example: ClassVar[dict[str, Any]] = {"username": "vanthu", "password": "a long sentence of mine"}


class RoleOut(Out, frozen=True, kw_only=True):
    """A role held in a unit."""

    role: Role
    unit_id: UUID

    example: ClassVar[dict[str, Any]] = {"role": "registry_clerk", "unit_id": _UNIT}


class Me(Out, frozen=True, kw_only=True):
    """Who is signed in, and what the roles let through the route gate, those lent by ``standing_in`` included."""

    id: UUID
    username: str
    name: str
    language: Language
    roles: list[RoleOut]
    standing_in: list[StandingInOut]
    actions: list[Action]

    example: ClassVar[dict[str, Any]] = {
        "id": _PERSON,
        "username": "vanthu",
        "name": "Trần Thị Bích Ngọc",
        "language": "vi",
        "roles": [RoleOut.example],
        "standing_in": [],
        "actions": ["document:read", "document:register"],
    }


class SessionOut(Out, frozen=True, kw_only=True):
    """A started session; its secret is in the cookie."""

    me: Me
    expires_at: datetime

    example: ClassVar[dict[str, Any]] = {"me": Me.example, "expires_at": "2026-11-23T20:00:00Z"}


class UnitKindIn(Entry, kw_only=True):
    """A kind of unit that the province adds."""

    code: KindCode
    name_vi: Name
    name_en: Name

    example: ClassVar[dict[str, Any]] = {"code": "department", "name_vi": "Sở", "name_en": "department"}


class UnitKindOut(Out, frozen=True, kw_only=True):
    """A kind of unit."""

    code: str
    name_vi: str
    name_en: str

    example: ClassVar[dict[str, Any]] = UnitKindIn.example


class AddUnit(Entry, kw_only=True):
    """A unit to be, below another. Its code is for ever."""

    code: UnitCode
    symbol: Symbol
    name_vi: Name
    name_en: Name
    kind: KindCode
    parent_id: UUID
    valid_from: date
    email: Email = ""

    may_be_empty: ClassVar[frozenset[str]] = frozenset({"email"})
    example: ClassVar[dict[str, Any]] = {
        "code": "H99.02.01",
        "symbol": "TCBC",
        "name_vi": "Phòng Tổ chức biên chế",
        "name_en": "Division of Organisation and Payroll",
        "kind": "division",
        "parent_id": _ROOT,
        "valid_from": "2026-01-01",
        "email": "tcbc@tinh.example",
    }


class AmendUnit(Entry, kw_only=True):
    """A change of a unit; fields that are left out stay. ``parent_id`` moves it with all below it."""

    symbol: Symbol | None = None
    name_vi: Name | None = None
    name_en: Name | None = None
    email: Email | None = None
    """Empty: it has none any more."""
    parent_id: UUID | None = None

    may_be_empty: ClassVar[frozenset[str]] = frozenset({"email"})
    example: ClassVar[dict[str, Any]] = {"name_vi": "Sở Nội vụ", "parent_id": _ROOT}


class EndUnit(In, kw_only=True):
    """The end of a unit: the first day on which it is no more, and which unit goes on with its work."""

    valid_to: date
    successor_id: UUID | None = None

    example: ClassVar[dict[str, Any]] = {"valid_to": "2027-01-01", "successor_id": _UNIT}


class UnitOut(Out, frozen=True, kw_only=True):
    """A unit and what you may do to it."""

    id: UUID
    code: str
    symbol: str
    name_vi: str
    name_en: str
    kind: str
    parent_id: UUID | None
    email: str | None
    valid_from: date
    valid_to: date | None
    successor_id: UUID | None
    actions: list[Action]
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": _UNIT,
        "code": "H99.02",
        "symbol": "SNV",
        "name_vi": "Sở Nội vụ",
        "name_en": "Department of Home Affairs",
        "kind": "department",
        "parent_id": _ROOT,
        "email": "snv@tinh.example",
        "valid_from": "2008-03-01",
        "valid_to": None,
        "successor_id": None,
        "actions": ["unit:read"],
        "version": 1,
    }


class AddPerson(Entry, kw_only=True):
    """Somebody who is to sign in. Roles are given afterwards."""

    username: Username
    full_name: Name
    post: Post
    email: Email
    password: Password
    language: Language = Language.VI
    clearance: Clearance = "none"

    may_be_empty: ClassVar[frozenset[str]] = frozenset({"post"})
    example: ClassVar[dict[str, Any]] = {
        "username": "ngocttb",
        "full_name": "Trần Thị Bích Ngọc",
        "post": "Văn thư Sở Nội vụ",
        "email": "ngocttb@tinh.example",
        "password": "a long sentence of mine",
        "language": "vi",
        "clearance": "none",
    }


class AmendPerson(Entry, kw_only=True):
    """A change of a person; fields that are left out stay. ``frozen`` ends every session and token at once."""

    full_name: Name | None = None
    post: Post | None = None
    email: Email | None = None
    language: Language | None = None
    clearance: Clearance | None = None
    frozen: bool | None = None

    may_be_empty: ClassVar[frozenset[str]] = frozenset({"post"})
    example: ClassVar[dict[str, Any]] = {"post": "Trưởng phòng", "frozen": False}


class GiveRole(In, kw_only=True):
    """A role to hold in a unit, from today and without an end unless said."""

    role: Role
    unit_id: UUID
    valid_from: date | None = None
    valid_to: date | None = None
    """The first day on which it is no longer held."""

    example: ClassVar[dict[str, Any]] = {"role": "registry_clerk", "unit_id": _UNIT, "valid_to": "2027-01-01"}


class NewPassword(In, kw_only=True):
    """A password that an administrator sets."""

    new_password: Password

    example: ClassVar[dict[str, Any]] = {"new_password": "another long sentence"}


class ChangePassword(In, kw_only=True):
    """One's own password, changed by whoever knows the present one."""

    current_password: str
    new_password: Password

    example: ClassVar[dict[str, Any]] = {
        "current_password": "a long sentence of mine",
        "new_password": "another long sentence",
    }


class RoleHeldOut(Out, frozen=True, kw_only=True):
    """A role held in a unit, now or from a day to come."""

    id: UUID
    role: Role
    unit_id: UUID
    unit_name: str
    valid_from: date
    valid_to: date | None

    example: ClassVar[dict[str, Any]] = {
        "id": _ROLE,
        "role": "registry_clerk",
        "unit_id": _UNIT,
        "unit_name": "Sở Nội vụ",
        "valid_from": "2026-01-01",
        "valid_to": None,
    }


class PersonOut(Out, frozen=True, kw_only=True):
    """A person. ``clearance`` and ``frozen`` are told to those who administer the person; else null."""

    id: UUID
    username: str
    full_name: str
    post: str
    email: str
    language: Language
    roles: list[RoleHeldOut]
    clearance: str | None
    frozen: bool | None
    actions: list[Action]
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": _PERSON,
        "username": "ngocttb",
        "full_name": "Trần Thị Bích Ngọc",
        "post": "Văn thư Sở Nội vụ",
        "email": "ngocttb@tinh.example",
        "language": "vi",
        "roles": [RoleHeldOut.example],
        "clearance": None,
        "frozen": None,
        "actions": ["person:read"],
        "version": 1,
    }


class IssueToken(Entry, kw_only=True):
    """A token for a program: what it is for, what it may do, until when (a year at most)."""

    name: Annotated[str, Meta(max_length=100)]
    scopes: Annotated[list[Action], Meta(min_length=1, max_length=100)]
    expires_at: Annotated[datetime, Meta(tz=True)]

    example: ClassVar[dict[str, Any]] = {
        "name": "Báo cáo hằng tuần",
        "scopes": ["document:read", "task:read"],
        "expires_at": "2027-01-01T00:00:00+07:00",
    }


class TokenOut(Out, frozen=True, kw_only=True):
    """A token without its secret."""

    id: UUID
    name: str
    scopes: list[str]
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None

    example: ClassVar[dict[str, Any]] = {
        "id": _TOKEN,
        "name": "Báo cáo hằng tuần",
        "scopes": ["document:read", "task:read"],
        "issued_at": "2026-11-23T01:30:00Z",
        "expires_at": "2026-12-31T17:00:00Z",
        "used_at": None,
    }


class IssuedToken(Out, frozen=True, kw_only=True):
    """A new token with its secret, which is shown this once and kept nowhere."""

    token: TokenOut
    secret: str

    example: ClassVar[dict[str, Any]] = {"token": TokenOut.example, "secret": "dfk_4q0mZ…"}


def me_of(actor: Actor) -> Me:
    """The actor as told to itself."""
    return Me(
        id=actor.person_id,
        username=actor.username,
        name=actor.name,
        language=actor.language,
        roles=[RoleOut(role=held.role, unit_id=held.unit_id) for held in actor.held],
        standing_in=[
            StandingInOut(person_id=away.person_id, name=away.name, until=away.until)
            for away in actor.standing_in
        ],
        actions=[action for action in Action if actor.may(action)],
    )
