"""Runtime: what one map costs, in milliseconds and in passes through the model."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from attribution.base import attribute
from attribution.registry import Citation, parameter
from metrics.base import METRICS, Case, Metric, Score


@METRICS.register
@dataclass(frozen=True)
class Runtime(Metric):
    """Median wall time of one map over `repeats` after a warm-up, device synchronised. The case's own map counts where it was warm.

    Side values: the quartiles, the forward and backward passes of one map, and the time of one forward pass beside it.
    """

    name = "runtime"
    title = "Runtime"
    family = "cost"
    unit = "ms"
    better = "lower"
    bounds = (0.0, float("inf"))
    scale = "log"
    summary = "Median time of one heatmap, after a warm-up; passes through the model are counted beside it."
    misleads = "Depends on the machine and its load; the passes do not."
    cite = Citation("Heatcheck", 2026, "Runtime and passes of one map", "docs/metrics.md")

    repeats: int = parameter(3, "Timed repeats after the warm-up.", low=1, high=100)

    def score(self, case: Case) -> Score:
        own = case.attribution
        runs = [own] if own.warm else []  # where the process was cold, the case's own map was the warm-up
        while len(runs) < self.repeats:
            runs.append(attribute(own.method, case.target, case.x, seed=own.seed, about=case.about))
        low, median, high = np.percentile([1000 * run.seconds for run in runs], [25, 50, 75])
        passes = runs[0].passes
        return Score(
            float(median),
            sides={
                "lower_quartile": float(low),
                "upper_quartile": float(high),
                "forward_passes": float(passes.forward),
                "backward_passes": float(passes.backward),
                "forward_pass": case.once("forward pass ms", lambda: _forward_ms(case, self.repeats)),
            },
        )


def _forward_ms(case: Case, repeats: int) -> float:
    times = []
    for _ in range(1 + repeats):
        case.target.synchronise()
        start = time.perf_counter()
        case.target.score(case.x)
        case.target.synchronise()
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times[1:]))
