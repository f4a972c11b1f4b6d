"""A sample drawn from a set of images: each class in proportion, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence

from heatcheck.core.errors import RunProblem, shown
from heatcheck.inputs.images import Image
from heatcheck.inputs.labels import listed

MANY = 50  # images: of a set of more a sample of so many is measured where nobody says otherwise


def drawn(images: Sequence[Image], count: int, seed: int) -> list[Image]:
    """So many of the images, in their order; each class has its share by largest remainders.

    Which images of a class are drawn depends on the seed and their names alone, so that a larger
    sample of the same class holds a smaller one.

    Raises:
        RunProblem: the count is no whole number above zero, or above what is there.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise RunProblem(
            f"Expected a sample of at least one image. Got {shown(count)}. Leave it out for all."
        )
    if count > len(images):
        raise RunProblem(
            f"Expected a sample of at most {len(images)} images, all there are. Got {count}. Leave "
            "it out for all."
        )
    left = shares(Counter(image.label for image in images), count)
    chosen = set()
    for image in sorted(images, key=lambda image: _lot(image.name, seed)):
        if left[image.label]:
            left[image.label] -= 1
            chosen.add(image.name)
    return [image for image in images if image.name in chosen]


def shares(sizes: Counter[str], count: int) -> Counter[str]:
    """How many of each class are drawn: its proportion rounded down, the rest to the largest
    remainders, of equal ones to the larger class, then by name.
    """
    total = sizes.total()
    shared = Counter({label: count * size // total for label, size in sizes.items()})
    rest = sorted(sizes, key=lambda label: (-(count * sizes[label] % total), -sizes[label], label))
    shared.update(rest[: count - shared.total()])
    return shared


def told(images: Sequence[Image], chosen: Collection[str], seed: int) -> str:
    """In a sentence: how many were drawn, and which classes have none."""
    kept = {image.label for image in images if image.name in chosen}
    missing = sorted({image.label for image in images} - kept)
    none = f" None is of {listed(missing)}." if missing else ""
    return (
        f"A sample: {len(chosen)} of {len(images)} images, each class in proportion, drawn with "
        f"seed {seed}.{none}"
    )


def _lot(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\x1f{name}".encode()).digest()
