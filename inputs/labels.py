"""Labels and class names: which class each label of a set means.

A label is a folder's name, a class name somebody typed, a WordNet id or a class index. Whether a
number is an index cannot be told from one label alone: a folder "2" may be called so. So the
question is put for all labels of a set at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

MARK = "\ufeff"  # a byte-order mark that somebody's editor left in a name
SYNSET = re.compile(r"n\d{8}")  # a WordNet id; the list of them takes a second to import
NAMED = 3  # names that a sentence lists


@dataclass(frozen=True)
class Matching:
    """Which class each label of a set means, under the names of one classifier."""

    indices: MappingProxyType[str, int]  # by the label as given; those that mean a class
    unmatched: tuple[str, ...]  # labels that mean none, in order
    ambiguous: tuple[str, ...]  # those of them that mean several
    classes: int

    def of(self, label: str) -> int | None:
        """The class index that a label means; None where it means none, or is empty."""
        return self.indices.get(label)

    @property
    def sentence(self) -> str:
        """What did not match, and what to do; empty where all did."""
        if not self.unmatched:
            return ""
        whole = len(self.indices) + len(self.unmatched)
        several = f" ({listed(self.ambiguous)}: of several)" if self.ambiguous else ""
        return (
            f"{len(self.unmatched)} of {whole} labels {_are(len(self.unmatched))} no name of the "
            f"{self.classes} classes: {listed(self.unmatched)}{several}. Their images count as "
            f"unlabelled. {self._advice}"
        )

    @property
    def _advice(self) -> str:
        if all(map(_is_number, self.unmatched)):
            return (
                f"Numbers are class indices only where all labels are from 0 to {self.classes - 1} "
                "and no class is called so: give class names with --labels FILE."
            )
        return "Rename the folders, or give the folders' names with --labels FILE."


def matched(labels: Iterable[str], names: Sequence[str]) -> Matching:
    """Which class each label means: by its exact name; else by its name without regard to case,
    underscores, hyphens, spaces and how accents are written; else, among ImageNet's classes, by its
    WordNet id. Where all labels are class indices and none is a class name, they are indices.

    Args:
        labels: all labels of the whole set, so that the answer is the same for a part of it. Empty
            ones are left out.
        names: the classifier's class names, in order.
    """
    wanted = tuple(dict.fromkeys(label for label in labels if label))
    return _matched(wanted, tuple(names))


@lru_cache(maxsize=64)
def _matched(labels: tuple[str, ...], names: tuple[str, ...]) -> Matching:
    exact, loose = _places(names), _places([plain(name) for name in names])
    imagenet = len(names) == 1000
    if _are_indices(labels, len(names)) and not any(
        label in exact or plain(label) in loose for label in labels
    ):
        return Matching(
            MappingProxyType({label: int(label) for label in labels}), (), (), len(names)
        )
    indices: dict[str, int] = {}
    several = []
    for label in labels:
        places = exact.get(label) or loose.get(plain(label)) or ()
        if len(places) == 1:
            indices[label] = places[0]
        elif places:
            several.append(label)
        elif imagenet and SYNSET.fullmatch(label) and label in _synsets():
            indices[label] = _synsets()[label]
    unmatched = tuple(label for label in labels if label not in indices)
    return Matching(MappingProxyType(indices), unmatched, tuple(several), len(names))


def _places(names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The indices of the classes with each name."""
    places: dict[str, tuple[int, ...]] = {}
    for index, name in enumerate(names):
        places[name] = (*places.get(name, ()), index)
    return places


def plain(name: str) -> str:
    """A name without what two spellings of it may differ in.

    >>> plain("Hot_Dog") == plain("hot-dog ") == "hot dog"
    True
    """
    composed = unicodedata.normalize("NFC", name.replace(MARK, "").casefold())
    return " ".join(composed.replace("_", " ").replace("-", " ").split())


def _are_indices(labels: Sequence[str], classes: int) -> bool:
    return all(_is_number(label) and int(label) < classes for label in labels)


def _is_number(label: str) -> bool:
    return label.isascii() and label.isdecimal() and len(label) <= 9


def listed(names: Sequence[str]) -> str:
    """Up to three names, and how many more there are: `a, b, c and 4 more`."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


@lru_cache(maxsize=1)
def _synsets() -> dict[str, int]:
    import timm

    return {synset: index for index, synset in enumerate(timm.data.ImageNetInfo().label_names())}
