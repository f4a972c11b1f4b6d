"""How many images of a run have been visited from its beginning on, without a gap."""

from __future__ import annotations

from collections.abc import Collection, Sequence


class Prefix:
    """The images at the beginning of an order whose first visits are all done.

    Args:
        names: the images in their order.
        keys: the methods that visit each.
    """

    def __init__(self, names: Sequence[str], keys: Sequence[str]) -> None:
        self._names, self._keys, self._count = names, keys, 0

    def add(self, visited: Collection[tuple[str, str]]) -> bool:
        """Note the visits that are done by now, as (image, key); whether there are more images
        without a gap.
        """
        before = self._count
        while self._count < len(self._names) and all(
            (self._names[self._count], key) in visited for key in self._keys
        ):
            self._count += 1
        return self._count > before

    @property
    def whole(self) -> list[str]:
        """The images that have all their visits, in their order."""
        return list(self._names[: self._count])

    @property
    def behind(self) -> list[str]:
        """The images behind them."""
        return list(self._names[self._count :])
