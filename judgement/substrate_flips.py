"""Where the choice of a substrate turns the order over: on one a method is better than another, on
another the other is better, and both are more than chance.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from heatcheck.attribution import METHODS
from heatcheck.core.errors import HeatcheckError
from heatcheck.judgement.comparisons import substrates_of
from heatcheck.judgement.evidence import ALPHA
from heatcheck.judgement.phrases import three_digits, title_of
from heatcheck.judgement.score_parts import AREAS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.sign_flips import p_of_pairs
from heatcheck.judgement.statistics import Estimate, estimate, holm
from heatcheck.runs.keys import is_control, kind_of


@dataclass(frozen=True)
class Lead:
    """How much better, image by image, one method's area is than another's on a substrate: its
    mean, positive, with p after the correction.
    """

    substrate: str
    estimate: Estimate
    p: float


@dataclass(frozen=True)
class Flip:
    """A pair of methods whose order turns over: `first` is better on one substrate, `second` on the
    other; p is the larger of the two.
    """

    first: str
    second: str
    area: str  # deletion or insertion
    ahead: Lead  # of first
    behind: Lead  # of second
    matched: Mapping[str, frozenset[str]]  # each one's substrates that its path starts from

    @property
    def p(self) -> float:
        """Of both leads together."""
        return max(self.ahead.p, self.behind.p)

    @property
    def sentence(self) -> str:
        """The flip in words."""
        return (
            f"In {self.area} {title_of(self.first)} is better than {title_of(self.second)} on "
            f"{self._place(self.ahead, self.first)}, by {three_digits(self.ahead.estimate.mean)}, "
            f"and worse on {self._place(self.behind, self.second)}, by "
            f"{three_digits(self.behind.estimate.mean)}."
        )

    def _place(self, lead: Lead, key: str) -> str:
        starts = lead.substrate in self.matched[key]
        return lead.substrate + (f" (where {title_of(key)} starts from)" if starts else "")


@dataclass(frozen=True)
class _Pair:
    """Two methods on a substrate of an area."""

    area: str
    first: str
    second: str
    substrate: str

    @property
    def row(self) -> str:
        """The side value that has it."""
        return f"{self.area}.on_{self.substrate}"


def flips(scores: Scores) -> list[Flip]:
    """The pairs of methods, controls aside, that change places between two substrates of the run's
    set, most certain first.

    Each pair on each substrate of each area is a two-sided sign-flip test on paired differences;
    Holm's correction is over all of them. Of several substrates the surest either way is named.
    """
    pairs = [
        pair
        for area in AREAS
        for substrate in substrates_of(scores, area)
        for pair in _pairs(scores, area, substrate)
    ]
    if not pairs:
        return []
    matched = matched_substrates(scores)
    leads: dict[tuple[str, str, str], list[Lead]] = {}
    for pair, p in zip(pairs, _p(scores, pairs), strict=True):
        mean = estimate(_lead(scores, pair)) if p <= ALPHA else None
        if mean is not None:
            where = leads.setdefault((pair.area, pair.first, pair.second), [])
            where.append(Lead(pair.substrate, mean, p))
    turned = [
        Flip(
            first,
            second,
            area,
            min(ahead, key=lambda lead: lead.p),
            _turned(min(behind, key=lambda lead: lead.p)),
            {key: matched.get(key, frozenset()) for key in (first, second)},
        )
        for (area, first, second), both in leads.items()
        if (ahead := [lead for lead in both if lead.estimate.mean > 0])
        and (behind := [lead for lead in both if lead.estimate.mean < 0])
    ]
    return sorted(turned, key=lambda flip: flip.p)


def matched_substrates(scores: Scores) -> dict[str, frozenset[str]]:
    """The substrates that each method's path starts from with the parameters it ran with; empty
    for one whose parameters are not known any more.
    """
    table = scores.table
    if "method_params" not in table:
        return {key: _starts(key, {}) for key in scores.methods}
    known = table[["method", "method_params"]]
    params = known.drop_duplicates("method").set_index("method")["method_params"]
    return {key: _starts(key, json.loads(params[key] or "{}")) for key in scores.methods}


def _starts(key: str, params: dict[str, object]) -> frozenset[str]:
    try:
        method = METHODS.read({"name": kind_of(key).name, **params})
    except HeatcheckError:
        return frozenset()
    return method.starts_from


@dataclass(frozen=True)
class OnSubstrates:
    """A method's mean area on each substrate with its rank there, best first from 1, and the
    substrates that it is matched to.
    """

    method: str
    means: dict[str, float]
    ranks: dict[str, int]
    matched: frozenset[str]


def on_substrates(scores: Scores, area: str) -> list[OnSubstrates]:
    """Each method and control on each substrate of an area, over the images that all of them have
    on all substrates; empty where the run has not told substrates apart.
    """
    names = substrates_of(scores, area)
    wides = {name: scores.of(f"{area}.on_{name}").dropna(axis=1, how="all") for name in names}
    keys = [key for key in scores.methods if names and all(key in w for w in wides.values())]
    if not keys:
        return []
    present = [wide[keys].dropna().index for wide in wides.values()]
    images = [image for image in present[0] if all(image in index for index in present)]
    if not images:
        return []
    means = {name: wide.loc[images, keys].mean() for name, wide in wides.items()}
    ranks = {
        name: mean.rank(ascending=area == "deletion", method="first").astype(int)
        for name, mean in means.items()
    }
    matched = matched_substrates(scores)
    return [
        OnSubstrates(
            key,
            {name: float(means[name][key]) for name in names},
            {name: int(ranks[name][key]) for name in names},
            matched.get(key, frozenset()) & frozenset(names),
        )
        for key in keys
    ]


def _pairs(scores: Scores, area: str, substrate: str) -> Iterator[_Pair]:
    """Each pair of methods on a substrate."""
    keys = [key for key in scores.of(f"{area}.on_{substrate}") if not is_control(key)]
    for first, second in itertools.combinations(keys, 2):
        yield _Pair(area, first, second, substrate)


def _lead(scores: Scores, pair: _Pair) -> np.ndarray:
    """How much better the first of a pair is than the second, image by image."""
    wide = scores.of(pair.row)
    lead: np.ndarray = wide[pair.first].to_numpy() - wide[pair.second].to_numpy()
    return -lead if pair.area == "deletion" else lead


def _p(scores: Scores, pairs: Sequence[_Pair]) -> list[float]:
    """p of every pair after Holm's correction over all."""
    rows = dict.fromkeys(pair.row for pair in pairs)
    base = pd.concat({row: scores.of(row) for row in rows}, axis=1, sort=True)
    places = {column: place for place, column in enumerate(base)}
    first, second = (
        np.array([places[pair.row, key] for pair, key in side], dtype=np.intp)
        for side in (
            [(pair, pair.first) for pair in pairs],
            [(pair, pair.second) for pair in pairs],
        )
    )
    return holm(p_of_pairs(base.to_numpy(), first, second, two_sided=True).tolist())


def _turned(lead: Lead) -> Lead:
    mean, low, high = lead.estimate.mean, lead.estimate.low, lead.estimate.high
    turned = Estimate(
        -mean, None if high is None else -high, None if low is None else -low, lead.estimate.n
    )
    return Lead(lead.substrate, turned, lead.p)
