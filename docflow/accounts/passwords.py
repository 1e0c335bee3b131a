"""Passwords: Argon2id in a small pool of threads of its own, so that a rush of sign-ins cannot starve the rest.

A password is taken in NFC (RFC 8265 §4.2.2): keyboards differ in how they write a Vietnamese letter.
"""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 200


@cache
def _hasher() -> PasswordHasher:
    """OWASP's second profile: 19 MiB, two passes; about 20 ms."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, "passwords")


@cache
def _nobody() -> str:
    """A hash to check against when there is no such person, so that the answer takes as long."""
    return _hasher().hash("nobody knows this one")


async def hash_password(password: str) -> str:
    """The encoded hash, salt and parameters included."""
    return await asyncio.get_running_loop().run_in_executor(_pool(), _hasher().hash, _canonical(password))


async def password_matches(password: str, encoded: str | None) -> bool:
    """Whether ``password`` belongs to ``encoded``; takes its time for None too."""

    def verify() -> bool:
        try:
            return _hasher().verify(encoded or _nobody(), _canonical(password)) and encoded is not None
        except (VerificationError, InvalidHashError):
            return False

    return await asyncio.get_running_loop().run_in_executor(_pool(), verify)


def _canonical(password: str) -> str:
    return unicodedata.normalize("NFC", password)
