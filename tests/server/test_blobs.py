"""Bytes by their digest: made once, bounded, made again where they have gone."""

from __future__ import annotations

import hashlib

from heatcheck.server.blobs import Blobs


def test_the_same_is_made_once_and_found_by_its_digest() -> None:
    blobs, made = Blobs(), []

    def make() -> bytes:
        made.append(1)
        return b"map"

    digests = {blobs.digest(("cell", 1), make) for _ in range(3)}
    assert digests == {hashlib.sha256(b"map").hexdigest()}
    assert len(made) == 1
    assert blobs.get(*digests) == b"map"
    assert blobs.get("0" * 64) is None


def test_bytes_that_have_gone_are_made_again() -> None:
    blobs = Blobs(size=100)
    first = blobs.digest("first", lambda: b"a" * 60)
    second = blobs.digest("second", lambda: b"b" * 60)
    assert blobs.get(first) is None
    assert blobs.get(second) == b"b" * 60
    assert blobs.digest("first", lambda: b"a" * 60) == first
    assert blobs.get(first) == b"a" * 60
