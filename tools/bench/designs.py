"""Ways to read an area off a few points of a curve, tried on whole curves: why drawn points are as
they are (decision 019).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from heatcheck.attribution import METHODS, attribute
from heatcheck.inputs import classifiers, image_sets, images
from heatcheck.metrics import Case
from heatcheck.metrics.direction import DELETION, INSERTION
from heatcheck.metrics.drawn_points import LEAN, strata
from heatcheck.metrics.orders import STEPS
from heatcheck.metrics.walks import Walk, walk_together

PHOTOGRAPHS, DRAWS = 3, 150
TRIED = ("vanilla_gradients", "integrated_gradients", "smoothgrad", "grad_cam", "edges")
WALKS = {
    "deletion to mean": DELETION.walk("mean"),
    "deletion to black": DELETION.walk("black"),
    "insertion from mean": INSERTION.walk("mean"),
    "insertion from blur": INSERTION.walk("blur"),
}
Estimate = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def one_each(curves: np.ndarray, bounds: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """One point a stratum stands for all of it: areas of `curves[N, STEPS + 1]`."""
    return _summed(curves, bounds, curves[:, inner])


def with_slopes(curves: np.ndarray, bounds: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The same, moved to the stratum's middle along the slope between its neighbours' points."""
    places = np.array([0, *inner, STEPS])
    heights = curves[:, places]
    slopes = (heights[:, 2:] - heights[:, :-2]) / (places[2:] - places[:-2])
    middles = (bounds[:-1] + bounds[1:] - 1) / 2
    return _summed(curves, bounds, heights[:, 1:-1] - slopes * (inner - middles))


def trapezoid(curves: np.ndarray, bounds: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The area under the line through the points."""
    places = np.array([0, *inner, STEPS])
    return np.trapezoid(curves[:, places], places / STEPS, axis=1)


def _summed(curves: np.ndarray, bounds: np.ndarray, heights: np.ndarray) -> np.ndarray:
    ends = (curves[:, 0] + curves[:, -1]) / 2
    return (ends + heights @ np.diff(bounds)) / STEPS


DESIGNS: dict[str, tuple[Estimate, float]] = {
    "one point a stratum, even strata": (one_each, 1.0),
    "one point a stratum, denser at the beginning": (one_each, LEAN),
    "with the neighbours' slope, even strata": (with_slopes, 1.0),
    "with the neighbours' slope, denser at the beginning": (with_slopes, LEAN),
    "the line through the points, denser at the beginning": (trapezoid, LEAN),
}


def print_designs(counts: Sequence[int] = (7, 9, 11)) -> None:
    """The standard deviation of an area under each design, and the largest bias over the walks."""
    by_walk = _whole_curves()
    heads = [f"SD, {title}" for title in by_walk]
    print(f"| points | design | {' | '.join(heads)} | largest bias |")
    print("|---:|---|" + "---:|" * (len(heads) + 1))
    for count in counts:
        for title, (estimate, lean) in DESIGNS.items():
            bounds = strata(count, lean)
            stream = np.random.default_rng(0)
            drawn = [
                np.array([stream.integers(*ends) for ends in itertools.pairwise(bounds)])
                for _ in range(DRAWS)
            ]
            spreads, biases = [], []
            for curves in by_walk.values():
                exact = np.trapezoid(curves, dx=1 / STEPS, axis=1)
                off = np.array([estimate(curves, bounds, inner) - exact for inner in drawn])
                spreads.append(f"{float(np.sqrt(off.var(axis=0).mean())):.4f}")
                biases.append(float(off.mean()))
            worst = max(biases, key=abs)
            print(f"| {count} | {title} | {' | '.join(spreads)} | {worst:+.4f} |", flush=True)


def _whole_curves() -> dict[str, np.ndarray]:
    """The probabilities at all points of the grid, own and misplaced, by walk: `[N, STEPS + 1]`."""
    loaded = classifiers.load("efficientnet_lite0")
    curves: dict[str, list[tuple[float, ...]]] = {title: [] for title in WALKS}
    for image in image_sets.load(image_sets.SAMPLES)[::2][:PHOTOGRAPHS]:
        x = loaded.to_input(images.picture(image.encoded(), loaded.size))
        target = loaded.target(x, int(loaded.probabilities(x).argmax()))
        for name in TRIED:
            made = attribute(METHODS.build(name), target, x, about=image.digest)
            case = Case(target, x, made, image.digest)
            for title, walk in WALKS.items():
                both = [Walk(walk.start, walk.stop, order) for order in ("own", "misplaced")]
                for sampled in walk_together(case, both, "all", 0.005).values():
                    curves[title].append(sampled.curve.probabilities)
    return {title: np.array(found) for title, found in curves.items()}
