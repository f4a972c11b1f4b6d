"""What nine drawn points leave of a run's numbers: a stored run whose curves are known is read at
points that are drawn anew, many times, and everything is judged again from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from heatcheck.core.errors import RunProblem
from heatcheck.core.randomness import generator
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import Standing, standings
from heatcheck.metrics import METRICS
from heatcheck.metrics.areas import Area
from heatcheck.metrics.curves import ON, CurveMetric
from heatcheck.metrics.drawn_points import draw, estimate
from heatcheck.metrics.orders import STEPS
from heatcheck.metrics.walks import DRAWN
from heatcheck.runs.metric_settings import FEW
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store

SEEDS = 50
Curves = dict[tuple[str, str, str], np.ndarray]  # of a row, image and method: at each grid point


@dataclass(frozen=True, eq=False)
class Known:
    """A run whose curves are known at all points of the grid, or nearly."""

    spec: RunSpec
    table: pd.DataFrame
    findings: pd.DataFrame
    curves: Curves

    @staticmethod
    def read(store: Store, run: str) -> Known:
        """From a store. Raises RunProblem where the run's own points were drawn."""
        known = store.runs.get(run)
        spec = known.spec
        points = {str(metric.points) for metric in spec.metrics if isinstance(metric, CurveMetric)}
        if points & set(DRAWN) or not points:
            raise RunProblem(
                f"Expected a run whose curves are known, all or adaptive. Got {sorted(points)}. "
                "Say: heatcheck run --points all"
            )
        if known.status != "finished":
            raise RunProblem(
                f"Expected a finished run. Run {known.id} is {known.status}. Go on with it: "
                f"heatcheck resume {known.id}"
            )
        grid = np.linspace(0, 1, STEPS + 1)
        curves = {
            (str(row), str(image), str(method)): np.interp(
                grid, points["fraction"], points["probability"]
            )
            for (row, image, method), points in store.results.curves(run).groupby(
                ["metric", "image", "method"]
            )
        }
        return Known(spec, store.results.table(run), store.results.findings(run), curves)

    def scored(self, seed: int | None) -> pd.DataFrame:
        """The run's table with every area and gain read anew: at points of a seed, or at all."""
        values: dict[tuple[str, str, str], float] = {}
        for metric in self.spec.metrics:
            if isinstance(metric, CurveMetric):
                for image, method in self._cells(metric):
                    each = {
                        on: self._value(metric, image, method, on, seed) for on in metric.substrates
                    }
                    values[metric.name, image, method] = float(np.mean(list(each.values())))
                    for on, value in each.items():
                        values[f"{metric.name}.{ON}{on}", image, method] = value
        keys = zip(self.table["metric"], self.table["image"], self.table["method"], strict=True)
        table = self.table.copy()
        table["value"] = [
            values.get(key, known) for key, known in zip(keys, self.table["value"], strict=True)
        ]
        return table

    def _cells(self, metric: CurveMetric) -> Iterator[tuple[str, str]]:
        row = f"{metric.name}.{ON}{metric.substrates[0]}"
        return ((image, method) for name, image, method in self.curves if name == row)

    def _value(
        self, metric: CurveMetric, image: str, method: str, on: str, seed: int | None
    ) -> float:
        place = _weights_of(seed, image, metric.direction.better, on)
        area = float(place @ self.curves[f"{metric.name}.{ON}{on}", image, method])
        if isinstance(metric, Area):
            return area
        whole = "deletion" if metric.direction.starts_clean else "insertion"
        own = float(place @ self.curves[f"{whole}.{ON}{on}", image, method])
        return metric.direction.gain(own, area)


@cache
def _weights_of(seed: int | None, image: str, direction: str, on: str) -> np.ndarray:
    """By how much each point of the grid counts in an area `[STEPS + 1]`; it is linear in them."""
    weights = np.zeros(STEPS + 1)
    if seed is None:
        weights[:] = 1 / STEPS
        weights[[0, -1]] /= 2
        return weights
    places = np.array(draw(DRAWN[FEW], generator(seed, image, direction, on)))
    for number, place in enumerate(places):
        weights[place] = estimate(places, np.eye(len(places))[number])[0]
    return weights


