"""What all structs that come in or go out share."""

from functools import cache
from typing import Any, ClassVar, cast

import msgspec
from msgspec import inspect

from docflow.core.text import TextNotAllowed, clean, clean_line

PROSE = frozenset({"body", "note", "content", "description", "reason", "recipients"})
"""Fields in which a line break means something."""
AS_GIVEN = frozenset({"password", "current_password", "new_password", "passphrase", "cursor", "q"})


class In(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A body that comes in: unknown fields are refused, every text is cleaned to NFC.

    ``example`` is shown in the documentation and converted in a test, so it cannot rot.
    """

    example: ClassVar[dict[str, Any]]

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, str) and name not in AS_GIVEN and type(value) is str:
                try:
                    cleaned = clean(value) if name in PROSE else clean_line(value)
                except TextNotAllowed as error:
                    raise ValueError(f"{name}: text_not_allowed") from error
                if not cleaned and name in _never_empty(type(self)):
                    raise ValueError(f"{name}: field_empty")
                setattr(self, name, cleaned)


@cache
def _never_empty(struct: type[In]) -> frozenset[str]:
    """The texts with a ``min_length``: msgspec saw them before they were cleaned, and blanks are no text."""
    fields = cast("inspect.StructType", inspect.type_info(struct)).fields
    return frozenset(field.name for field in fields if any(_least(kind) for kind in _kinds(field.type)))


def _kinds(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _least(kind: inspect.Type) -> int:
    plain = kind.type if isinstance(kind, inspect.Metadata) else kind
    return plain.min_length or 0 if isinstance(plain, inspect.StrType) else 0


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A body that goes out."""

    example: ClassVar[dict[str, Any]]
