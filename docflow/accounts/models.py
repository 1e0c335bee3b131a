"""Units, people, roles held, principals, sessions, tokens and the sign-in throttle."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from docflow.access.actor import Secrecy
from docflow.access.roles import Role
from docflow.core.db import Base, Key, Moment, No, Word, one_of
from docflow.core.messages import Language


class UnitKind(Base):
    """Kinds of unit are data: a province adds its own."""

    __tablename__ = "unit_kind"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]


class Unit(Base):
    """An organisation or a part of one, valid for a time; an ended unit may name its successor.

    ``lineage`` are the numbers of all units above it and its own, the root first: "below" is one array test.
    """

    __tablename__ = "unit"

    id: Mapped[Key]
    no: Mapped[No]
    code: Mapped[str] = mapped_column(unique=True)
    symbol: Mapped[str]
    name_vi: Mapped[str]
    name_en: Mapped[str]
    kind_code: Mapped[str] = mapped_column(ForeignKey("unit_kind.code"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"), index=True)
    lineage: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))
    email: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """The first day on which it is no more."""
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"), index=True)
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        CheckConstraint("valid_to > valid_from", name="validity"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("successor_id <> id", name="not_its_own_successor"),
    )


class Person(Base):
    """Somebody who signs in. ``frozen_at`` stops every sign-in and token at once."""

    __tablename__ = "person"

    id: Mapped[Key]
    username: Mapped[str]
    full_name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))
    """``core.text.person_sort_key``; its bytes are the order, whatever the locale of the server."""
    post: Mapped[str]
    email: Mapped[str]
    language: Mapped[Language] = mapped_column(Word(Language))
    clearance: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    password_hash: Mapped[str]
    frozen_at: Mapped[Moment | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("language", Language),
        CheckConstraint(f"clearance BETWEEN {min(Secrecy)} AND {max(Secrecy)}", name="clearance"),
        Index("uq_person_username", text("lower(username)"), unique=True),
        Index("ix_person_sort_key", "sort_key", "id"),
    )


class RoleHeld(Base):
    """A role that a person holds in a unit for a time."""

    __tablename__ = "role_held"

    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    role: Mapped[Role] = mapped_column(Word(Role))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """The first day on which it is no longer held."""

    __table_args__ = (
        one_of("role", Role),
        UniqueConstraint("person_id", "unit_id", "role", "valid_from"),
        CheckConstraint("valid_to >= valid_from", name="validity"),
    )


class Absence(Base):
    """A person is away for some days, and another acts for them: with their roles, and with what was given to them."""

    __tablename__ = "absence"

    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    substitute_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day on which the person is back."""
    reason: Mapped[str]
    set_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[Moment]
    cancelled_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="period"),
        CheckConstraint("substitute_id <> person_id", name="not_their_own_substitute"),
        # A person has no number to make a range of: a hash of 64 bits stands for the key.
        ExcludeConstraint(
            (
                text("int8range(uuid_hash_extended(person_id, 0), uuid_hash_extended(person_id, 0), '[]')"),
                "&&",
            ),
            (text("daterange(starts_on, ends_on)"), "&&"),
            name="ex_absence_person_twice",
            using="gist",
            where=text("cancelled_at IS NULL"),
        ),
    )


class PrincipalKind(StrEnum):
    """What can be named as a reader."""

    PERSON = "person"
    UNIT = "unit"


class Principal(Base):
    """A number in ``document.readers``: a person, or whoever belongs to a unit."""

    __tablename__ = "principal"

    no: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    kind: Mapped[PrincipalKind] = mapped_column(Word(PrincipalKind))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), unique=True)
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"), unique=True)

    __table_args__ = (
        one_of("kind", PrincipalKind),
        CheckConstraint(
            "(kind = 'person' AND person_id IS NOT NULL AND unit_id IS NULL)"
            " OR (kind = 'unit' AND unit_id IS NOT NULL AND person_id IS NULL)",
            name="one_subject",
        ),
    )


class UserSession(Base):
    """A sign-in. Only the digest of its cookie is kept."""

    __tablename__ = "user_session"

    id: Mapped[Key]
    digest: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    started_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    address: Mapped[str]
    user_agent: Mapped[str]


class ApiToken(Base):
    """A key for a program, narrowed to scopes, with an end. Only its digest is kept."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    issued_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
    used_at: Mapped[Moment | None]


class SignInThrottle(Base):
    """Failed sign-ins for a user name or from an address; the wait doubles with each, and they fade with time."""

    __tablename__ = "sign_in_throttle"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[Moment]
    blocked_until: Mapped[Moment]
