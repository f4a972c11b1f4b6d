"""Image sets as pages ask for them: read once, found by name and by words, however large."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from heatcheck.core.errors import HeatcheckError
from heatcheck.inputs import image_sets
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.images import Image
from heatcheck.inputs.labels import plain

FRESH = 30.0  # seconds that a set stands as it was read
SHARE = 20.0  # and this many times as long as reading it took
QUICK = 2.0  # seconds of a reading that a page waits for


@dataclass(frozen=True)
class Catalogue:
    """A set, with what looking for its images needs."""

    found: ImageSet

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each image stands in the set, by its name."""
        return {image.name: place for place, image in enumerate(self.found.images)}

    @cached_property
    def labels(self) -> Mapping[str, int]:
        """How many images have each label, in the set's order; without those that have none."""
        return Counter(image.label for image in self.found.images if image.label)

    @cached_property
    def _plain_names(self) -> tuple[str, ...]:
        return tuple(plain(image.name) for image in self.found.images)

    def of(self, name: str) -> Image | None:
        """The image of that name; None where there is none."""
        place = self.places.get(name)
        return None if place is None else self.found.images[place]

    def having(self, words: str, titles: Mapping[str, str]) -> list[int]:
        """The places of the images that have every one of the words in their name or label, in
        order; all where there are no words. Case, accents' spelling, hyphens and underscores do not
        matter.

        Args:
            titles: what labels are called for people, by the label; the label itself where left
                out.
        """
        wanted = plain(words).split()
        images = self.found.images
        kept = list(range(len(images)))
        for word in wanted:
            labels = {
                label
                for label in self.labels
                if word in plain(label) or word in plain(titles.get(label, ""))
            }
            names = self._plain_names
            kept = [
                place for place in kept if word in names[place] or images[place].label in labels
            ]
        return kept


@dataclass(frozen=True)
class _Read:
    catalogue: Catalogue
    at: float
    seconds: float

    def is_old(self, now: float) -> bool:
        return now - self.at > max(FRESH, SHARE * self.seconds)


class Catalogues:
    """Sets by their source. One that is old is read again; where that takes long the old one stands
    until the new one is there. Safe to use from any thread.
    """

    def __init__(
        self,
        read: Callable[[str], ImageSet] = image_sets.read,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._kept: dict[str, _Read] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._again: dict[str, threading.Thread] = {}

    def of(self, source: str) -> Catalogue:
        """The set of a source. Raises BadImage and OSError as `image_sets.read` does."""
        with self._lock:
            one_reads = self._locks.setdefault(source, threading.Lock())
        with one_reads:
            known = self._kept.get(source)
            if known is None or (known.is_old(self._clock()) and known.seconds < QUICK):
                return self._take(source)
            if known.is_old(self._clock()) and source not in self._again:
                again = threading.Thread(target=self._take_again, args=(source,), daemon=True)
                self._again[source] = again
                again.start()
            return known.catalogue

    def forget(self) -> None:
        """Read every set again when it is next asked for."""
        with self._lock:
            self._kept.clear()

    def _take(self, source: str) -> Catalogue:
        began = self._clock()
        catalogue = Catalogue(self._read(source))
        now = self._clock()
        self._kept[source] = _Read(catalogue, now, now - began)
        return catalogue

    def _take_again(self, source: str) -> None:
        try:
            self._take(source)
        except (HeatcheckError, OSError):
            self._kept.pop(source, None)  # whoever asks next is told
        finally:
            self._again.pop(source, None)
