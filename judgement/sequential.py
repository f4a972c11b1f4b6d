"""A run that may stop by itself: one metric and two methods named before, and an always-valid
interval for their mean difference, which may be looked at after each image.

The interval is the hedged capital confidence sequence of Waudby-Smith and Ramdas (2024, Estimating
means of bounded random variables by betting, Journal of the Royal Statistical Society B 86,
theorem 3), with its plug-in bets. For each value that the mean might have, one gambler bets that it
is more and one that it is less, on each image with the images before. Were it the mean, neither
would ever turn 1 into 40 with more than a chance of 2.5 % (Ville's inequality), so what makes
either rich is left out. That holds at all numbers of images at once, from the first, whatever the
law of the differences. It takes a known range, so it is for metrics that have one.

The mean is that of the images that a run's images are drawn from, one sample (a group counts once)
independent of the other: the order is drawn by lot, and no looks are taken out of that order. That
the run's own images come to an end makes the interval no shorter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from heatcheck.core.errors import BadParameter, shown
from heatcheck.core.numbers import counted, in_full
from heatcheck.judgement.phrases import three_digits, title_of
from heatcheck.judgement.statistics import LEVEL, ROUNDING
from heatcheck.metrics import METRICS, OTHER_IMAGES

FIRST = 10  # samples before the first look: fewer cannot decide at 95 %
BET = 0.75  # of what a gambler has, that may be lost on one image
MOST_MISSING = 0.1  # of the samples, on which a method may have no score
TRIES = 60  # halvings of the range in the search for an end
FORM = "METRIC:METHOD,METHOD"


@dataclass(frozen=True)
class Look:
    """What the first samples say: the mean difference with its always-valid interval, and whether
    that leaves zero. `n` counts differences, `left_out` the samples without one.
    """

    n: int
    mean: float
    low: float
    high: float
    decided: bool
    left_out: int = 0


def due(samples: int) -> bool:
    """Whether a look is taken after so many complete samples: each of the first hundred, then each
    tenth, from a thousand on each hundredth, and so on.
    """
    return samples >= FIRST and samples % 10 ** max(0, len(str(samples)) - 2) == 0


def look(
    differences: Sequence[float] | np.ndarray, level: float = LEVEL, span: float = 1.0
) -> Look | None:
    """The look after these samples, in their order; None for fewer than `FIRST` differences.

    Args:
        differences: first method less second, a value a sample; NaN where one has no score.
        level: how sure the interval is, over all looks together.
        span: the length of the metric's range; differences lie between -span and span.

    Raises:
        BadParameter: a difference, the level or the span is outside its range.
    """
    values, unit = _checked(differences, level, span)
    if len(unit) < FIRST:
        return None
    left_out = len(values) - len(unit)
    low, high = _lower_end(unit, level), 1 - _lower_end(1 - unit, level)
    decided = _leaves_zero(unit, level) and _enough(len(values), left_out)
    mean = float(values[np.isfinite(values)].mean())
    ends = (span * (2 * low - 1), span * (2 * high - 1))
    return Look(len(unit), mean, *ends, decided, left_out)


@dataclass(frozen=True)
class Question:
    """What a run may stop for: which of two methods, by their keys, is better under a metric."""

    metric: str
    first: str
    second: str

    @staticmethod
    def read(text: str) -> Question:
        """From `METRIC:METHOD,METHOD`, as `deletion:grad_cam,smoothgrad`.

        Raises:
            BadParameter: not of that form, one method twice, or a metric that cannot be looked at.
            UnknownName: no metric has the name.
        """
        metric, colon, methods = text.strip().partition(":")
        keys = [key.strip() for key in methods.split(",")]
        if not colon or len(keys) != 2 or not all(keys) or not metric.strip():
            raise BadParameter(
                f"Expected {FORM}. Got {shown(text)}. Say for example deletion:grad_cam,smoothgrad."
            )
        if keys[0] == keys[1]:
            raise BadParameter(
                f"Expected two methods. Got {shown(keys[0])} twice. Name another to compare."
            )
        question = Question(metric.strip(), *keys)
        if why := _why_not(question.metric):
            raise BadParameter(
                f"Expected a metric that can decide early. Got {shown(question.metric)}: {why}. "
                "Deletion and insertion can."
            )
        return question

    def check(self, methods: Sequence[str], metrics: Sequence[str], *, plain: bool = False) -> None:
        """Refuse what a run does not measure; `plain`: its model answers with plain scores.

        Raises:
            BadParameter: a method or the metric is not in the run, or has no range there.
        """
        for kind, name, known in (
            ("metric", self.metric, metrics),
            *(("method", key, methods) for key in (self.first, self.second)),
        ):
            if name not in known:
                raise BadParameter(
                    f"Expected a {kind} of this run. Got {shown(name)}. It has {', '.join(known)}."
                )
        if plain and METRICS[self.metric].unit == "probability":
            raise BadParameter(
                "Expected a metric with a range. Got one in the unit of plain scores, which have "
                f"none: {shown(self.metric)}. Leave it out, and all images are measured."
            )

    @property
    def text(self) -> str:
        """`read` is the inverse."""
        return f"{self.metric}:{self.first},{self.second}"

    @property
    def span(self) -> float:
        """The length of the metric's range."""
        low, high = METRICS[self.metric].bounds
        return high - low

    def differences(
        self, wide: pd.DataFrame, order: Sequence[str], sample_of: Mapping[str, str]
    ) -> np.ndarray:
        """First less second, a value a complete sample, in the order in which samples are complete;
        NaN where one has no score.

        Args:
            wide: the metric, images x methods.
            order: the images that are measured, in the run's order.
            sample_of: the sample of every image of the run.
        """
        open_ones = {sample_of[image] for image in set(sample_of).difference(order)}
        there = wide.reindex(index=list(order), columns=[self.first, self.second])
        samples = pd.Index([sample_of[image] for image in order])
        gaps = there[self.first] - there[self.second]  # of images that have both
        means = gaps.groupby(samples, sort=False).mean()
        closing = samples[~samples.duplicated(keep="last")]
        complete = closing[~closing.isin(open_ones)]
        return means.loc[complete].to_numpy(dtype=np.float64)

    def look(self, differences: np.ndarray, level: float = LEVEL) -> Look | None:
        """The look after these samples."""
        return look(differences, level, self.span)

    def sentence(self, seen: Look | None, samples: int, unit: str = "images") -> str:
        """What came of it, for the page: `samples` is how many the run would have at most."""
        names = title_of(self.first), title_of(self.second)
        title = METRICS[self.metric].title
        if seen is None:
            return (
                f"{title}, {names[0]} against {names[1]}: not decided, since the first look takes "
                f"{FIRST} {unit}."
            )
        measured = seen.n + seen.left_out
        where = f"{counted(measured)} of {counted(samples)} {unit}"
        if seen.decided:
            up = (seen.mean > 0) == (METRICS[self.metric].better == "higher")
            better, worse = names if up else names[::-1]
            told = f"{better} is better than {worse}, decided after {where}."
        elif not _enough(measured, seen.left_out):
            told = (
                f"{names[0]} against {names[1]} is not decided: a score is missing on "
                f"{counted(seen.left_out)} of {counted(measured)} {unit}, which is too many."
            )
        else:
            told = f"{names[0]} and {names[1]} are not told apart after {where}."
        low, high = three_digits(seen.low), three_digits(seen.high)
        parts = [
            f"{title}: {told}",
            f"{names[0]} less {names[1]} is {three_digits(seen.mean)} on average, with the "
            f"always-valid interval from {low} to {high}: 95 %, however often one looks.",
        ]
        if seen.left_out and _enough(measured, seen.left_out):
            parts.append(f"On {counted(seen.left_out)} of these {unit} a score is missing.")
        if seen.decided and measured < samples:
            parts.append("Other intervals of this run are not adjusted for the early end.")
        return " ".join(parts)


