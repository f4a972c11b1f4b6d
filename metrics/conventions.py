"""Conventions: the same map under the deletion and insertion of six tools, read by each tool's own
grid, pictures and sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from heatcheck.metrics.base import METRICS, OURS, Case, Metric, Score, Side
from heatcheck.metrics.direction import DELETION, INSERTION
from heatcheck.metrics.walks import read_counts

Area = Callable[
    [Sequence[float], Sequence[float]], float
]  # probabilities, and the shares at which they were read


def trapezoid(values: Sequence[float], shares: Sequence[float]) -> float:
    """The trapezoid rule over the shares."""
    return float(np.trapezoid(values, shares))


def mean(values: Sequence[float], shares: Sequence[float]) -> float:
    """The plain mean of all points, wherever they lie."""
    return sum(values) / len(values)


def without_first(values: Sequence[float], shares: Sequence[float]) -> float:
    """The mean of all points but the first: a right Riemann sum."""
    return mean(values[1:], shares[1:])


def last_twice(values: Sequence[float], shares: Sequence[float]) -> float:
    """The mean of all points but the first, with the last counted twice."""
    return mean([*values[1:], values[-1]], shares)


def even(steps: int) -> Callable[[int], list[int]]:
    """Pixels that have changed at each of `steps + 1` even points."""
    return lambda pixels: [round(float(count)) for count in np.linspace(0, pixels, steps + 1)]


def rounded_up(steps: int) -> Callable[[int], list[int]]:
    """Steps of a whole number of pixels, rounded up; the last is what is left."""
    return lambda pixels: [*range(0, pixels, -(-pixels // steps)), pixels]


def long_last(steps: int) -> Callable[[int], list[int]]:
    """`steps` points: even steps of pixels, rounded down, and a last one to the end."""
    return lambda pixels: [step * (pixels // steps) for step in range(steps - 1)] + [pixels]


@dataclass(frozen=True)
class Convention:
    """How a tool walks a curve and makes a number of it, at its defaults, as its source has it."""

    title: str
    grid: Callable[
        [int], list[int]
    ]  # pixels of the image -> pixels that have changed at each point
    deletion: Area
    insertion: Area | None  # None: it has none
    removed: str  # the substrate in which deletion ends
    covered: str  # the substrate from which insertion starts
    url: str


CONVENTIONS = {
    "rise": Convention(
        "RISE", even(224), trapezoid, trapezoid, "mean", "blur", "https://github.com/eclique/RISE"
    ),
    "torchcam": Convention(
        "torch-cam",
        rounded_up(20),
        trapezoid,
        trapezoid,
        "mean",
        "mean",
        "https://github.com/frgfm/torch-cam",
    ),
    "xplique": Convention(
        "Xplique",
        even(10),
        trapezoid,
        trapezoid,
        "mean",
        "mean",
        "https://github.com/deel-ai/xplique",
    ),
    "polycam": Convention(
        "polycam",
        even(224),
        without_first,
        without_first,
        "gaussian",
        "gaussian",
        "https://github.com/aenglebert/polycam",
    ),
    "interpretdl": Convention(
        "InterpretDL",
        even(20),
        mean,
        last_twice,
        "grey",
        "grey",
        "https://github.com/PaddlePaddle/InterpretDL",
    ),
    "pnpxai": Convention(
        "pnpxai",
        long_last(10),
        mean,
        None,
        "mean",
        "mean",
        "https://github.com/OpenXAIProject/pnpxai",
    ),
}


@METRICS.register
@dataclass(frozen=True)
class Conventions(Metric):
    """How far apart the deletion areas of one map lie under six tools' conventions; each tool's two
    numbers are side values.
    """

    name = "conventions"
    title = "Spread over conventions"
    family = "sanity"
    unit = "probability"
    better = "lower"
    bounds = (0.0, 1.0)
    formula = r"\max_c \text{deletion}_c(\text{map}) - \min_c \text{deletion}_c(\text{map})"
    summary = "How far apart one map's deletion scores lie under the conventions of six tools."
    misleads = (
        "It says how much a number depends on its tool, not how good the map is. Compare the "
        "order of methods under each tool."
    )
    cite = OURS
    sides = {
        f"{name}_{area}": Side("probability", f"The {area} area by the convention of {tool.title}.")
        for name, tool in CONVENTIONS.items()
        for area in ("deletion", "insertion")
        if area == "deletion" or tool.insertion
    }

    def score(self, case: Case) -> Score:
        areas: dict[str, float] = {}
        for name, tool in CONVENTIONS.items():
            replaced = tool.grid(case.map.numel())
            shares = [count / case.map.numel() for count in replaced]
            areas[f"{name}_deletion"] = tool.deletion(
                read_counts(case, DELETION.walk(tool.removed), replaced), shares
            )
            if tool.insertion:
                areas[f"{name}_insertion"] = tool.insertion(
                    read_counts(case, INSERTION.walk(tool.covered), replaced), shares
                )
        deletions = [area for side, area in areas.items() if side.endswith("_deletion")]
        return Score(max(deletions) - min(deletions), sides=areas)
