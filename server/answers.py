"""Answers that are kept: bounded in number and bytes; those used longest ago go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Answers(Generic[K, V]):
    """Values by key, each with its size in bytes. Not safe to use from several threads."""

    def __init__(self, count: int, size: int) -> None:
        self._most = (count, size)
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._size = 0

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """The value, which counts as used; None where it is not kept."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def items(self) -> list[tuple[K, V]]:
        """All that is kept; none of it counts as used."""
        return [(key, value) for key, (value, _) in self._kept.items()]

    def keep(self, key: K, value: V, size: int) -> None:
        """Keep a value of so many bytes."""
        self._size += size - self._kept.pop(key, (value, 0))[1]
        self._kept[key] = (value, size)

    def trim(self, spared: Container[K] = ()) -> None:
        """Drop what is beyond the bounds and not spared."""
        count, size = self._most
        if len(self._kept) <= count and self._size <= size:
            return
        for key in [key for key in self._kept if key not in spared]:
            if len(self._kept) <= count and self._size <= size:
                return
            self._size -= self._kept.pop(key)[1]
