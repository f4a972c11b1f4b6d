"""Votes held against metrics: planted votes whose agreement is known."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from heatcheck.judgement.phrases import interval
from heatcheck.judgement.scores import Scores
from heatcheck.metrics import METRICS
from heatcheck.review.metric_agreement import Against, against_metrics, in_words
from heatcheck.review.tally import Choice, Vote, preference_share
from heatcheck.tests.doubles.tables import table

TITLES = {name: METRICS[name].title for name in METRICS.readable}


def vote(image: str, left: str, right: str, choice: Choice | str) -> Vote:
    return Vote("r", image, left, right, choice, "", datetime.now(UTC))  # type: ignore[arg-type]


def frame() -> pd.DataFrame:
    """SmoothGrad is better than Random on every image by deletion (lower) and by insertion
    (higher); noise is even.
    """
    return table(
        deletion={"smoothgrad": 0.1, "random": 0.5},
        insertion={"smoothgrad": 0.8, "random": 0.4},
        high_frequency_share={"smoothgrad": 0.3, "random": 0.3},
        runtime={"smoothgrad": 900.0, "random": 0.1},
    )


def held(votes: list[Vote], found: pd.DataFrame) -> dict[str, Against]:
    return {one.metric: one for one in against_metrics(votes, Scores(found))}


def test_people_who_prefer_the_better_map_agree_with_both_directions() -> None:
    votes = [
        vote(
            f"i{place}",
            *(("smoothgrad", "random", "left") if place % 2 else ("random", "smoothgrad", "right")),
        )
        for place in range(20)
    ]
    found = held(votes, frame())
    assert list(found) == [
        "deletion",
        "insertion",
        "high_frequency_share",
    ]  # what a map costs nobody sees
    for metric in ("deletion", "insertion"):
        assert found[metric].votes == 20
        assert found[metric].share == preference_share([[1.0]] * 20)
        assert found[metric].told == "with"
    noise = Scores(frame()).of("high_frequency_share")
    lower = [[float(value)] for value in noise["smoothgrad"] < noise["random"]]
    assert found["high_frequency_share"].share == preference_share(lower)
    assert found["high_frequency_share"].told is None
    against = held([vote(one.image, one.right, one.left, one.choice) for one in votes], frame())
    assert against["deletion"].told == "against"
    assert in_words(list(found.values()), TITLES) == (
        f"These go with the votes: Deletion, {interval(found['deletion'].share)} and "
        f"Insertion, {interval(found['insertion'].share)}. "
        "Of the other one that is not shown."
    )
    assert in_words(list(against.values())[:2], TITLES).startswith(
        "These go against them: Deletion, "
    )


def test_only_votes_that_prefer_a_map_count_and_only_values_that_differ() -> None:
    found = frame()
    level = (found["image"] == "i3") & (found["metric"] == "deletion")
    found.loc[level, "value"] = 0.2
    found.loc[
        (found["image"] == "i4") & (found["metric"] == "deletion") & (found["method"] == "random"),
        "value",
    ] = np.nan
    votes = [
        vote("i0", "smoothgrad", "random", "left"),
        vote("i1", "smoothgrad", "random", "tie"),
        vote("i2", "smoothgrad", "random", "neither"),
        vote("i3", "smoothgrad", "random", "left"),
        vote("i4", "smoothgrad", "random", "left"),
        vote("i5", "smoothgrad", "random", ""),
        vote("not there", "smoothgrad", "random", "left"),
        vote("i6", "smoothgrad", "edges", "left"),
        vote("i0", "random", "smoothgrad", "left"),
    ]
    one = held(votes, found)["deletion"]
    assert one.votes == 2
    assert one.share is not None
    assert (one.share.mean, one.share.n, one.share.sure) == (0.5, 1, False)
    assert in_words([one], TITLES) == "No metric can be held against votes on 5 images yet."
    assert against_metrics([], Scores(found))[0] == Against("deletion", 0, None)


@pytest.mark.parametrize("seed", range(3))
def test_coin_tosses_agree_with_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = [
        vote(f"i{place}", "smoothgrad", "random", ("left", "right")[rng.integers(2)])
        for place in range(20)
        for _ in range(4)
    ]
    one = held(votes, frame())["deletion"]
    assert one.votes == 80
    assert one.told is None
    assert in_words([one], TITLES) == "No metric is shown to go with the votes, nor against them."
