"""Which pairs a person judges, in which order and on which sides: drawn once, from the session and
the person's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import torch

from heatcheck.core.randomness import generator

T = TypeVar("T")
# an image's pool of pairs is so many times what one person judges: two people then share about half
# of their pairs
SHARED = 2


@dataclass(frozen=True)
class Pair:
    """Two methods' maps of one image, and who stands on which side."""

    image: str
    left: str  # the method's key in the run
    right: str


def possible(methods: int) -> int:
    """How many pairs `methods` methods make."""
    return methods * (methods - 1) // 2


def draw(
    session: str, person: str, images: Sequence[str], methods: Sequence[str], votes_per_image: int
) -> list[Pair]:
    """A person's pairs in order: `votes_per_image` different pairs of every image.

    The session fixes a pool of pairs for each image, in which all pairs come up equally often; the
    person's own stream then draws from the pool, so that people overlap enough to disagree. Every
    image comes once before any comes again; sides are tossed.
    """
    every = _shuffled(list(combinations(methods, 2)), generator(session, "pools"))
    pool = min(SHARED * votes_per_image, len(every))
    mine = generator(session, person.casefold(), "pairs")
    chosen: dict[str, list[tuple[str, str]]] = {}
    for place, image in enumerate(images):
        pairs = [every[(place * pool + step) % len(every)] for step in range(pool)]
        chosen[image] = _shuffled(pairs, mine)[:votes_per_image]
    drawn: list[Pair] = []
    for turn in range(votes_per_image):
        order = _shuffled(list(images), mine)
        if drawn and len(order) > 1 and order[0] == drawn[-1].image:
            order.append(order.pop(0))  # no image twice in a row
        for image in order:
            left, right = _shuffled(list(chosen[image][turn]), mine)
            drawn.append(Pair(image, left, right))
    return drawn


def letters(session: str, methods: Sequence[str]) -> dict[str, str]:
    """A letter for each method while names are hidden: in an order of the session's own."""
    order = _shuffled(list(methods), generator(session, "letters"))
    return {
        method: f"Method {chr(ord('A') + place) if place < 26 else place + 1}"
        for place, method in enumerate(order)
    }


def _shuffled(items: list[T], stream: torch.Generator) -> list[T]:
    return [items[place] for place in torch.randperm(len(items), generator=stream).tolist()]
