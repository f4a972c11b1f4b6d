"""What the curves' own error adds to means and paired differences, beside what images differ by;
and the run with more points that would take it away.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from heatcheck.judgement.phrases import listed, three_digits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import estimate
from heatcheck.metrics import METRICS
from heatcheck.metrics.walks import ADAPTIVE, ALL, DRAWN
from heatcheck.runs.specs import RunSpec

MOST_SHARE = 0.02  # of a variance, that curves may add before more points are offered
# or this standard error, where images hardly differ: in probability, else as `Scores.whole`
MOST_ERROR = 0.001
FINER = ("drawn-17", "drawn-33", ALL)


@dataclass(frozen=True)
class Added:
    """What curves add to a mean, or to the mean difference of two methods; an upper bound where
    curves share their points, as those of one image do.
    """

    metric: str
    methods: tuple[str, ...]  # one key in the run, or two
    share: float  # of the variance over samples
    error: float  # the standard error that they add
    least: float = MOST_ERROR  # what of it is not seen

    @property
    def too_much(self) -> bool:
        """Whether more points would make it more certain by an amount that is seen."""
        return self.share > MOST_SHARE and self.error > self.least


@dataclass(frozen=True)
class CurveError:
    """What curves add, over all metrics that are read off them and have a spread."""

    means: tuple[Added, ...]
    differences: tuple[Added, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods for whose means it is too much, in order."""
        over = {key for row in self.means if row.too_much for key in row.methods}
        return tuple(dict.fromkeys(row.methods[0] for row in self.means if row.methods[0] in over))

    @property
    def too_much(self) -> bool:
        """Whether it is too much for some mean or some difference."""
        return any(row.too_much for row in (*self.means, *self.differences))

    @property
    def by_metric(self) -> dict[str, tuple[Added | None, Added | None]]:
        """Of each metric the mean and the difference to which curves add the largest share."""
        return {
            metric: (_largest(self.means, metric), _largest(self.differences, metric))
            for metric in dict.fromkeys(row.metric for row in (*self.means, *self.differences))
        }


def curve_error(scores: Scores) -> CurveError | None:
    """What curves add to each mean and each paired difference of a run.

    None where the run tells no error of its areas, or none above zero: curves of all points have
    none, and of those at even points none is known. Samples without spread are left out.
    """
    means, differences = [], []
    for metric in scores.metrics:
        squares, wide = _squared_errors(scores, metric), scores.of(metric)
        if not squares.to_numpy().any():
            continue
        keys = [str(key) for key in wide if key in squares]
        values = {key: wide[key].to_numpy() for key in keys}
        errors = {key: squares[key].reindex(wide.index).to_numpy() for key in keys}
        means += [
            row for key in keys if (row := _added(scores, metric, (key,), values[key], errors[key]))
        ]
        differences += [
            row
            for one, other in itertools.combinations(keys, 2)
            if (
                row := _added(
                    scores,
                    metric,
                    (one, other),
                    values[one] - values[other],
                    errors[one] + errors[other],
                )
            )
        ]
    return CurveError(tuple(means), tuple(differences)) if means or differences else None


def told(added: CurveError | None, spec: RunSpec) -> str:
    """What curves add, in a sentence or two; empty where nothing is known of it."""
    if added is None:
        return ""
    curves = f"Curves of {_points(spec)}"
    if not added.too_much:
        most = [
            (what, max(row.share for row in rows))
            for what, rows in (("a mean", added.means), ("a difference", added.differences))
            if rows
        ]
        parts = [f"{three_digits(100 * share)} % to the variance of {what}" for what, share in most]
        return " ".join(
            (f"{curves} add at most {parts[0]}.", *(f"They add {p}." for p in parts[1:]))
        )
    whose = f"means of {listed(added.methods)}" if added.methods else "differences of methods"
    return (
        f"{curves} may add more than {100 * MOST_SHARE:.0f} % to the variance of {whose}. "
        "Intervals and tests include it; more points would make them sharper."
    )


def rows(added: CurveError) -> list[tuple[str, str, str]]:
    """For people: each metric, with the largest share of a mean and of a difference, and whose."""
    return [
        (METRICS[metric].title, _said(mean), _said(difference))
        for metric, (mean, difference) in added.by_metric.items()
    ]


def refined(spec: RunSpec) -> RunSpec | None:
    """The same question with more points a curve; None where no curve can have more."""
    finer = {metric: _finer(metric.params.get("points")) for metric in spec.metrics}
    if not any(finer.values()):
        return None
    metrics = [
        dataclasses.replace(metric, **({"points": points} if points else {}))
        for metric, points in finer.items()
    ]
    return dataclasses.replace(spec, metrics=tuple(metrics))


def command(spec: RunSpec) -> str:
    """The command line of `refined`; empty where there is none, or where no line says it."""
    finer = refined(spec)
    return "" if finer is None or finer.command.endswith("SPEC.json") else finer.command


def _added(
    scores: Scores, metric: str, methods: tuple[str, ...], values: np.ndarray, squares: np.ndarray
) -> Added | None:
    """None where the values have no interval: too few samples, or no spread."""
    known = np.isfinite(values) & np.isfinite(squares)
    mean = estimate(values[known])
    if mean is None or not mean.sure:
        return None
    square = float(squares[known].mean())
    return Added(
        metric,
        methods,
        min(1.0, square / float(values[known].var(ddof=1))),
        float((square / mean.n) ** 0.5),
        MOST_ERROR * scores.whole,
    )


def _squared_errors(scores: Scores, metric: str) -> pd.DataFrame:
    """The squared standard error of each sample's value, samples x methods; of a sample of several
    images that of their mean.
    """
    squares = scores.of_images(f"{metric}.auc_error") ** 2
    by_sample = squares.groupby(scores.sample_of)
    return by_sample.mean() / by_sample.count()


def _said(row: Added | None) -> str:
    return f"{three_digits(100 * row.share)} %, {listed(row.methods)}" if row else "none"


def _largest(rows: Sequence[Added], metric: str) -> Added | None:
    return max(
        (row for row in rows if row.metric == metric), key=lambda row: row.share, default=None
    )


def _finer(points: int | str | None) -> str | None:
    """More points than these; None where there are no more, or no curves."""
    if points in (None, ALL):
        return None
    if points == ADAPTIVE:
        return ALL
    count = DRAWN.get(str(points), points)
    return next(word for word in FINER if word == ALL or DRAWN[word] > int(count or 0))


def _points(spec: RunSpec) -> str:
    """`9 drawn points`."""
    words = {metric.params["points"] for metric in spec.metrics if "points" in metric.params}
    if len(words) != 1:
        return "these points"
    (word,) = words
    if word in DRAWN:
        return f"{DRAWN[str(word)]} drawn points"
    return "adaptive points" if word == ADAPTIVE else f"{word} points"
