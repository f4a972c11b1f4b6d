"""A run's schedule: which job comes next, as those before it end. It knows nothing of workers.

Images are visited in the seeded circle of `partners.ring`. There is no barrier: a cell is made as
soon as its image has been read, and compared with those of other images as soon as the maps of its
partners are there. Experiments on methods come when all images have been read.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from heatcheck.attribution import Method
from heatcheck.core.errors import BadImage
from heatcheck.inputs import images
from heatcheck.inputs.images import Image
from heatcheck.inputs.labels import Matching
from heatcheck.metrics.areas import kept_walks
from heatcheck.runs.brought import Brought
from heatcheck.runs.cells import Cell, CellResult, Partner, Sighted, Subject, Unseen, is_blank
from heatcheck.runs.jobs import Comparison, Job, Sight, Trial, Visit
from heatcheck.runs.keys import keyed
from heatcheck.runs.partners import Partners
from heatcheck.runs.results import Results, SeenImage
from heatcheck.runs.specs import RunSpec, SpecImage
from heatcheck.runs.subjects import Subjects
from heatcheck.runs.target_rules import RATHER

REMEMBERED = 64 << 20  # bytes of maps that are not read again from the store


@dataclass(frozen=True, eq=False)
class Ground:
    """What all jobs of a run rest on."""

    spec: RunSpec
    run: str
    results: Results
    files: Mapping[str, Image]
    subjects: Subjects
    brought: Brought
    names: tuple[str, ...]  # of the classifier's classes
    meant: Matching
    against: int | None  # the class that the target is held against

    def described(self, image: SpecImage, sighted: Sighted) -> dict[str, Any]:
        """What is kept of an image, so that a run that goes on explains the same."""
        label, aimed = self.meant.of(image.label), sighted.aim
        assert aimed is not None
        other = aimed.answer != aimed.class_index
        return {
            "picture": sighted.png,
            "label": label,
            "label_name": self.names[label] if label is not None else image.label,
            "target": aimed.class_index,
            "target_name": self._called(aimed.class_index),
            "probability": aimed.probability,
            "answer": aimed.answer if other else None,
            "answer_name": self.names[aimed.answer] if other else None,
        }

    def _called(self, class_index: int) -> str:
        name = self.names[class_index]
        return name if self.against is None else f"{name}{RATHER}{self.names[self.against]}"


class Schedule:
    """The jobs that are left of a run.

    Args:
        ground: what they rest on.
        order: the images to visit, in their order.
        circle: the images that lend each other their maps, in their order; empty where cells are
            not compared.
        untried: the methods whose experiments are to be made, by their keys.
        kept: the images whose maps are kept; None for all. A map that is not kept is dropped once
            no cell is to be compared with it.
    """

    def __init__(
        self,
        ground: Ground,
        order: Sequence[SpecImage],
        circle: Sequence[SpecImage],
        untried: Mapping[str, Method] = MappingProxyType({}),
        kept: Collection[str] | None = None,
    ) -> None:
        self._ground, self._spec = ground, ground.spec
        self.methods = keyed(self._spec.methods)
        self._by_name = {image.name: image for image in self._spec.images}
        self._kept = kept
        self._maps = _Maps(ground)
        self._targets = ground.results.targets(ground.run)
        self._done = ground.results.done_cells(ground.run)
        self._order = deque(image for image in order if self._missing(image))
        self._cells: deque[tuple[Subject, SpecImage, str]] = deque()
        self._sights = 0  # that workers are at
        self._ready: deque[tuple[str, str]] = deque()  # cells to be compared
        self._untried = deque(untried.items())
        self._dropped: list[tuple[str, str]] = []
        self._partners: Partners | None = None
        if circle:
            self._compare(circle)

    def next(self, room: int) -> Job | None:
        """The next job, None where there is none before one that workers are at has ended.

        Args:
            room: how many jobs are wanted ahead; images are read early enough for that.

        Raises:
            RunProblem: an image, a mask or maps from elsewhere are gone or changed.
        """
        if self._ready:
            return self._comparison(*self._ready.popleft())
        expected = len(self._cells) + self._sights * len(self.methods)
        if self._order and expected < room:
            return self._sight(self._order.popleft())
        if self._cells:
            return self._visit(*self._cells.popleft())
        if self._untried and not (self._order or self._sights):
            key, method = self._untried.popleft()
            return Trial(key, method, *self._first())
        return None

    def ended(self, job: Job, answer: Any) -> None:
        """Note a job's answer, once it is kept."""
        if isinstance(job, Sight):
            self._sights -= 1
            if isinstance(answer, Sighted):
                if answer.aim is not None:
                    self._targets[job.image.name] = answer.aim.class_index
                self._cells.extend((answer.subject, job.image, key) for key in job.missing)
            else:
                for key in job.missing:
                    self._visited(job.image.name, key)
        elif isinstance(job, Visit):
            self._maps.remember(job.image.name, job.key, answer.map)
            self._visited(job.image.name, job.key)
        elif isinstance(job, Comparison) and self._kept is not None:
            assert self._partners is not None
            free = self._partners.compared(job.image.name, job.key)
            self._dropped += [(name, job.key) for name in free if name not in self._kept]

    @property
    def visited(self) -> Collection[tuple[str, str]]:
        """The cells whose first visit is kept, as (image, key)."""
        return self._done

    def dropped(self) -> list[tuple[str, str]]:
        """The maps, as (image, key), that are not to be kept and that nobody asks for since the
        last call.
        """
        dropped, self._dropped = self._dropped, []
        return dropped

    def _visited(self, name: str, key: str) -> None:
        self._done.add((name, key))
        if self._partners is not None:
            self._ready.extend((one, key) for one in self._partners.visited(name, key))

    def _lends(self, name: str, key: str) -> bool | None:
        if (name, key) not in self._done:
            return None
        heat = self._maps.of(name, key)
        return heat is not None and not is_blank(heat)

    def _compare(self, circle: Sequence[SpecImage]) -> None:
        """Begin to compare, with what has been visited before."""
        names = [image.name for image in circle]
        wanted = max(metric.partners for metric in self._spec.compared)
        self._partners = Partners(names, self._spec.samples, wanted, self._lends)
        compared = self._ground.results.compared_cells(self._ground.run)
        for name in names:
            for key in self.methods:
                if (name, key) in compared:
                    self._partners.were_compared(name, key)
                elif (name, key) in self._done:
                    self._visited(name, key)

    def _missing(self, image: SpecImage) -> dict[str, Method]:
        return {
            key: method
            for key, method in self.methods.items()
            if (image.name, key) not in self._done
        }

    def _sight(self, image: SpecImage) -> Job:
        known, label = image.name in self._targets, self._ground.meant.of(image.label)
        missing = self._missing(image)
        self._sights += 1
        rule = None if known else self._spec.target
        return Sight(
            image,
            self._unseen(image),
            rule,
            label,
            lambda sighted: self._ground.described(image, sighted),
            missing,
            self._spec.alone,
        )

    def _unseen(self, image: SpecImage) -> Unseen | BadImage:
        try:
            return self._ground.subjects.unseen(image)
        except BadImage as error:
            return error

    def _visit(self, subject: Subject, image: SpecImage, key: str) -> Job:
        method = self.methods[key]
        cell = Cell(
            subject,
            self._targets[image.name],
            method,
            self._spec.alone,
            self._spec.seed,
            against=self._ground.against,
            given=self._ground.brought.of(method, image.name),
        )
        kept = self._kept is None or image.name in self._kept or self._partners is not None
        return Visit(image, key, cell, kept)

    def _comparison(self, name: str, key: str) -> Job:
        assert self._partners is not None
        heat, seen = self._maps.of(name, key), self._maps.seen(name)
        why = "" if heat is not None else "There is no map to compare: see its other scores."
        picture = self._maps.picture(name)
        image = self._by_name[name]
        lent = (
            ()
            if heat is None
            else tuple(self._lent(other, key) for other in self._partners.of(name, key))
        )
        cell = Cell(
            Subject(
                self._spec.classifier,
                np.zeros((1, 1, 3), np.uint8) if picture is None else picture,
                image.digest,
            ),
            (seen.target if seen else None) or 0,
            self.methods[key],
            self._spec.compared,
            self._spec.seed,
            partners=lent,
            curves=self._walked(name, key) if heat is not None else (),
            against=self._ground.against,
        )
        return Comparison(image, key, cell, CellResult(heat, error=why))

    def _lent(self, name: str, key: str) -> Partner:
        heat, picture, seen = (
            self._maps.of(name, key),
            self._maps.picture(name),
            self._maps.seen(name),
        )
        assert heat is not None
        assert picture is not None
        assert seen is not None
        assert seen.target is not None
        return Partner(picture, seen.target, heat)

    def _walked(self, name: str, key: str) -> tuple[tuple[Any, Any], ...]:
        """The curves of a cell's own map that are stored, by what was walked."""
        walks = kept_walks(self._spec.metrics)
        curves = self._ground.results.curves_of(self._ground.run, name, key, walks)
        return tuple((walks[metric], curve) for metric, curve in curves.items())

    def _first(self) -> tuple[Subject | None, int]:
        """The first image of the run that could be read, and its class: experiments on the run's
        own network use it.
        """
        for image in self._spec.images:
            picture, seen = self._maps.picture(image.name), self._maps.seen(image.name)
            if picture is not None and seen is not None and seen.target is not None:
                return Subject(self._spec.classifier, picture, image.digest), seen.target
        return None, 0


