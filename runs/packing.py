"""How the store packs what a step gave: scores, curves and maps as bytes, and back. All numbers
keep every bit.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from heatcheck.metrics import METRICS, Curve
from heatcheck.runs.cells import Scored


class Column(NamedTuple):
    """What one of a step's values is; a side value is called `metric.side`."""

    name: str
    unit: str
    better: str
    place: int  # among a cell's values


@dataclass(frozen=True, eq=False)
class Step:
    """What a visit to a cell gave, packed."""

    columns: str  # what the numbers are, as JSON
    numbers: bytes
    failures: dict[str, str]  # why there is no score, by metric
    curves: dict[str, Curve]  # by the name of their value

    @property
    def layout(self) -> str:
        """The id of the layout."""
        return layout_id(self.columns)


def packed(scores: Sequence[Scored]) -> Step:
    """A step's scores, side values among them, in the order of the metrics."""
    order = METRICS.readable
    columns: list[Column] = []
    values: list[float | None] = []
    failures: dict[str, str] = {}
    curves: dict[str, Curve] = {}
    for scored in scores:
        metric, score = scored.metric, scored.score
        place = 100 * order.index(metric.name)
        columns.append(Column(metric.name, metric.unit, metric.better, place))
        values.append(score.value if score else None)
        if scored.error:
            failures[metric.name] = scored.error
        if score is None:
            continue
        if score.curve:
            curves[metric.name] = score.curve
        for number, (side, found) in enumerate(score.sides.items(), 1):
            name = f"{metric.name}.{side}"
            columns.append(Column(name, metric.sides[side].unit, "", place + number))
            values.append(found)
            if side in score.curves:
                curves[name] = score.curves[side]
    return Step(json.dumps(columns), packed_values(values), failures, curves)


def layout_id(columns: str) -> str:
    """The id of a layout, from its JSON."""
    return hashlib.sha256(columns.encode()).hexdigest()[:32]


@lru_cache(maxsize=4096)
def columns_of(stored: str) -> tuple[Column, ...]:
    """What a step's values are, from a layout's JSON."""
    return tuple(Column(*column) for column in json.loads(stored))


def packed_values(values: Sequence[float | None]) -> bytes:
    """Values as little-endian float64, NaN for none."""
    known = [math.nan if value is None else value for value in values]
    return np.array(known, "<f8").tobytes()


def unpacked_values(stored: bytes, count: int) -> np.ndarray:
    """Values of steps of one layout, one after another: float64 `[steps,count]`."""
    return np.frombuffer(stored, "<f8").reshape(-1, count)


def packed_curve(curve: Curve) -> dict[str, int | bytes]:
    """A curve's columns in the store."""
    numbers = (*curve.fractions, *curve.probabilities, *curve.energy_gaps)
    return {"length": len(curve.fractions), "numbers": packed_values(numbers)}


def unpacked_curve(length: int, stored: bytes) -> Curve:
    """A curve from its columns in the store."""
    return Curve(*(tuple(row.tolist()) for row in unpacked_values(stored, length)))


def packed_map(heat: np.ndarray) -> bytes:
    """A map `[H,W]` as zlib of little-endian float32."""
    return zlib.compress(heat.astype("<f4").tobytes(), 1)


def unpacked_map(stored: bytes, side: int) -> np.ndarray:
    """A map, float32 `[H,W]`, from its columns in the store; `side` is H."""
    return np.frombuffer(zlib.decompress(stored), "<f4").reshape(side, -1)
