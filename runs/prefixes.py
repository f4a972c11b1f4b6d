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
        """Take in one image more, where the visits that are done by now, as (image, key), have it
        whole; whether there was one. So no number of images is passed over.
        """
        if self._count == len(self._names):
            return False
        more = all((self._names[self._count], key) in visited for key in self._keys)
        self._count += more
        return more

    @property
    def whole(self) -> list[str]:
        """The images that have all their visits, in their order."""
        return list(self._names[: self._count])

    @property
    def behind(self) -> list[str]:
        """The images behind them."""
        return list(self._names[self._count :])
