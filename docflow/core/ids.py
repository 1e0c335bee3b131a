"""Secrets and identifiers that are not made by the database."""

import hashlib
import secrets


def new_secret(prefix: str = "") -> str:
    """256 random bits for a cookie, a token or a link, URL-safe."""
    return prefix + secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """What is stored of a secret: SHA-256, 32 bytes. The secret is random, so no salt or stretching is needed."""
    return hashlib.sha256(secret.encode()).digest()
