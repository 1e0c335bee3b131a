"""Field types that the schemas share, and the ids of their examples."""

from typing import Annotated

from msgspec import Meta

ID = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"
UNIT = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"
PERSON = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c01"

Subject = Annotated[str, Meta(min_length=1, max_length=500, description="Trích yếu, at most 500 characters.")]
Line = Annotated[str, Meta(max_length=300)]
Name = Annotated[str, Meta(min_length=1, max_length=300)]
Prose = Annotated[str, Meta(max_length=5000)]
Count = Annotated[int, Meta(ge=1, le=100_000)]
Number = Annotated[int, Meta(ge=1, le=9_999_999, description="A number of a register.")]
Language = Annotated[str, Meta(pattern="^[a-z]{2}$", description="ISO 639-1.")]
