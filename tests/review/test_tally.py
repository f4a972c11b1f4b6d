"""The tally on votes whose outcome is known by hand, and what its intervals cover."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from scipy import stats

from heatcheck.review.tally import Choice, Vote, disagreement, preference_share, tally


def vote(reviewer: str, image: str, left: str, right: str, choice: Choice | str) -> Vote:
    answer: Any = choice
    return Vote(reviewer, image, left, right, answer, "", datetime.now(UTC))


def test_wins_ties_losses_and_neither_are_counted_by_hand() -> None:
    votes = [
        vote("r", "1", "a", "b", "left"),
        vote("r", "2", "b", "a", "left"),
        vote("r", "3", "a", "b", "tie"),
        vote("s", "3", "b", "a", "neither"),
        vote("s", "4", "b", "c", "right"),
        vote("s", "5", "a", "c", ""),
    ]
    a, b, c, d = tally(["a", "b", "c", "d"], votes)
    assert (a.wins, a.ties, a.losses, a.neither, a.votes) == (1, 1, 1, 1, 4)
    assert (b.wins, b.ties, b.losses, b.neither, b.votes) == (1, 1, 2, 1, 5)
    assert (c.wins, c.losses, c.votes) == (1, 0, 1)
    assert d.share is None
    assert d.votes == 0
    assert a.share is not None
    assert a.share.mean == pytest.approx((1 + 0 + 0.5 + 0.5) / 4)
    assert a.share.low is None  # three images are too few for an interval


def test_a_win_of_one_is_a_loss_of_another() -> None:
    random = np.random.default_rng(0)
    votes = [
        vote(
            str(random.integers(5)),
            str(random.integers(9)),
            *random.permutation(["a", "b", "c"])[:2],
            random.choice(["left", "right", "tie", "neither"]),
        )
        for _ in range(300)
    ]
    found = tally(["a", "b", "c"], votes)
    assert sum(one.wins for one in found) == sum(one.losses for one in found)
    assert sum(one.ties + one.neither for one in found) % 2 == 0
    assert sum(one.votes for one in found) == 600


def test_an_interval_never_shrinks_to_a_point_and_stays_between_0_and_1() -> None:
    for points in ([[1.0]] * 6, [[0.0, 0.0]] * 6, [[0.5]] * 6):
        found = preference_share(points)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low < found.mean + 1e-9
        assert found.mean - 1e-9 < found.high <= 1
        assert found.high - found.low > 0.2


def test_votes_that_repeat_each_other_on_an_image_count_once() -> None:
    random = np.random.default_rng(1)
    groups = [float(random.random() < 0.6) for _ in range(20)]
    once, often = (
        preference_share([[one] for one in groups]),
        preference_share([[one] * 10 for one in groups]),
    )
    assert once is not None
    assert often is not None
    assert (once.low, once.high) == pytest.approx((often.low, often.high))


def test_votes_that_balance_each_other_on_an_image_count_for_no_more_than_there_are() -> None:
    found = preference_share([[1.0, 0.0]] * 9 + [[1.0, 1.0]])
    independent = stats.binomtest(11, 20).proportion_ci(method="wilson")
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= independent.low
    assert found.high >= independent.high


@pytest.mark.parametrize(("spread", "share"), [(0.0, 0.5), (0.0, 0.85), (0.25, 0.5), (0.2, 0.75)])
def test_the_interval_covers_the_truth(spread: float, share: float) -> None:
    """Images differ in how often the method wins by `spread`; 20 images with 4 votes each."""
    random = np.random.default_rng(2)
    held = 0
    for _ in range(600):
        chances = np.clip(share + spread * random.choice([-1, 1], 20), 0, 1)
        found = preference_share(
            [list((random.random(4) < chance).astype(float)) for chance in chances]
        )
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= share <= found.high
    assert 0.925 < held / 600 <= 0.985


def test_disagreement_compares_people_who_judged_the_same_pair_whatever_the_sides() -> None:
    votes = [
        vote("r", "1", "a", "b", "left"),
        vote("s", "1", "b", "a", "right"),  # the same answer, sides swapped
        vote("r", "2", "a", "b", "left"),
        vote("s", "2", "a", "b", "right"),
        vote("t", "2", "a", "b", "tie"),
        vote("r", "3", "a", "b", "left"),
        vote("s", "3", "a", "c", "right"),  # another pair: not compared
    ]
    found = disagreement(votes)
    assert [(one.image, one.share, one.comparisons) for one in found] == [
        ("2", 1.0, 3),
        ("1", 0.0, 1),
    ]


def test_votes_on_the_images_of_one_sample_belong_together() -> None:
    votes = [vote("r", str(image), "a", "b", "left") for image in range(10)]
    alone, _ = tally(["a", "b"], votes)
    same, _ = tally(["a", "b"], votes, {str(image): str(image // 5) for image in range(10)})
    assert alone.share
    assert same.share
    assert (alone.share.n, same.share.n) == (10, 2)
    assert (alone.share.sure, same.share.sure) == (True, False)
    assert (same.wins, same.share.mean) == (10, 1.0)
