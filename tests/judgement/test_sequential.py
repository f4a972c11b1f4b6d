"""The interval that may be looked at after each image: its arithmetic by hand, and what it never
decides.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from heatcheck.core.errors import BadParameter, UnknownName
from heatcheck.judgement.sequential import (
    BET,
    FIRST,
    Look,
    Question,
    due,
    log_wealth,
    look,
)

SHIFTED = np.random.default_rng(0).normal(0.05, 0.1, 400).clip(-1, 1)


def by_hand(unit: list[float], mean: float, level: float) -> float:
    """A gambler's wealth, image by image, as the paper writes it."""
    wealth, seen, squares, variance = 1.0, 0.5, 0.25, 0.25
    for count, value in enumerate(unit, 1):
        bet = math.sqrt(2 * math.log(2 / (1 - level)) / (variance * count * math.log(count + 1)))
        wealth *= 1 + min(bet, BET / mean) * (value - mean)
        seen += value
        squares += (value - seen / (count + 1)) ** 2
        variance = squares / (count + 1)
    return wealth


@pytest.mark.parametrize("mean", [0.2, 0.5, 0.63])
def test_wealth_is_that_of_the_paper_step_by_step(mean: float) -> None:
    unit = np.random.default_rng(1).beta(3, 2, 40)
    expected = [by_hand(unit[:n].tolist(), mean, 0.95) for n in range(1, 41)]
    assert np.exp(log_wealth(unit, mean, 0.95)) == pytest.approx(expected, rel=1e-10)


def test_the_ends_are_the_means_at_which_a_gambler_is_just_rich() -> None:
    seen = look(SHIFTED)
    assert seen is not None
    unit = (SHIFTED + 1) / 2
    assert log_wealth(unit, (seen.low + 1) / 2, 0.95)[-1] == pytest.approx(math.log(40), abs=1e-6)
    above = log_wealth(1 - unit, 1 - (seen.high + 1) / 2, 0.95)[-1]
    assert above == pytest.approx(math.log(40), abs=1e-6)
    assert seen.low < seen.mean < seen.high
    assert (seen.n, seen.mean) == (400, pytest.approx(SHIFTED.mean()))


def test_a_mirrored_sample_has_the_mirrored_interval() -> None:
    one, other = look(SHIFTED), look(-SHIFTED)
    assert one is not None
    assert other is not None
    assert (other.low, other.high) == (pytest.approx(-one.high), pytest.approx(-one.low))
    assert one.decided
    assert other.decided


def test_a_wider_range_gives_a_wider_interval_and_a_higher_level_too() -> None:
    seen = [look(SHIFTED), look(SHIFTED, span=2.0), look(SHIFTED, level=0.99)]
    widths = [one.high - one.low for one in seen if one]
    assert widths[0] < widths[1]
    assert widths[0] < widths[2]
    scaled = look(3 * SHIFTED, span=3.0)
    assert scaled is not None
    assert seen[0] is not None
    assert scaled.low == pytest.approx(3 * seen[0].low)


def test_ties_are_never_decided_and_equal_differences_are() -> None:
    for nothing in (np.zeros(20_000), np.full(20_000, 1e-7)):
        seen = look(nothing)
        assert seen is not None
        assert not seen.decided
        assert seen.low < 0 < seen.high
    same = look(np.full(60, 0.2))
    assert same is not None
    assert same.decided
    assert 0 < same.low < 0.2 < same.high


def test_no_look_comes_before_the_first_nor_out_of_turn() -> None:
    assert look([]) is None
    assert look(np.full(FIRST - 1, 0.9)) is None
    assert look(np.full(FIRST, 0.9)) is not None
    assert [n for n in range(1, 125) if due(n)] == [*range(FIRST, 100), 100, 110, 120]
    assert [n for n in range(990, 1300) if due(n)] == [990, 1000, 1100, 1200]


def test_a_look_decides_once_its_interval_leaves_zero_and_not_before() -> None:
    slow = np.random.default_rng(3).normal(0.05, 0.2, 400).clip(-1, 1)
    looks = [one for n in range(FIRST, 401) if (one := look(slow[:n]))]
    first = next(one for one in looks if one.decided)
    assert FIRST < first.n < 400
    assert all(one.low <= 0 <= one.high for one in looks[: first.n - FIRST])
    assert first.low > 0


def test_missing_scores_are_counted_and_too_many_decide_nothing() -> None:
    some = np.insert(SHIFTED, [5, 70], np.nan)
    seen, plain = look(some), look(SHIFTED)
    assert seen is not None
    assert plain is not None
    assert (seen.n, seen.left_out) == (400, 2)
    assert (seen.low, seen.high, seen.decided) == (plain.low, plain.high, plain.decided)
    many = np.insert(SHIFTED, np.arange(50), np.nan)
    refused = look(many)
    assert refused is not None
    assert refused.left_out == 50
    assert not refused.decided
    assert refused.low > 0


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"differences": [0.1] * 20 + [1.2]}, r"from -1 to 1\. Got 1\.2"),
        ({"differences": [0.1, math.inf]}, "from -1 to 1"),
        ({"differences": [0.1], "level": 1.0}, "level between 0 and 1"),
        ({"differences": [0.1], "span": math.inf}, "span above zero"),
    ],
)
def test_what_cannot_be_is_refused(asked: dict[str, float], wrong: str) -> None:
    with pytest.raises(BadParameter, match=wrong):
        look(**asked)  # type: ignore[arg-type]


