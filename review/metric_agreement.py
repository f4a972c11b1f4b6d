"""Votes held against metrics: of two maps of an image people preferred one; does the metric score
it better?
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heatcheck.judgement.phrases import interval, joined
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import ENOUGH, Estimate
from heatcheck.metrics import METRICS
from heatcheck.review.tally import CHANCE, Vote, preference_share


@dataclass(frozen=True)
class Against:
    """How often a metric scores the map better that was preferred, over the votes that preferred
    one. 0.5 is what a coin gets.
    """

    metric: str
    votes: int  # in which one map was preferred, and the metric tells the two apart
    share: Estimate | None  # its interval is over samples; None without such a vote

    @property
    def told(self) -> str | None:
        """Whether the metric goes with the votes or against them; None where it could be either."""
        if self.share is None or not self.share.excludes(CHANCE):
            return None
        return "with" if self.share.mean > CHANCE else "against"


def against_metrics(votes: Sequence[Vote], scores: Scores) -> list[Against]:
    """Every metric of a run that scores maps, not their cost, in the registry's order."""
    return [
        _against(name, votes, scores) for name in scores.metrics if METRICS[name].family != "cost"
    ]


def _against(metric: str, votes: Sequence[Vote], scores: Scores) -> Against:
    wide = scores.of_images(metric)
    sign = 1 if METRICS[metric].better == "higher" else -1
    points: dict[str, list[float]] = defaultdict(list)
    for vote in votes:
        if (
            vote.choice not in ("left", "right")
            or vote.image not in wide.index
            or not {vote.left, vote.right} <= set(wide.columns)
        ):
            continue
        ahead = sign * float(wide.loc[vote.image, vote.left] - wide.loc[vote.image, vote.right])
        if ahead == ahead and ahead != 0:  # a value that is missing decides nothing
            right = (ahead > 0) == (vote.choice == "left")
            points[scores.sample_of[vote.image]].append(float(right))
    return Against(metric, sum(map(len, points.values())), preference_share(list(points.values())))


def in_words(found: Sequence[Against], titles: Mapping[str, str]) -> str:
    """Which metrics go with the votes and which against them, in sentences made from the shares."""
    sure = [one for one in found if one.share and one.share.sure]
    if not sure:
        return f"No metric can be held against votes on {ENOUGH} images yet."
    sides = {
        side: [f"{titles[one.metric]}, {interval(one.share)}" for one in sure if one.told == side]
        for side in ("with", "against")
    }
    parts = [
        f"{words}: {joined(those)}."
        for words, those in (
            ("These go with the votes", sides["with"]),
            ("These go against them", sides["against"]),
        )
        if those
    ]
    if not parts:
        return "No metric is shown to go with the votes, nor against them."
    rest = len(sure) - len(sides["with"]) - len(sides["against"])
    return " ".join(
        [
            *parts,
            *(
                [
                    f"Of the other {rest} that is not shown."
                    if rest > 1
                    else "Of the other one that is not shown."
                ]
                if rest
                else []
            ),
        ]
    )
