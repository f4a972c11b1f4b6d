"""A run's scores as judgement reads them: made once from the run's table, each metric pivoted once
and kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from heatcheck.metrics import METRICS


@dataclass(frozen=True, eq=False)
class Scores:
    """What a run measured, by metric, from its tidy table (`store.results.table`).

    The table and what is made from it are shared by all who ask: read them, write nothing into
    them.
    """

    table: pd.DataFrame
    _pivots: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The keys of methods and controls, in the run's order."""
        return tuple(dict.fromkeys(self.table["method"]))

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that have a row, in the registry's order; side values are not among them."""
        return tuple(metric for metric in METRICS.readable if metric in self._rows)

    @cached_property
    def images(self) -> int:
        """How many images have a row."""
        return int(self.table["image"].nunique())

    def of(self, metric: str) -> pd.DataFrame:
        """A metric or a side value (`runtime.forward_pass`) as images x methods, the methods in
        their order; a failed score is NaN. Without rows and columns where the run has none.
        """
        if metric not in self._pivots:
            rows = self._rows.get(metric, self.table.iloc[:0])
            self._pivots[metric] = rows.pivot(
                index="image", columns="method", values="value"
            ).reindex(columns=list(dict.fromkeys(rows["method"])))
        return self._pivots[metric]

    def better(self, metric: str) -> str:
        """Which way a measured metric is better: `lower` or `higher`."""
        return str(self._rows[metric]["better"].iloc[0])

    def failures(self, metric: str, method: str) -> int:
        """How many scores of a method failed under a metric."""
        return self._failures.get((metric, method), 0)

    @cached_property
    def _rows(self) -> dict[str, pd.DataFrame]:
        return {str(metric): rows for metric, rows in self.table.groupby("metric", sort=False)}

    @cached_property
    def _failures(self) -> dict[tuple[str, str], int]:
        failed = self.table[self.table["error"] != ""]
        return {
            (str(metric), str(method)): int(count)
            for (metric, method), count in failed.groupby(["metric", "method"]).size().items()
        }
