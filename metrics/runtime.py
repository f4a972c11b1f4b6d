"""Runtime: what one map costs, in milliseconds, in memory and in passes through the model. The one
place that measures time and memory.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from heatcheck.attribution.base import Attribution
from heatcheck.core.registry import parameter
from heatcheck.metrics.base import METRICS, OURS, Case, Metric, Score, Side
from heatcheck.metrics.reference_maps import made_again

AGREE = 0.05  # how far apart, of the shorter, times may lie that need no third


@METRICS.register
@dataclass(frozen=True)
class Runtime(Metric):
    """Median wall time of one map, device synchronised, over maps that were made after a warm-up:
    the case's own and those that other metrics made of the same network count, and more are made
    until `repeats` are there or two agree.

    Peak memory is counted once for a method, a model and a size: the bytes of all tensors that are
    alive at once while a map is made. Buffers that an operation takes and gives back by itself are
    not seen.
    """

    name = "runtime"
    title = "Runtime"
    family = "cost"
    unit = "ms"
    better = "lower"
    bounds = (0.0, float("inf"))
    remakes = True
    scale = "log"
    sampled = False
    formula = r"\operatorname{median}_{r}\, t_r(\text{one map})"
    summary = (
        "Median time of one heatmap, after a warm-up; passes through the model and memory "
        "are counted beside it."
    )
    misleads = "Depends on the machine and its load; the passes do not."
    cite = OURS
    sides = {
        "lower_quartile": Side("ms", "Of the repeats."),
        "upper_quartile": Side("ms", "Of the repeats."),
        "forward_passes": Side("passes", "Images that go forward through the model for one map."),
        "backward_passes": Side("passes", "Images that go backward."),
        "forward_pass": Side(
            "ms", "One forward pass of the clean image: median over the repeats after a warm-up."
        ),
        "forward_backward": Side(
            "ms",
            "One forward and backward pass of the clean image, likewise; not there where "
            "the model has no gradient.",
        ),
        "in_forward_backwards": Side("times", "The value in units of that pass."),
        "peak_memory": Side(
            "MB",
            "Bytes of all tensors alive at once while one map is made, beyond those "
            "before; counted, not sampled.",
        ),
    }
    standard = True

    repeats: int = parameter(
        3,
        "Timed maps after the warm-up, fewer where two agree within a twentieth.",
        low=1,
        high=100,
        unit="maps",
        why="Enough for a median; the quartiles stay a hint. The passes are exact.",
    )

    def score(self, case: Case) -> Score:
        # where the process was cold, the case's own map was the warm-up
        runs = [run for run in (case.attribution, *made_again(case)) if run.warm]
        while len(runs) < self.repeats and not _agree(runs):
            runs.append(case.again())
        low, median, high = np.percentile([1000 * run.seconds for run in runs], [25, 50, 75])
        passes = case.attribution.passes
        sides = {
            "lower_quartile": float(low),
            "upper_quartile": float(high),
            "forward_passes": float(passes.forward),
            "backward_passes": float(passes.backward),
            "forward_pass": case.once(
                "forward pass ms", lambda: _median_ms(case, self.repeats, case.target.score)
            ),
            "peak_memory": _peak_memory(case) / 1e6,
        }
        if case.target.why_no_gradients() is None:
            both = case.once(
                "forward and backward pass ms",
                lambda: _median_ms(case, self.repeats, case.target.gradient),
            )
            sides |= {"forward_backward": both, "in_forward_backwards": float(median) / both}
        return Score(float(median), sides=sides)


def _agree(runs: Sequence[Attribution]) -> bool:
    """Whether two or more took the same, as near as anybody would ask."""
    seconds = [run.seconds for run in runs]
    return len(seconds) > 1 and max(seconds) <= (1 + AGREE) * min(seconds)


def _median_ms(case: Case, repeats: int, work: Callable[[Tensor], Any]) -> float:
    times = []
    for _ in range(1 + repeats):
        case.target.synchronise()
        start = time.perf_counter()
        work(case.x)
        case.target.synchronise()
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times[1:]))


_PEAKS: weakref.WeakKeyDictionary[nn.Module, dict[Any, int]] = weakref.WeakKeyDictionary()


def _peak_memory(case: Case) -> int:
    known = _PEAKS.setdefault(case.target.model, {})
    key = (case.attribution.method.digest, case.target.shape)
    if key not in known:
        with LiveTensors() as live:
            case.again()
        known[key] = live.peak
    return known[key]


class LiveTensors(TorchDispatchMode):
    """Within this, every tensor that an operation makes is counted while it is alive; `peak` is the
    most bytes at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._seen: set[int] = set()

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        outputs = function(*args, **(kwargs or {}))
        given = {
            id(value.untyped_storage())
            for value in tree_leaves((args, kwargs))
            if isinstance(value, Tensor)
        }
        for value in tree_leaves(outputs):
            # a view is no new memory
            if isinstance(value, Tensor) and id(value.untyped_storage()) not in self._seen | given:
                self._count(value.untyped_storage())
        return outputs

    def _count(self, storage: torch.UntypedStorage) -> None:
        size = storage.nbytes()
        self._seen.add(id(storage))
        weakref.finalize(storage, self._free, id(storage), size)
        self.now += size
        self.peak = max(self.peak, self.now)

    def _free(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self.now -= size
