"""Which other images of a run lend an image their maps, and when they are known."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from heatcheck.core.digests import digest_of
from heatcheck.runs.specs import RunSpec, SpecImage

UNKNOWN, NOTHING, LENDS = range(3)  # what an image has to lend by one method


def ring(spec: RunSpec) -> list[SpecImage]:
    """The run's images in a seeded circle, the order in which they are visited: each is compared
    with those that follow it. Another image changes few neighbours.
    """
    return sorted(spec.images, key=lambda image: digest_of([spec.seed, image.digest, "ring"]))


def by_sample(spec: RunSpec, circle: Sequence[SpecImage]) -> list[SpecImage]:
    """The images of a circle in an order drawn by lot over samples, the images of a sample
    together: so that after any number of whole samples these are drawn from all alike, large ones
    too.
    """
    if spec.sample_count == len(spec.images):
        return list(circle)
    samples = spec.samples
    return sorted(circle, key=lambda one: digest_of([spec.seed, samples[one.name], "sample"]))


class Partners:
    """Who lends whom, for all methods of a run, as first visits to cells end.

    An image's partners are those that follow it in the circle, as many as are wanted, each of
    another sample: an image of the same sample shows the same thing, and two of one other sample
    would count it twice. One without a map, or with a blank one, lends nothing and is passed over.

    Args:
        names: the images in their circle.
        samples: which sample each is of.
        wanted: how many partners an image has at most.
        lends: whether an image has a map by a method that others can be compared with, by its name
            and the method's key; None while that is not known.
    """

    def __init__(
        self,
        names: Sequence[str],
        samples: Mapping[str, str],
        wanted: int,
        lends: Callable[[str, str], bool | None],
    ) -> None:
        self._names = list(names)
        self._place = {name: place for place, name in enumerate(self._names)}
        self._samples = [samples[name] for name in self._names]
        self._wanted, self._asked = wanted, lends
        self._of_key: dict[str, _Known] = {}

    def visited(self, name: str, key: str) -> list[str]:
        """Note that an image was visited by a method; the images that can be compared since then,
        by the same method.
        """
        place, known = self._place[name], self._known(key)
        known.lends[place] = LENDS if self._asked(name, key) else NOTHING
        asking = known.waiting.pop(place, [])
        return [self._names[one] for one in (*asking, place) if self._found(one, key) is not None]

    def of(self, name: str, key: str) -> list[str]:
        """The partners of an image by a method, once they are known."""
        found = self._found(self._place[name], key)
        assert found is not None
        return [self._names[place] for place in found]

    def compared(self, name: str, key: str) -> list[str]:
        """Note that an image was compared by a method; the images whose maps by it nobody will ask
        for any more.
        """
        place, count, known = self._place[name], len(self._names), self._known(key)
        known.compared[place] = True
        near = {(place + step) % count for step in range(known.reach[place] + 1)}
        free = sorted(one for one in near if self._is_free(one, known))
        for one in free:
            known.freed[one] = True
        return [self._names[one] for one in free]

    def were_compared(self, name: str, key: str) -> None:
        """Note that an image was compared by a method in an earlier life of the run."""
        self._known(key).compared[self._place[name]] = True

    def _known(self, key: str) -> _Known:
        if key not in self._of_key:
            self._of_key[key] = _Known(len(self._names))
        return self._of_key[key]

    def _found(self, place: int, key: str) -> list[int] | None:
        """The places of an image's partners; None, and a note to ask again, while they are not
        known.
        """
        known, count = self._known(key), len(self._names)
        met, reach = {self._samples[place]}, 0
        found: list[int] = []
        while reach + 1 < count and len(found) < self._wanted:
            reach += 1
            other = (place + reach) % count
            if self._samples[other] in met:
                continue
            if known.lends[other] == UNKNOWN:
                answer = self._asked(self._names[other], key)
                if answer is None:
                    known.waiting[other].append(place)
                    return None
                known.lends[other] = LENDS if answer else NOTHING
            if known.lends[other] == LENDS:
                met.add(self._samples[other])
                found.append(other)
        known.reach[place] = max(reach, 1)
        return found

    def _is_free(self, place: int, known: _Known) -> bool:
        """Whether an image was compared, and so was each before it that may ask for its map."""
        if not known.compared[place] or known.freed[place]:
            return False
        between: set[str] = set()  # samples that lend, from there to here
        count = len(self._names)
        for step in range(1, count):
            before = (place - step) % count
            reach = known.reach[before]
            near = reach >= step if reach else len(between - {self._samples[before]}) < self._wanted
            if near and not known.compared[before]:
                return False
            if known.lends[before] == LENDS:
                between.add(self._samples[before])
            if len(between) > self._wanted:  # whoever is further back has enough before it
                return True
        return True


class _Known:
    """What is known of one method's maps, by the images' places in the circle."""

    def __init__(self, count: int) -> None:
        self.lends = bytearray(count)
        self.reach = array("l", bytes(count * array("l").itemsize))  # 0: its partners are not known
        self.compared, self.freed = bytearray(count), bytearray(count)
        self.waiting: dict[int, list[int]] = defaultdict(list)  # who asks for an image
