"""From the tidy table to one row a method x metric: mean, interval, and who may be the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from heatcheck.attribution.given import Given
from heatcheck.core.numbers import counted
from heatcheck.judgement.phrases import interval
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import (
    ENOUGH,
    FEW,
    LEVEL,
    Estimate,
    estimate,
    interval_caution,
    p_above_zero_each,
    p_more_hits,
)
from heatcheck.metrics import METRICS
from heatcheck.metrics.repeatability import SCALES
from heatcheck.runs.keys import is_control, kind_of, name_of

NEVER = "–"  # in place of a value that the metric does not give for the method


@dataclass(frozen=True)
class Standing:
    """A method under a metric."""

    method: str  # the key in the run
    metric: str
    estimate: Estimate | None  # None where no image has a value: all failed, or none was reached
    failed: int
    best: bool  # whether it may be the best: see `candidates`
    beats_random: bool | None = (
        # None for controls, for metrics on which random maps are no measure, and where Random did
        # not run
        None
    )
    whole: bool = True  # whether it has a value on every image that has one of any method
    skewed: bool = False  # whether the sample shows that its interval may be too short
    passes: str = ""  # of a time, the passes that were counted for one map: `50 + 50`

    @property
    def never(self) -> bool:
        """Whether it has no value and none will come: the metric says nothing about maps of this
        method.
        """
        return self.estimate is None and bool(self.why_never)

    @property
    def why_never(self) -> str | None:
        """Why the metric says nothing about maps of this method; None where it does."""
        kind = kind_of(self.method)
        return METRICS[self.metric].why_not(kind()) if kind.offered or kind is Given else None

    @property
    def text(self) -> str:
        """The whole cell: the mean, its interval or a unit where it has none, and the remark."""
        if self.never:
            return NEVER
        bare = self.estimate is not None and not self.estimate.sampled
        return f"{interval(self.estimate)}{f' {METRICS[self.metric].unit}' * bare}{self.remark}"

    @property
    def remark(self) -> str:
        """What belongs beside the interval: the passes of a time, and the cautions."""
        passes = [f"{self.passes} passes"] if self.passes else []
        return "".join(f", {part}" for part in (*passes, *self.cautions))

    @property
    def cautions(self) -> list[str]:
        """On how many images it stands where others have more, how many failed, and whether so
        skewed a sample may have too short an interval.
        """
        fewer = self.estimate is not None and self.estimate.sure and not self.whole
        return [
            *([f"n = {self.estimate.n}"] if self.estimate and fewer else []),
            *([f"{self.failed} failed"] if self.failed else []),
            *(["skewed"] if self.skewed else []),
        ]


def standings(scores: Scores, metrics: Sequence[str] | None = None) -> list[Standing]:
    """Every method of a run under every metric that it measured, or under those of `metrics` that
    it measured; in a run that is under way some have no value yet.

    Controls take part: a table in which a control may be the best should say so.
    """
    rows = []
    for metric in scores.metrics if metrics is None else metrics:
        if metric not in scores.metrics:
            continue
        wide = scores.of(metric).reindex(columns=list(scores.methods))
        better = scores.better(metric)
        images = int(wide.notna().any(axis=1).sum())
        sampled = METRICS[metric].sampled
        best = candidates(wide, metric, better) if sampled else set()
        for method in wide.columns:
            mean = mean_of(metric, wide[method], scores.bounds(metric))
            rows.append(
                Standing(
                    method,
                    metric,
                    mean,
                    scores.failures(metric, method),
                    method in best,
                    _beats_random(wide, method, metric, better),
                    mean is not None and mean.n == images,
                    sampled
                    and interval_caution(wide[method].to_numpy(), METRICS[metric].scale)
                    == "skewed",
                    passes(scores, method, metric),
                )
            )
    return rows


def on_intervals(standing: Sequence[Standing]) -> str:
    """Where intervals may be too short, for people; empty where none need be."""
    sure = [row for row in standing if row.estimate is not None and row.estimate.sure]
    few = any(row.estimate is not None and row.estimate.n < FEW for row in sure)
    parts = [
        f"With fewer than {FEW} images an interval of skewed scores holds the true mean less often "
        "than it says."
        if few
        else "",
        "“skewed”: a few images carry the mean, and its interval may be too short."
        if any(row.skewed for row in sure)
        else "",
    ]
    return " ".join(part for part in parts if part)


def mean_of(
    metric: str, sample: pd.Series, bounds: tuple[float, float] | None = None
) -> Estimate | None:
    """A metric's mean over images on the metric's own scale, its interval within bounds, the
    metric's own where none are given; without one where images are no sample of it.
    """
    if metric not in METRICS.readable:
        return estimate(sample.to_numpy())
    mean = estimate(sample.to_numpy(), METRICS[metric].scale)
    if mean is not None and not METRICS[metric].sampled:
        return Estimate(mean.mean, None, None, mean.n, sampled=False)
    if mean is None or mean.low is None or mean.high is None:
        return mean
    lowest, highest = bounds or METRICS[metric].bounds
    return Estimate(mean.mean, max(mean.low, lowest), min(mean.high, highest), mean.n)


def milliseconds(scores: Scores, method: str) -> float | None:
    """What one map took, the mean over images as the leaderboard has it; None where it was not
    timed.
    """
    wide = scores.of("runtime")
    mean = mean_of("runtime", wide[method]) if method in wide else None
    return mean.mean if mean else None


def passes(scores: Scores, method: str, metric: str = "runtime") -> str:
    """The passes of one map, forward + backward, mean over images; empty where none are counted."""
    counts = [
        float(wide[method].mean()) if method in wide else np.nan
        for way in ("forward", "backward")
        for wide in (scores.of(f"{metric}.{way}_passes"),)
    ]
    if not np.isfinite(counts).all():
        return ""
    return " + ".join(map(counted, counts))


def repeatability(scores: Scores) -> dict[str, dict[int, Estimate]]:
    """How much of each method's maps comes again, by the side of the squares over which they are
    averaged, in pixels. Empty where the run has not measured it.
    """
    return scores.once("repeatability", lambda: _repeatability(scores))


def _repeatability(scores: Scores) -> dict[str, dict[int, Estimate]]:
    by_method: dict[str, dict[int, Estimate]] = {}
    for scale in SCALES:
        wide = scores.of(f"repeatability.at_{scale}")
        for key in wide:
            if mean := estimate(wide[key].to_numpy()):
                by_method.setdefault(str(key), {})[scale] = mean
    return by_method


def candidates(wide: pd.DataFrame, metric: str, better: str) -> set[str]:
    """The methods that may be the best: a set that holds each truly best method with 95 % or more,
    as far as a t test holds, however many there are.

    A method is out where some other is better image by image, one-sided at 5 % over the number of
    others (Bonferroni); no leader is chosen first. Methods with too few images for an interval are
    not in. Hits are compared by McNemar's exact test.
    """
    hits = metric in METRICS and METRICS[metric].scale == "hits"
    values = wide.to_numpy(dtype=np.float64).T
    scaled = (np.log(np.where(values > 0, values, np.nan)) if _log(metric) else values) * (
        1 if better == "higher" else -1
    )
    present = np.isfinite(scaled)
    entered = np.flatnonzero(present.sum(axis=1) >= ENOUGH)
    level = (1 - LEVEL) / max(1, len(entered) - 1)
    unbeaten = set(entered.tolist())
    # who beats a method is found early
    for other in sorted(entered, key=lambda row: -float(scaled[row][present[row]].mean())):
        rest = [row for row in sorted(unbeaten) if row != other]
        beaten = _beaten(scaled[other] - scaled[rest], level, hits)
        unbeaten -= {row for row, lost in zip(rest, beaten, strict=True) if lost}
    return {wide.columns[row] for row in unbeaten}


def _beaten(leads: np.ndarray, level: float, hits: bool) -> np.ndarray:
    """For each row of `[m, images]`, whether a lead, image by image, is above zero at this level,
    one-sided; a lead that is none on average needs no test.
    """
    known = np.isfinite(leads)
    ahead = np.where(known, leads, 0.0).sum(axis=1) > 0
    tested = leads[ahead]
    p = np.array([p_more_hits(lead) for lead in tested]) if hits else p_above_zero_each(tested)
    ahead[ahead] = p <= level
    return ahead


def against_controls(metric: str) -> bool:
    """Whether a map that explains nothing is a measure for others under this metric."""
    return METRICS[metric].family in ("faithfulness", "placement")


def skills(scores: Scores, metric: str) -> dict[str, dict[str, Estimate]]:
    """For each control of the run, how much better each method is, image by image, in the metric's
    unit; above zero the method is better.
    """
    wide = scores.of(metric)
    methods, controls = (
        [key for key in wide if is_control(key) == which] for which in (False, True)
    )
    better = METRICS[metric].better
    leads = {
        control: {key: lead for key in methods if (lead := better_by(wide, key, control, better))}
        for control in controls
    }
    return {control: by_method for control, by_method in leads.items() if by_method}


def better_by(
    wide: pd.DataFrame, method: str, other: str, better: str = "higher"
) -> Estimate | None:
    """How much better a method is than another, image by image, from images x methods; above zero
    it is better.
    """
    lead = wide[method].to_numpy() - wide[other].to_numpy()
    return estimate(lead if better == "higher" else -lead)


def _beats_random(wide: pd.DataFrame, method: str, metric: str, better: str) -> bool | None:
    """Whether the paired 95 % interval of the difference from Random lies on the better side of
    zero; of hits, McNemar's test at the same level.
    """
    chance = next((key for key in wide.columns if name_of(key) == "random"), None)
    if chance is None or is_control(method) or not against_controls(metric):
        return None
    if METRICS[metric].scale == "hits":
        leads = (wide[method] - wide[chance]).dropna().to_numpy()
        return p_more_hits(leads) <= (1 - LEVEL) / 2 if len(leads) >= ENOUGH else None
    difference = better_by(wide, method, chance, better)
    return difference.above_zero if difference and difference.sure else None


def _log(metric: str) -> bool:
    return metric in METRICS.readable and METRICS[metric].scale == "log"