class _Maps:
    """What the store keeps of images and cells; what was asked for last is held here too."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._held: OrderedDict[tuple[str, ...], tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    def remember(self, name: str, key: str, heat: np.ndarray | None) -> None:
        """Hold a map that was just made."""
        self._hold((name, key), heat, 0 if heat is None else heat.nbytes)

    def of(self, name: str, key: str) -> np.ndarray | None:
        """A map `[H,W]`; None where there is none."""
        if (name, key) not in self._held:
            self.remember(name, key, self._ground.results.map(self._ground.run, name, key))
        self._held.move_to_end((name, key))
        heat: np.ndarray | None = self._held[name, key][0]
        return heat

    def seen(self, name: str) -> SeenImage | None:
        """What the classifier saw in an image; None where it could not be read."""
        if (name,) not in self._held:
            seen = self._ground.results.image(self._ground.run, name)
            self._hold((name,), seen, len(seen.picture or b"") if seen else 0)
        self._held.move_to_end((name,))
        known: SeenImage | None = self._held[name,][0]
        return known

    def picture(self, name: str) -> np.ndarray | None:
        """An image as the model saw it; None where it could not be read."""
        seen = self.seen(name)
        return None if seen is None or not seen.picture else images.from_png(seen.picture)

    def _hold(self, what: tuple[str, ...], value: Any, size: int) -> None:
        self._held[what] = value, size
        self._bytes += size
        while self._bytes > REMEMBERED and len(self._held) > 1:
            _, (_, freed) = self._held.popitem(last=False)
            self._bytes -= freed
