"""What somebody looks for in a set of images, and which images are that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from heatcheck.inputs.catalogues import Catalogue
from heatcheck.judgement.pictures import Known

SET, SPREAD, UNSURE = "set", "spread", "unsure"  # the orders


@dataclass(frozen=True)
class Wanted:
    """What is looked for; what is left empty does not narrow."""

    words: str = ""
    label: str | None = None  # as given
    right: bool | None = None
    answer: str | None = None  # the name of the model's class
    least: float = 0.0  # probability of the model's class
    most: float = 1.0
    order: str = SET
    titles: Mapping[str, str] = field(default_factory=dict)  # of labels, for people

    @property
    def by_share(self) -> bool:
        """Whether a range of probabilities narrows."""
        return (self.least, self.most) != (0.0, 1.0)

    @property
    def asks_a_run(self) -> bool:
        """Whether only images that a run has measured can be meant."""
        return self.right is not None or self.answer is not None or self.by_share

    @property
    def filters(self) -> int:
        """How many filters narrow beside the words."""
        named = (self.label, self.right, self.answer)
        return self.by_share + sum(one is not None for one in named)


def found(catalogue: Catalogue, known: Mapping[str, Known], wanted: Wanted) -> list[int]:
    """The places of the images that are looked for, in the order that is asked for; what has no
    number comes last, in the set's order.
    """
    images = catalogue.found.images
    places = catalogue.having(wanted.words, wanted.titles)
    if wanted.label is not None:
        places = [place for place in places if images[place].label == wanted.label]
    if wanted.asks_a_run:
        places = [place for place in places if _meets(known.get(images[place].name), wanted)]
    key = ORDERS.get(wanted.order)
    if key is None or not known:
        return places
    last = Known(None, "", None, None)
    return sorted(places, key=lambda place: key(known.get(images[place].name, last)))


def _meets(known: Known | None, wanted: Wanted) -> bool:
    if known is None:
        return False
    if wanted.right is not None and known.right is not wanted.right:
        return False
    if wanted.answer is not None and known.answer != wanted.answer:
        return False
    if not wanted.by_share:
        return True
    return known.probability is not None and wanted.least <= known.probability <= wanted.most


def _largest_spread(known: Known) -> float:
    return math.inf if known.spread is None else -known.spread


def _least_sure(known: Known) -> float:
    return math.inf if known.probability is None else known.probability


ORDERS: dict[str, Callable[[Known], float]] = {SPREAD: _largest_spread, UNSURE: _least_sure}


def stepped(places: Sequence[int], now: int | None, by: int) -> int | None:
    """The place so many steps on, around the end; the first where the image of now is not among
    them. None where there are none.
    """
    if not places:
        return None
    if now not in places:
        return places[0]
    return places[(places.index(now) + by) % len(places)]