def print_budget(run: str, url: str | None = None) -> None:
    """Bias, spread, and what of marks and evidence changes, over SEEDS draws of the points."""
    store = Store(url)
    known = Known.read(store, store.runs.id_of(run))
    exact = Scores(known.scored(None))
    drawn = [Scores(known.scored(seed)) for seed in range(SEEDS)]
    metrics = [metric for metric in known.spec.metrics if isinstance(metric, CurveMetric)]
    print(
        "| score | SD a cell | added to the variance of a mean | of a paired difference | "
        "interval wider by |\n|---|---:|---:|---:|---:|"
    )
    largest, cells = 0.0, 0
    for metric in metrics:
        wide = exact.of(metric.name)
        read = np.stack([scores.of(metric.name).to_numpy() for scores in drawn])
        off = read - wide.to_numpy()
        means = np.nanmean(off, axis=1)  # seeds x methods
        spread = means.std(axis=0, ddof=1)
        moved = spread > 1e-12
        z = np.abs(means.mean(axis=0)[moved]) / spread[moved] * np.sqrt(SEEDS)
        largest, cells = max(largest, *z), cells + int(moved.sum())
        added = np.nanvar(off, axis=0).mean(axis=0)[moved] / wide.var()[moved]
        print(
            f"| {METRICS[metric.name].title} | {np.sqrt(np.nanvar(off, axis=0).mean()):.4f} | "
            f"{100 * added.mean():.1f} % | {100 * _of_differences(off, wide):.1f} % | "
            f"{100 * _wider(exact, drawn, metric.name):.1f} % |"
        )
    limit = stats.t.ppf(1 - 0.025 / cells, SEEDS - 1)
    print(
        f"\nBias: the largest |z| of {cells} means over {SEEDS} draws is {largest:.2f}; the "
        f"simultaneous 95 % limit is {limit:.2f}."
    )
    _print_changes(exact, drawn, [metric.name for metric in metrics])


def _of_differences(off: np.ndarray, wide: pd.DataFrame) -> float:
    """What is added to the variance of a paired difference, the median over pairs of methods."""
    shares = []
    for first in range(off.shape[2]):
        for second in range(first):
            between = (wide.iloc[:, first] - wide.iloc[:, second]).var()
            apart = np.nanvar(off[:, :, first] - off[:, :, second], axis=0).mean()
            if between > 1e-12:
                shares.append(apart / between)
    return float(np.median(shares))


def _wider(exact: Scores, drawn: list[Scores], metric: str) -> float:
    """How much wider the intervals of means are, on average."""
    widths = _widths(exact, metric)
    ratios = [
        width / widths[method]
        for scores in drawn
        for method, width in _widths(scores, metric).items()
        if widths.get(method)
    ]
    return float(np.mean(ratios)) - 1


def _widths(scores: Scores, metric: str) -> dict[str, float]:
    return {
        row.method: row.estimate.high - row.estimate.low
        for row in standings(scores, [metric])
        if row.estimate and row.estimate.high is not None and row.estimate.low is not None
    }


def _print_changes(exact: Scores, drawn: list[Scores], metrics: list[str]) -> None:
    marks = {(row.method, row.metric): _mark(row) for row in standings(exact, metrics)}
    changed = [
        sum(marks[row.method, row.metric] != _mark(row) for row in standings(scores, metrics))
        for scores in drawn
    ]
    print(
        f"Marks of the leaderboard: of {len(marks)}, {np.mean(changed):.1f} are others on average."
    )
    evidence = _evidence(exact)
    others = [_evidence(scores) for scores in drawn]
    print(
        "\n| evidence | mark | p, all points | p, drawn: 5th to 95th percentile | other marks |\n"
        "|---|---|---:|---:|---:|"
    )
    for key, (mark, p) in evidence.items():
        ps = np.percentile([other[key][1] for other in others], [5, 95])
        flipped = sum(other[key][0] != mark for other in others)
        print(
            f"| {title_of(key[0])}, {key[1]} | {mark} | {p:.3f} | {ps[0]:.3f} to {ps[1]:.3f} | "
            f"{flipped} of {len(others)} |"
        )


def _mark(row: Standing) -> tuple[bool, bool | None]:
    return row.best, row.beats_random


def _evidence(scores: Scores) -> dict[tuple[str, str], tuple[str, float]]:
    evidence = Evidence(scores)
    showings = (
        evidence.of(method, question)
        for method in evidence.methods
        for question in ("place", "picture", "model")
    )
    return {(one.method, one.question): (one.mark, one.p) for one in showings}
