"""JSON that people write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heatcheck.core.errors import shown


def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object from its pairs, as `object_pairs_hook`. Raises ValueError where a key stands
    twice.
    """
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise ValueError(f"The key {shown(twice)} stands twice in one object")
    return entries
