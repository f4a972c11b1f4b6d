"""A metric then and now, and the difference with its interval: paired where two runs share images,
else of two samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from heatcheck.answer.summary import Summary
from heatcheck.inputs import classifier_names
from heatcheck.judgement.score_parts import AREAS
from heatcheck.judgement.standings import mean_of
from heatcheck.judgement.statistics import ENOUGH, LEVEL, Estimate, estimate
from heatcheck.metrics import METRICS
from heatcheck.runs.records import Run

COMPARED = (*AREAS, "repeatability")

How = Literal["paired", "two samples", ""]


@dataclass(frozen=True, eq=False)
class Side:
    """One of two runs. `methods` and `settings` have a digest of what each method and metric is, by
    key and name; `images` the digest of each image's bytes, by name; `model` all that makes the
    model this one.
    """

    summary: Summary
    methods: Mapping[str, str]
    settings: Mapping[str, str]
    images: Mapping[str, str]
    model: str


@dataclass(frozen=True)
class Difference:
    """A method's mean under a metric, then and now, and now less then; why not where there is no
    difference.
    """

    metric: str
    then: Estimate | None
    now: Estimate | None
    difference: Estimate | None
    how: How = ""
    why_not: str = ""

    @property
    def words(self) -> str:
        """`better`, `worse`, `not told apart`; empty without an interval."""
        if self.difference is None or not self.difference.sure:
            return ""
        if not self.difference.excludes(0):
            return "not told apart"
        up = self.difference.mean > 0
        return "better" if up == (METRICS[self.metric].better == "higher") else "worse"


def models(then: Run, now: Run) -> tuple[str, str]:
    """What makes the model of each run that model: its question, how pictures are fitted to its
    input, and the digest of its weights where both runs know theirs.
    """
    questions = [
        f"{classifier_names.read(run.spec.classifier).question} {run.spec.fit}"
        for run in (then, now)
    ]
    weights = [run.provenance.get("weights_sha256", "") for run in (then, now)]
    if not all(weights):  # a run that has hardly begun does not know them yet
        weights = ["", ""]
    before, after = (" ".join(pair) for pair in zip(questions, weights, strict=True))
    return before, after


def difference(then: Side, now: Side, metric: str, old: str, new: str) -> Difference:
    """A metric of a method that is `old` in one run and `new` in the other: paired over at least
    five samples that both have, else as two samples (Welch); none across two models for areas, or
    across settings.
    """
    before, after = (_mean(side, metric, key) for side, key in ((then, old), (now, new)))
    if before is None or after is None:
        return Difference(metric, before, after, None, "", "not measured in both runs")
    if metric in AREAS and then.model != now.model:
        return Difference(metric, before, after, None, "", "two models: areas are not compared")
    if then.settings.get(metric) != now.settings.get(metric):
        return Difference(metric, before, after, None, "", "measured with other settings")
    paired = estimate(_paired(then, now, metric, old, new))
    if paired is not None and paired.n >= ENOUGH:
        return Difference(metric, before, after, paired, "paired")
    samples = [side.summary.scores.of(metric)[key] for side, key in ((now, new), (then, old))]
    return Difference(metric, before, after, welch(*samples), "two samples")


def _mean(side: Side, metric: str, key: str) -> Estimate | None:
    wide = side.summary.scores.of(metric)
    bounds = side.summary.scores.bounds(metric)
    return mean_of(metric, wide[key], bounds) if key in wide else None


def shared_images(then: Side, now: Side) -> set[str]:
    """The digests of the images that both runs have."""
    return set(then.images.values()) & set(now.images.values())


def _paired(then: Side, now: Side, metric: str, old: str, new: str) -> np.ndarray:
    """Now less then on the images that both runs have, a value a sample: images that either run
    holds for one sample are one.
    """
    columns = []
    for name, side, key in (("then", then, old), ("now", now, new)):
        values = side.summary.scores.of_images(metric)[key].dropna()
        frame = pd.DataFrame(
            {
                name: values,
                f"{name}_sample": values.index.map(side.summary.scores.sample_of),
                "digest": values.index.map(side.images),
            }
        )
        columns.append(frame.groupby("digest").agg({name: "mean", f"{name}_sample": "first"}))
    both = columns[0].join(columns[1], how="inner")
    if both.empty:
        return np.array([])
    samples = list(zip(both["then_sample"], both["now_sample"], strict=True))
    leads = both["now"] - both["then"]
    return leads.groupby(clusters(samples)).mean().to_numpy()


def clusters(samples: Sequence[tuple[str, str]]) -> np.ndarray:
    """A number an image: images that share a sample, in either of two runs, have the same."""
    labels = np.arange(len(samples))
    sides = [np.array(side, dtype=object) for side in zip(*samples, strict=True)]
    before = None
    while before is None or (labels != before).any():
        before = labels.copy()
        for side in sides:
            for sample in set(side):
                labels[side == sample] = labels[side == sample].min()
    return labels


def welch(now: Sequence[float] | pd.Series, then: Sequence[float] | pd.Series) -> Estimate | None:
    """The difference of the means of two independent samples with its 95 % interval (Welch 1947);
    None where one is empty, without an interval where one has fewer than five, or none has spread.
    `n` is the smaller sample's.
    """
    later, earlier = (
        sample[np.isfinite(sample)] for sample in (np.asarray(one, float) for one in (now, then))
    )
    if not len(later) or not len(earlier):
        return None
    mean, n = float(later.mean() - earlier.mean()), min(len(later), len(earlier))
    if n < ENOUGH:
        return Estimate(mean, None, None, n)
    if max(np.ptp(later), np.ptp(earlier)) == 0:
        return Estimate(mean, None, None, n, constant=True)
    interval = stats.ttest_ind(later, earlier, equal_var=False).confidence_interval(LEVEL)
    return Estimate(mean, float(interval.low), float(interval.high), n)
