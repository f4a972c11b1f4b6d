"""The secrets of a session, made and hashed. A token is 256 random bits and stored as its SHA-256
only.

The invitation is derived from the host's token and a counter, so the host can read it again at any
time and the database never holds it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime


def new_id() -> str:
    """An id that nobody guesses: 128 bits as hex."""
    return secrets.token_hex(16)


def new_token() -> str:
    """What opens a seat: 256 bits, fit for an address."""
    return secrets.token_urlsafe(32)


def invitation_of(host_token: str, number: int) -> str:
    """The `number`th invitation of the session whose host has this token."""
    return hmac.new(
        host_token.encode(), f"invitation {number}".encode(), hashlib.sha256
    ).hexdigest()


def hashed(token: str) -> str:
    """A token as the database holds it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def stamp(moment: datetime) -> str:
    """A moment as the database holds it: UTC, in an order that text has too."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
