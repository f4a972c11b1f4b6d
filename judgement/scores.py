"""A run's scores as judgement reads them: the run's table read by column once, each metric pivoted
once and kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from heatcheck.attribution.outputs import Output
from heatcheck.judgement.grid import Grid
from heatcheck.judgement.machines import ONE_KIND, Machines, machines_of, timed_alone
from heatcheck.judgement.model_check import ModelCheck, model_check
from heatcheck.metrics import METRICS
from heatcheck.metrics.base import BLANK
from heatcheck.runs.leases import UNDER_WAY
from heatcheck.runs.samples import size_of
from heatcheck.runs.store import Store

T = TypeVar("T")
READ = (  # of the tidy table
    *("image", "sample", "method", "method_params", "metric", "metric_params"),
    *("value", "unit", "better", "error", "machine"),
)


@dataclass(frozen=True, eq=False)
class Scores:
    """What a run measured, by metric, from its tidy table (`store.results.table`); `model` is what
    is known of the model itself.

    The table and what is made from it are shared by all who ask: read them, write nothing into
    them.
    """

    table: pd.DataFrame
    model: ModelCheck | None = None
    lone: bool = False  # whether the model has no other class to hold a map against
    under_way: bool = False  # whether the run waits or goes on, so that more may come
    machines: Machines = ONE_KIND  # on which it was computed
    # made from the table alone
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @staticmethod
    def of_run(store: Store, run: str) -> Scores:
        """A run's scores, with what its model answers on its images."""
        asked = store.runs.get(run)
        whole = store.results.table(run, READ)
        machines = machines_of(whole, store.results.machines(run))
        table = timed_alone(whole, machines)
        scores = Scores(table, None, asked.lone, asked.status in UNDER_WAY, machines)
        seen = store.results.images(run, pictures=False)
        known = model_check(seen, scores.sample_of, scores.moved, asked.output)
        return replace(scores, model=known)

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """`compute()`, which reads the table and nothing else, kept for all who ask for this
        key.
        """
        if key not in self._kept:
            self._kept[key] = compute()
        kept: T = self._kept[key]
        return kept

    @property
    def grid(self) -> Grid:
        """The table by places."""
        return self.once("grid", lambda: Grid(self.table))

    @property
    def yet(self) -> str:
        """What a sentence of something missing ends with: ` yet` while more may come."""
        return " yet" if self.under_way else ""

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The keys of methods and controls, in the run's order."""
        return self.grid.methods

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that have a row, in the registry's order; side values are not among them."""
        return tuple(metric for metric in METRICS.readable if metric in self.grid.metrics)

    @cached_property
    def images(self) -> int:
        """How many images have a row."""
        return len(self.grid.images)

    @cached_property
    def sample_of(self) -> dict[str, str]:
        """Which sample each image belongs to; in a table that does not say it, each is its own."""
        column = "sample" if "sample" in self.table else "image"
        return self.once("sample_of", lambda: dict(self.grid.first(column)))

    @cached_property
    def samples(self) -> int:
        """How many samples have a row: images of one group, or with the same bytes, are one."""
        return len(set(self.sample_of.values()))

    @property
    def barred(self) -> bool:
        """Whether nothing can be said of any map, since the model is not shown to know these
        images.
        """
        return self.model is not None and self.model.bars

    @property
    def moved(self) -> float | None:
        """The most that covering an image changed the explained probability; None where neither
        deletion nor insertion told both ends.
        """
        known = [
            float(gap.abs().max(axis=None)) for gap in self._covering if gap.notna().any(axis=None)
        ]
        return max(known, default=None)

    @cached_property
    def plain(self) -> bool:
        """Whether the model answers with plain scores, so that areas are in a unit of its own."""
        return Output.SCORE.unit in self.table["unit"].unique() if "unit" in self.table else False

    def unit_of(self, metric: str) -> str:
        """The unit of a metric in this run."""
        unit = METRICS[metric].unit
        return Output.SCORE.unit if self.plain and unit == Output.SOFTMAX.unit else unit

    def bounds(self, metric: str) -> tuple[float, float]:
        """Between which values a metric lies in this run; a plain score has no bounds."""
        same = self.unit_of(metric) == METRICS[metric].unit
        return METRICS[metric].bounds if same else (-math.inf, math.inf)

    @property
    def in_unit(self) -> str:
        """The unit of areas and gains, after a number."""
        return "in the output's own unit" if self.plain else "in probability"

    @cached_property
    def whole(self) -> float:
        """The change that thresholds are shares of: 1 of a probability; of a plain score the mean
        change from the clean image to the covered one, NaN where that is not measured.
        """
        if not self.plain:
            return 1.0
        known = [gap for gap in self._covering if gap.notna().any(axis=None)]
        gaps = [gap.abs().mean(axis=None) for gap in known]
        return float(np.mean(gaps)) if gaps else math.nan

    @property
    def _covering(self) -> list[pd.DataFrame]:
        """What covering an image changed, on each leg."""
        return [
            self.of_images(f"{area}.clean") - self.of_images(f"{area}.covered")
            for area in ("deletion", "insertion")
        ]

    @property
    def size(self) -> str:
        """`20 images`, or `20 images, 8 samples` where some belong together."""
        return size_of(self.images, self.samples)

    @property
    def unit(self) -> str:
        """What means, intervals and tests are over: `images`, or `samples` where that is fewer."""
        return "images" if self.samples == self.images else "samples"

    def of(self, metric: str) -> pd.DataFrame:
        """A metric or a side value (`runtime.forward_pass`) as samples x methods: the mean over the
        images of a sample that have a value. The methods are in their order; a sample whose every
        score failed is NaN. Without rows and columns where the run has none. The index is named
        `image` where each image is a sample, else `sample`: see `unit_of`.
        """
        return self.once(("samples", metric), lambda: self._by_sample(self.of_images(metric)))

    def _by_sample(self, wide: pd.DataFrame) -> pd.DataFrame:
        if self.samples == self.images:
            return wide
        return wide.groupby(self.sample_of).mean().rename_axis(index="sample")

    def of_images(self, metric: str) -> pd.DataFrame:
        """The same as images x methods, where one picture is asked about: images of one sample are
        no sample of their own, so no mean or test is made of it.
        """
        return self.once(("images", metric), lambda: self.grid.wide(metric))

    def better(self, metric: str) -> str:
        """Which way a measured metric is better: `lower` or `higher`."""
        return str(self.table["better"].iloc[self.grid.rows(metric)[0]])

    def measured(self, method: str) -> bool:
        """Whether a method has any value."""
        return method in self._measured

    def failures(self, metric: str, method: str) -> int:
        """How many scores of a method failed under a metric."""
        return self._failures.get((metric, method), 0)

    @cached_property
    def blanks(self) -> dict[str, int]:
        """On how many images a method's map is blank, by the method's key; none where it is none.
        Runs from before blank maps were refused have none.
        """
        return self.grid.counts((self.table["error"] == BLANK).to_numpy())

    @cached_property
    def drawn(self) -> dict[str, int]:
        """On how many images each method has a row, by the method's key."""
        return self.grid.counts(np.ones(len(self.table), dtype=bool))

    @cached_property
    def _measured(self) -> set[str]:
        return set(self.grid.counts(self.table["value"].notna().to_numpy()))

    @cached_property
    def _failures(self) -> dict[tuple[str, str], int]:
        failed = self.table[self.table["error"] != ""]
        counts = failed.groupby(["metric", "method"], observed=True).size()
        return {
            (str(metric), str(method)): int(count) for (metric, method), count in counts.items()
        }


def unit_of(wide: pd.DataFrame) -> str:
    """What the rows of `Scores.of` are: `images`, or `samples` of several."""
    return "samples" if wide.index.name == "sample" else "images"