# -- the question ----------------------------------------------------------------------------------


def test_a_question_is_read_from_its_text_and_written_again() -> None:
    question = Question.read(" deletion: grad_cam , smoothgrad-abc123 ")
    assert question == Question("deletion", "grad_cam", "smoothgrad-abc123")
    assert Question.read(question.text) == question
    assert question.span == 1
    assert Question.read("deletion_placement:grad_cam,edges").span == 2


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("deletion", "Expected METRIC:METHOD,METHOD"),
        ("deletion:grad_cam", "Expected METRIC:METHOD,METHOD"),
        ("deletion:grad_cam,smoothgrad,edges", "Expected METRIC:METHOD,METHOD"),
        (":grad_cam,edges", "Expected METRIC:METHOD,METHOD"),
        ("deletion:edges,edges", "'edges' twice"),
        ("runtime:grad_cam,edges", "images are no sample of it"),
        ("deletion_exchange:grad_cam,edges", "compares with other images"),
        ("complexity:grad_cam,edges", "no upper bound"),
        ("deletion.clean:grad_cam,edges", "stands beside a metric"),
    ],
)
def test_a_question_that_cannot_be_answered_early_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(BadParameter, match=wrong):
        Question.read(text)


def test_a_metric_that_is_none_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'deletion'"):
        Question.read("deletio:grad_cam,edges")


def test_a_run_has_to_measure_what_is_asked() -> None:
    question = Question.read("deletion:grad_cam,edges")
    question.check(["edges", "grad_cam"], ["deletion"])
    with pytest.raises(BadParameter, match=r"Expected a method of this run\. Got 'edges'"):
        question.check(["grad_cam"], ["deletion"])
    with pytest.raises(BadParameter, match=r"Expected a metric of this run\. Got 'deletion'"):
        question.check(["edges", "grad_cam"], ["insertion"])
    with pytest.raises(BadParameter, match="plain scores"):
        question.check(["edges", "grad_cam"], ["deletion"], plain=True)
    unscaled = Question.read("repeatability:grad_cam,edges")
    unscaled.check(["edges", "grad_cam"], ["repeatability"], plain=True)


def test_differences_come_in_the_order_in_which_samples_are_complete() -> None:
    wide = pd.DataFrame(
        {"grad_cam": [0.1, 0.2, 0.3, 0.4, np.nan], "edges": [0.0, 0.1, 0.1, 0.1, 0.1]},
        index=["a", "b", "c", "d", "e"],
    )
    sample_of = {"a": "s", "b": "b", "c": "s", "d": "t", "e": "e", "f": "t"}
    question = Question("deletion", "grad_cam", "edges")
    found = question.differences(wide, ["b", "a", "e", "c", "d"], sample_of)
    assert found == pytest.approx([0.1, np.nan, 0.15], nan_ok=True)  # t waits for f
    assert question.differences(wide, [], sample_of).size == 0
    assert question.look(np.full(100, 0.3)) == look(np.full(100, 0.3))


def test_the_page_says_what_was_decided_and_that_other_intervals_are_not_adjusted() -> None:
    question = Question("deletion", "grad_cam", "smoothgrad")
    told = question.sentence(Look(312, -0.05, -0.09, -0.001, True), 1000)
    assert told == (
        "Deletion: Grad-CAM is better than SmoothGrad, decided after 312 of 1,000 images. "
        "Grad-CAM less SmoothGrad is -0.0500 on average, with the always-valid interval from "
        "-0.0900 to -0.00100: 95 %, however often one looks. Other intervals of this run are not "
        "adjusted for the early end."
    )
    turned = question.sentence(Look(312, 0.05, 0.001, 0.09, True), 312, "samples")
    assert "SmoothGrad is better than Grad-CAM, decided after 312 of 312 samples." in turned
    assert "early end" not in turned
    insertion = Question("insertion", "grad_cam", "smoothgrad")
    assert "Grad-CAM is better" in insertion.sentence(Look(9, 0.05, 0.001, 0.09, True), 10)


def test_the_page_says_what_was_not_decided_and_why() -> None:
    question = Question("deletion", "grad_cam", "smoothgrad")
    told = question.sentence(Look(96, 0.01, -0.09, 0.1, False, 4), 100)
    assert "are not told apart after 100 of 100 images." in told
    assert "On 4 of these images a score is missing." in told
    many = question.sentence(Look(50, 0.5, 0.4, 0.6, False, 50), 100)
    assert "a score is missing on 50 of 100 images, which is too many" in many
    assert f"the first look takes {FIRST} images" in question.sentence(None, 100)
