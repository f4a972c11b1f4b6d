"""The maps that a closer look reads: of a large run those of a seeded sample of its images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from heatcheck.judgement.statistics import ENOUGH
from heatcheck.runs import draws
from heatcheck.runs.records import Run
from heatcheck.server import service

MOST = 500  # maps that one look reads


@dataclass(frozen=True)
class MapSample:
    """Images whose maps are read, of so many that the run has and that have one."""

    run: str
    images: tuple[str, ...]
    of: int
    mapped: int
    seed: int

    @property
    def said(self) -> str:
        """How many they are, in a sentence; empty where they are all."""
        if len(self.images) == self.of:
            return ""
        drawn = f", drawn with seed {self.seed}" if len(self.images) < self.mapped else ""
        return f"From the maps of {len(self.images):,} of {self.of:,} images{drawn}."

    def maps(self, methods: Sequence[str]) -> Iterator[tuple[str, str, np.ndarray]]:
        """Their maps by these methods, one at a time, image by image: image, method, `[H,W]`."""
        results = service.store().results
        for image in self.images:
            for method in methods:
                heat = results.map(self.run, image, method)
                if heat is not None:
                    yield image, method, heat


def drawn(run: Run, methods: Sequence[str]) -> MapSample:
    """The images of a run that a look at the maps of these methods reads."""
    mapped = {
        image for image, method in service.store().results.mapped_cells(run.id) if method in methods
    }
    names = [image.name for image in run.spec.images if image.name in mapped]
    count = max(ENOUGH, MOST // max(1, len(methods)))
    some = tuple(draws.some(names, count, run.spec.seed))
    return MapSample(run.id, some, len(run.spec.images), len(names), run.spec.seed)
