"""From votes to an outcome: wins, ties and losses a method with an interval, and the images on
which people disagree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import stats

from heatcheck.judgement.statistics import ENOUGH, LEVEL, Estimate

CHANCE = 0.5  # the preference share of no preference
Choice = Literal["left", "right", "tie", "neither"]
State = Literal["voting", "revealed", "closed"]


@dataclass(frozen=True)
class Vote:
    """One answer: a person's choice between two methods on an image, and what they noted. `choice`
    is "" for a note alone.
    """

    reviewer: str
    image: str
    left: str  # the method's key in the run
    right: str
    choice: Choice | Literal[""]
    note: str
    cast_at: datetime


@dataclass(frozen=True)
class Tallied:
    """A method's outcome. `share` is its preference share, 0 to 1: a win counts 1, a tie or neither
    a half, a loss 0.
    """

    method: str
    wins: int
    ties: int
    losses: int
    neither: int
    share: Estimate | None  # None without a vote; its interval is over samples

    @property
    def votes(self) -> int:
        """In how many votes the method stood."""
        return self.wins + self.ties + self.losses + self.neither


@dataclass(frozen=True)
class Disputed:
    """An image, and how often two people who judged the same pair on it answered differently."""

    image: str
    share: float
    comparisons: int  # of two people over one pair


@dataclass(frozen=True)
class Reviewer:
    """A person's progress."""

    name: str
    done: int
    total: int


@dataclass(frozen=True)
class Outcome:
    """A session as the report tells it."""

    title: str
    question: str
    host: str
    state: State
    made_at: datetime
    closed_at: datetime | None
    decision: str
    images: tuple[str, ...]
    reviewers: tuple[Reviewer, ...]
    votes: tuple[Vote, ...]
    tally: tuple[Tallied, ...]
    disputed: tuple[Disputed, ...]  # most disputed first


def tally(
    methods: Sequence[str], votes: Sequence[Vote], sample_of: Mapping[str, str] | None = None
) -> tuple[Tallied, ...]:
    """Every method's wins, ties and losses, in the order of `methods`; votes on the images of one
    sample belong together. Without `sample_of` each image is a sample.
    """
    return tuple(
        _tallied(
            method,
            [vote for vote in votes if vote.choice and method in (vote.left, vote.right)],
            sample_of or {},
        )
        for method in methods
    )


def _tallied(method: str, votes: list[Vote], sample_of: Mapping[str, str]) -> Tallied:
    points: dict[str, list[float]] = defaultdict(list)
    counts = {"win": 0, "tie": 0, "loss": 0, "neither": 0}
    for vote in votes:
        side = "left" if vote.left == method else "right"
        result = (
            vote.choice
            if vote.choice in ("tie", "neither")
            else "win"
            if vote.choice == side
            else "loss"
        )
        counts[result] += 1
        sample = sample_of.get(vote.image, vote.image)
        points[sample].append({"win": 1.0, "loss": 0.0}.get(result, 0.5))
    return Tallied(
        method,
        counts["win"],
        counts["tie"],
        counts["loss"],
        counts["neither"],
        preference_share(list(points.values())),
    )


def preference_share(points: Sequence[Sequence[float]]) -> Estimate | None:
    """The mean of points between 0 and 1 that come in groups, one a sample, with a 95 % interval
    over samples.

    Wilson's interval with the effective number of votes: as many as would give the variance that
    the groups show (Korn and Graubard 1998), never more than there are. Where every vote says the
    same the groups show no variance, and each counts once. Unlike Student's interval it stays
    between 0 and 1 and never shrinks to a point. None without votes; no interval for fewer images
    than `ENOUGH`.
    """
    groups = [np.asarray(group, dtype=np.float64) for group in points if len(group)]
    if not groups:
        return None
    count = sum(len(group) for group in groups)
    share = float(np.concatenate(groups).mean())
    if len(groups) < ENOUGH:
        return Estimate(share, None, None, len(groups))
    # the variance of a ratio of sums, groups as the sampling unit
    residuals = np.array([(group - share).sum() for group in groups])
    variance = len(groups) / (len(groups) - 1) * float((residuals**2).sum()) / count**2
    effective = share * (1 - share) / variance if variance > 1e-12 else float(len(groups))
    effective = min(effective, float(count))
    z = float(stats.t.ppf((1 + LEVEL) / 2, len(groups) - 1))
    middle = (share + z**2 / (2 * effective)) / (1 + z**2 / effective)
    half = (
        z
        / (1 + z**2 / effective)
        * np.sqrt(share * (1 - share) / effective + z**2 / (4 * effective**2))
    )
    return Estimate(
        share, max(0.0, float(middle - half)), min(1.0, float(middle + half)), len(groups)
    )


def disagreement(votes: Sequence[Vote]) -> tuple[Disputed, ...]:
    """Images by how often two people who judged the same pair on them answered differently, most
    disputed first.
    """
    answers: dict[tuple[str, frozenset[str]], list[str]] = defaultdict(list)
    for vote in votes:
        if vote.choice:
            preferred = {"left": vote.left, "right": vote.right}.get(vote.choice, vote.choice)
            answers[vote.image, frozenset((vote.left, vote.right))].append(preferred)
    differ: dict[str, list[bool]] = defaultdict(list)
    for (image, _), given in answers.items():
        differ[image] += [answer != other for answer, other in combinations(given, 2)]
    disputed = [
        Disputed(image, sum(each) / len(each), len(each)) for image, each in differ.items() if each
    ]
    return tuple(sorted(disputed, key=lambda row: (-row.share, -row.comparisons, row.image)))


def in_words(rows: Sequence[Tallied], names: Mapping[str, str]) -> str:
    """What the tally shows and what it leaves open, in a sentence made from it."""
    sure = [row for row in rows if row.share is not None and row.share.low is not None]
    if not sure:
        return f"No method has votes on {ENOUGH} images: too few to say anything."
    more = [
        names[row.method]
        for row in sure
        if row.share and row.share.low is not None and row.share.low > CHANCE
    ]
    less = [
        names[row.method]
        for row in sure
        if row.share and row.share.high is not None and row.share.high < CHANCE
    ]
    parts = [
        f"{words} than not: {', '.join(those)}."
        for words, those in (("Preferred more often", more), ("Preferred less often", less))
        if those
    ]
    if len(more) + len(less) < len(rows):
        parts.append(
            "For the others the votes leave it open."
            if parts
            else "The votes do not tell the methods apart."
        )
    return " ".join(parts)
