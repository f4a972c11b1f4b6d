"""A sample drawn from a set of images, balanced by class, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence

from heatcheck.core.errors import RunProblem, shown
from heatcheck.inputs.images import Image
from heatcheck.inputs.labels import listed

MANY = 50  # images: of a set of more a sample of so many is measured where nobody says otherwise


def drawn(images: Sequence[Image], count: int, seed: int) -> list[Image]:
    """So many of the images, in their order: one of each class, then a second of each, until there
    are enough; a class that has no more is passed over.

    The seed decides which images of a class come first, and which classes where there are too many
    of them. A larger sample holds a smaller one.

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
    turns: list[tuple[int, bytes, str]] = []
    taken: Counter[str] = Counter()
    for image in sorted(images, key=lambda image: _lot(image.name, seed)):
        turns.append((taken[image.label], _lot(image.label, seed), image.name))
        taken[image.label] += 1
    chosen = {name for _, _, name in sorted(turns)[:count]}
    return [image for image in images if image.name in chosen]


def some(names: Sequence[str], count: int, seed: int) -> list[str]:
    """So many of the names, in their order, drawn by the seed; all where there are no more."""
    chosen = set(sorted(names, key=lambda name: _lot(name, seed))[:count])
    return [name for name in names if name in chosen]


def told(images: Sequence[Image], chosen: Collection[str], seed: int) -> str:
    """In a sentence: how many were drawn, of which classes fewer or none."""
    there = Counter(image.label for image in images)
    sample = f"A sample: {len(chosen)} of {len(images)} images, drawn with seed {seed}"
    if len(there) == 1:
        return f"{sample}."
    kept = Counter(image.label for image in images if image.name in chosen)
    most = max(kept.values())
    few = min(kept, key=lambda label: (kept[label], label))
    short = [label for label in there if kept[label] < most - 1]
    if any(kept[label] < there[label] for label in short):  # an older version drew it
        return f"{sample}."
    balanced = f"{sample}, balanced by class"
    if short:
        balanced += (
            f" as far as there are images: at most {most} of a class, {kept[few]} {_named(few)}"
        )
    missing = sorted({label for label in there if label} - kept.keys())
    none = f" None is of {listed(missing)}." if missing else ""
    without = " None is without a label." if "" in there and "" not in kept else ""
    return f"{balanced}.{none}{without}"


def _named(label: str) -> str:
    return f"of {label}" if label else "without a label"


def _lot(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\x1f{name}".encode()).digest()
