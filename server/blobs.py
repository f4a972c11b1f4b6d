"""Bytes that browsers fetch by their digest: maps and pictures as a viewer draws them. Each browser
gets the same bytes once.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable

from heatcheck.server.answers import Answers

COUNT, BYTES = 4096, 512 * 2**20


class Blobs:
    """Bytes by their digest, bounded; those fetched or asked for longest ago go first. Safe to use
    from any thread.
    """

    def __init__(self, count: int = COUNT, size: int = BYTES) -> None:
        self._lock = threading.Lock()
        self._kept: Answers[str, bytes] = Answers(count, size)
        self._digests: Answers[Hashable, str] = Answers(count, size)

    def digest(self, about: Hashable, make: Callable[[], bytes]) -> str:
        """The digest of what `make` gives, which is made once for all who ask about the same, and
        again where it has gone.
        """
        with self._lock:
            known = self._digests.get(about)
            if known is not None and self._kept.get(known) is not None:
                return known
        content = make()
        digest = hashlib.sha256(content).hexdigest()
        with self._lock:
            self._kept.keep(digest, content, len(content))
            self._digests.keep(about, digest, len(digest))
            self._kept.trim()
            self._digests.trim()
        return digest

    def get(self, digest: str) -> bytes | None:
        """The bytes of a digest; None where they are not kept."""
        with self._lock:
            return self._kept.get(digest)
