"""How much a run's results take in the store, before there are any."""

from __future__ import annotations

from dataclasses import dataclass

from heatcheck.metrics.curves import CurveMetric
from heatcheck.runs.calibration import Calibration
from heatcheck.runs.durations import points_of
from heatcheck.runs.specs import KEEP_ALL, KEEP_NONE, RunSpec

ROW = 200  # bytes that a row takes beside its numbers
NUMBER = 8  # bytes of a number
AXES = 3  # numbers a point of a curve: its place, the probability, the energy gap


@dataclass(frozen=True)
class Sizes:
    """Bytes that the parts of a run take."""

    maps: int
    scores: int
    curves: int
    pictures: int

    @property
    def whole(self) -> int:
        """All of it."""
        return self.maps + self.scores + self.curves + self.pictures


def sizes_of(spec: RunSpec, measured: Calibration) -> Sizes:
    """What a run takes, with the bytes of maps and of a picture as they were measured."""
    count = len(spec.images)
    kept = {KEEP_ALL: count, KEEP_NONE: 0}.get(spec.keep_maps)
    kept = min(count, int(spec.keep_maps)) if kept is None else kept
    maps = sum(cost.bytes + ROW for cost in measured.maps if not cost.error)
    scores = curves = 0
    for method, cost in zip(spec.methods, measured.maps, strict=True):
        if cost.error:
            continue
        for metric in spec.metrics:
            if metric.why_not(method):
                continue
            scores += NUMBER * (1 + len(metric.sides))
            if isinstance(metric, CurveMetric):
                points = AXES * NUMBER * points_of(metric.points)
                curves += round((1 + len(metric.substrates)) * (points + ROW))
        scores += ROW * (2 if spec.compared else 1)
    return Sizes(kept * maps, count * scores, count * curves, count * (measured.picture + ROW))