def _why_not(metric: str) -> str:
    """Why a metric cannot decide early; empty where it can."""
    name, dot, _ = metric.partition(".")
    known = METRICS[name]
    if dot:
        return "it stands beside a metric and is none"
    if OTHER_IMAGES in known.needs:
        return "it compares with other images, and comes when all are measured"
    if not known.sampled:
        return "images are no sample of it"
    if not np.isfinite(known.bounds).all():
        return "it has no upper bound, which the interval needs"
    return ""


def _checked(
    differences: Sequence[float] | np.ndarray, level: float, span: float
) -> tuple[np.ndarray, np.ndarray]:
    """The differences, and those that are there on the scale from 0 to 1 on which ½ is none."""
    if not 0 < level < 1:
        raise BadParameter(f"Expected a level between 0 and 1. Got {shown(level)}. 0.95 is usual.")
    if not 0 < span < np.inf:
        raise BadParameter(f"Expected a span above zero. Got {shown(span)}. Areas have 1.")
    values = np.asarray(differences, dtype=np.float64)
    known = values[np.isfinite(values)]
    if np.isinf(values).any() or (len(known) and np.abs(known).max() > span * (1 + ROUNDING)):
        raise BadParameter(
            f"Expected differences from {in_full(-span)} to {in_full(span)}. Got "
            f"{in_full(np.nanmax(np.abs(values)))} in size. Give the length of the metric's range "
            "as the span."
        )
    return values, np.clip((known / span + 1) / 2, 0.0, 1.0)


def _enough(samples: int, left_out: int) -> bool:
    return left_out <= MOST_MISSING * samples


def log_wealth(unit: np.ndarray, mean: float, level: float) -> np.ndarray:
    """The logarithm of what a gambler has who bets that values in [0, 1] are more than `mean` on
    average, after each of them, along the last axis. Each bet knows the values before alone.
    """
    count = np.arange(1, unit.shape[-1] + 1)
    means = (0.5 + np.cumsum(unit, axis=-1)) / (count + 1)
    variances = (0.25 + np.cumsum((unit - means) ** 2, axis=-1)) / (count + 1)
    before = np.concatenate([np.full_like(variances[..., :1], 0.25), variances[..., :-1]], axis=-1)
    bets = np.sqrt(2 * np.log(2 / (1 - level)) / (before * count * np.log(count + 1)))
    wealth: np.ndarray = np.cumsum(np.log1p(np.minimum(bets, BET / mean) * (unit - mean)), axis=-1)
    return wealth


def rich(level: float) -> float:
    """The logarithm of the wealth from which on a value is left out: each of two gamblers starts
    with one half.
    """
    return float(np.log(2 / (1 - level)))


def _leaves_zero(unit: np.ndarray, level: float) -> bool:
    """Whether the interval after all values leaves zero, which is ½ here."""
    wealth = max(log_wealth(side, 0.5, level)[-1] for side in (unit, 1 - unit))
    return bool(wealth >= rich(level))


def _lower_end(unit: np.ndarray, level: float) -> float:
    """The largest mean that is left out from below, 0 where none is; wealth falls as it grows."""
    low, high = 0.0, 1.0
    for _ in range(TRIES):
        middle = (low + high) / 2
        if log_wealth(unit, middle, level)[-1] >= rich(level):
            low = middle
        else:
            high = middle
    return low
