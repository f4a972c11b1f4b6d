"""Intervals, Holm, power, leaderboard, splits, answers: known tables, scipy as the reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from heatcheck.judgement.composite import composite
from heatcheck.judgement.conclusion import answer
from heatcheck.judgement.phrases import interval, said
from heatcheck.judgement.score_parts import splits
from heatcheck.judgement.standings import (
    against_controls,
    candidates,
    mean_of,
    skills,
    standings,
    values,
)
from heatcheck.judgement.statistics import (
    ENOUGH,
    Estimate,
    estimate,
    holm,
    images_to_decide,
    p_above,
    p_against,
)
from heatcheck.tests.doubles.interval import halls
from heatcheck.tests.doubles.tables import table


def test_the_interval_of_a_symmetric_sample_is_students_t() -> None:
    half = np.random.default_rng(0).normal(0, 2, 10)
    sample = 3 + np.concatenate([half, -half])
    ours = estimate(sample)
    low, high = stats.t.interval(0.95, 19, sample.mean(), stats.sem(sample))
    assert ours is not None
    assert (ours.mean, ours.low, ours.high, ours.n) == pytest.approx((3, low, high, 20))
    geometric = estimate(np.exp(sample), "log")
    assert geometric is not None
    assert (geometric.low, geometric.high) == pytest.approx((np.exp(low), np.exp(high)))


def test_the_interval_of_a_skewed_sample_leans_as_halls_transformation_does() -> None:
    sample = np.random.default_rng(0).exponential(size=20)
    ours = estimate(sample)
    assert ours is not None
    assert ours.low is not None
    assert ours.high is not None
    assert (ours.low, ours.high) == pytest.approx(halls(sample))
    assert ours.high - ours.mean > 1.3 * (ours.mean - ours.low)
    mirrored = estimate(-sample)
    assert mirrored is not None
    assert (mirrored.low, mirrored.high) == pytest.approx((-ours.high, -ours.low))


def test_one_far_image_does_not_decide_the_interval() -> None:
    sample = np.concatenate([np.linspace(0.0, 0.1, 19), [0.9]])
    ours = estimate(sample)
    assert ours is not None
    assert ours.high is not None
    assert (ours.low, ours.high) == pytest.approx(halls(sample))
    students = stats.t.ppf(0.975, 19) * stats.sem(sample)
    assert 1.2 * students < ours.high - ours.mean < 1.6 * students


@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize(("law", "mean"), [("normal", 0.0), ("exponential", 1.0)])
def test_the_interval_holds_its_coverage(n: int, law: str, mean: float) -> None:
    rng = np.random.default_rng(n)
    held = sum(not estimate(getattr(rng, law)(size=n)).excludes(mean) for _ in range(1000))  # type: ignore[union-attr]
    assert 930 <= held <= 970


def test_p_is_below_5_percent_just_where_the_interval_leaves_the_value_out() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        sample = rng.gamma(1.5, size=12)
        value = 1.5 + rng.normal() / 2
        found = estimate(sample)
        assert found is not None
        assert (p_against(sample, value) < 0.05) == found.excludes(value)


def test_the_images_that_would_decide_have_the_power_that_was_asked() -> None:
    """Simulated: samples of that size reject in 80 % of cases; half as many images reject clearly
    less often.
    """
    half = np.random.default_rng(0).normal(0, 1, 10)
    sample = 0.4 + np.concatenate([half, -half])
    n = images_to_decide(sample, 0.0)
    assert n is not None
    rng = np.random.default_rng(1)

    def power(size: int) -> float:
        draws = rng.normal(0.4, sample.std(ddof=1), (4000, size))
        return float((stats.ttest_1samp(draws, 0.0, axis=1).pvalue < 0.05).mean())

    assert power(n) == pytest.approx(0.8, abs=0.03)
    assert power(n // 2) < 0.7
    assert images_to_decide(sample, 0.4) is None
    assert images_to_decide(sample[:4], 0.0) is None
    assert images_to_decide(np.ones(6), 2.0) == ENOUGH
    assert images_to_decide(np.ones(6), 1.0) is None
    assert images_to_decide(1000 + sample, 0.0) == ENOUGH


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 7])
def test_the_images_that_would_decide_count_the_claims_that_are_tested_at_once(
    alpha: float,
) -> None:
    sample = np.random.default_rng(4).normal(0.3, 1.0, 30)
    n = images_to_decide(sample, 0.0, alpha=alpha)
    assert n is not None
    effect = sample.mean() / sample.std(ddof=1)
    powers = [
        stats.nct.sf(stats.t.ppf(1 - alpha / 2, count - 1), count - 1, effect * count**0.5)
        for count in (n - 1, n)
    ]
    assert powers[0] < 0.8 <= powers[1]


def test_too_few_images_give_no_interval() -> None:
    few = estimate([0.1] * (ENOUGH - 1))
    assert few is not None
    assert not few.sure
    assert not few.excludes(7.0)
    assert p_against([0.1, 0.2], 5.0) == 1.0
    assert estimate([]) is None
    assert estimate([np.nan, np.nan]) is None


def test_missing_values_are_left_out_and_not_averaged_over() -> None:
    assert estimate([1, 2, 3, 4, 5, np.nan]) == estimate([1, 2, 3, 4, 5])


def test_p_values_equal_scipys_and_holm_is_holms() -> None:
    half = np.random.default_rng(1).normal(0, 1, 10)
    sample = 0.3 + np.concatenate([half, -half])
    assert p_against(sample, 0.0) == pytest.approx(stats.ttest_1samp(sample, 0.0).pvalue)
    assert p_against(np.ones(20), 2.0) == 0.0
    assert p_against(np.ones(20), 1.0) == 1.0
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx(
        [0.03, 0.06, 0.06, 0.02]
    )  # Holm's own example, by hand
    assert holm([]) == []


def test_one_sided_p_values_equal_scipys_for_a_symmetric_sample() -> None:
    half = np.random.default_rng(1).normal(0, 1, 10)
    sample = 0.3 + np.concatenate([half, -half])
    for value in (0.0, 0.3, 0.9):
        assert p_above(sample, value) == pytest.approx(
            stats.ttest_1samp(sample, value, alternative="greater").pvalue
        )
    assert p_above([1.0, 2.0], 0.0) >= 0.5  # too few images say nothing


@pytest.mark.parametrize("hits", [0, 1, 13, 19, 20])
def test_the_interval_of_hits_is_wilsons(hits: int) -> None:
    found = estimate([1.0] * hits + [0.0] * (20 - hits), "hits")
    expected = stats.binomtest(hits, 20).proportion_ci(method="wilson")
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx(
        (hits / 20, expected.low, expected.high)
    )


def test_a_rest_of_arithmetic_is_no_gain() -> None:
    for sample in ([1e-17] * 20, [1e-9, 2e-9] * 10, [0.0] * 20):
        found = estimate(sample)
        assert found is not None
        assert not found.above_zero
    assert Estimate(0.1, 0.01, 0.2, 20).above_zero


def test_what_is_below_rounding_is_said_to_be_nothing() -> None:
    assert interval(Estimate(-3.7e-10, -2.2e-9, 1.1e-9, 20)) == "0 (within 1e-6)"
    assert interval(Estimate(-3.7e-10, -2.2e-6, 1.1e-9, 20)) == "-3.7e-10 (-2.2e-06 to 1.1e-09)"


def test_intervals_stay_within_the_bounds_of_their_metric() -> None:
    wide = pd.Series([1.0] * 18 + [0.2, 0.9])
    plain, bounded = estimate(wide.to_numpy()), mean_of("energy_in_mask", wide)
    assert plain is not None
    assert plain.high is not None
    assert plain.high > 1
    assert bounded is not None
    assert (bounded.mean, bounded.low, bounded.high) == (plain.mean, plain.low, 1.0)
    pointed = mean_of("pointing_game", pd.Series([1.0] * 6))
    assert pointed == estimate([1.0] * 6, "hits")


def test_a_truly_best_method_keeps_its_mark_however_many_there_are() -> None:
    """Of equal methods each is best: it may lose its mark in at most 5 % of runs."""
    rng = np.random.default_rng(0)
    for count in (2, 7, 22):
        lost = 0
        for _ in range(100):
            wide = pd.DataFrame(
                rng.normal(0.3, 0.1, (20, count)), columns=[f"m{place}" for place in range(count)]
            )
            lost += "m0" not in candidates(wide, "deletion", "lower")
        assert lost <= 10, count  # 5 expected at most; 11 or more of 100 have a chance of 1 %
    wide["m0"] -= 0.5
    assert candidates(wide, "deletion", "lower") == {"m0"}
    assert "m0" not in candidates(wide, "deletion", "higher")


def test_a_method_that_failed_on_the_hard_images_does_not_win_by_that() -> None:
    ease = np.repeat([0.1, 0.9], 10)
    rng = np.random.default_rng(0)
    wide = pd.DataFrame({"smoothgrad": ease + 0.05, "grad_cam": ease}) + rng.normal(
        0, 0.01, (20, 2)
    )
    wide.loc[10:, "smoothgrad"] = np.nan
    assert wide["smoothgrad"].mean() < wide["grad_cam"].mean()
    assert candidates(wide, "deletion", "lower") == {"grad_cam"}
    wide.loc[1:, "smoothgrad"] = np.nan
    assert candidates(wide, "deletion", "lower") == {
        "grad_cam"
    }  # one image gives no mark, and takes none


def test_a_cell_says_on_how_many_images_it_stands() -> None:
    frame = table(n=8, deletion={"smoothgrad": 0.1, "random": 0.3, "edges": 0.2})
    frame.loc[0, "value"], frame.loc[0, "error"] = np.nan, "planted"
    frame = frame.drop(frame[(frame["method"] == "edges") & (frame["image"] != "i1")].index)
    remarks = {one.method: one.remark for one in standings(frame, ["deletion"])}
    assert remarks == {
        "smoothgrad": ", n = 7, 1 failed",
        "random": "",
        "edges": "",
    }  # one image: the interval says so itself


def test_the_best_and_all_that_cannot_be_told_from_it_are_marked() -> None:
    frame = table(
        deletion={"smoothgrad": 0.10, "grad_cam": 0.1001, "random": 0.3},
        insertion={"smoothgrad": 0.2, "grad_cam": 0.5, "random": 0.1},
    )
    best = {
        (standing.metric, standing.method)
        for standing in standings(frame, ["deletion", "insertion"])
        if standing.best
    }
    assert best == {("deletion", "smoothgrad"), ("deletion", "grad_cam"), ("insertion", "grad_cam")}


def test_failures_are_counted_and_few_images_mark_nobody() -> None:
    frame = table(n=6, deletion={"smoothgrad": 0.1, "random": 0.3})
    frame.loc[0, "value"], frame.loc[0, "error"] = np.nan, "planted"
    found = {standing.method: standing for standing in standings(frame, ["deletion"])}
    assert (found["smoothgrad"].failed, found["random"].failed) == (1, 0)
    assert found["smoothgrad"].estimate is not None
    assert found["smoothgrad"].estimate.n == 5
    few = table(n=3, deletion={"smoothgrad": 0.1, "random": 0.3})
    assert not any(standing.best for standing in standings(few, ["deletion"]))


def test_a_method_without_a_value_yet_has_its_place_all_the_same() -> None:
    frame = table(
        deletion={"smoothgrad": 0.1, "random": 0.3}, deletion_exchange={"smoothgrad": 0.1}
    )
    found = {
        (standing.metric, standing.method): standing
        for standing in standings(frame, ["deletion", "deletion_exchange"])
    }
    assert found["deletion_exchange", "random"].estimate is None
    assert not found["deletion_exchange", "random"].best
    assert len(found) == 4


def test_what_is_not_shown_to_beat_random_is_marked() -> None:
    frame = table(
        deletion={
            "smoothgrad": 0.1,
            "grad_cam": 0.3,
            "vanilla_gradients": 0.5,
            "edges": 0.1,
            "random": 0.3,
        },
        insertion={"smoothgrad": 0.1, "grad_cam": 0.5, "random": 0.3},
        high_frequency_share={"smoothgrad": 0.1, "random": 0.9},
    )
    found = {
        (one.metric, one.method): one.beats_random
        for one in standings(frame, ["deletion", "insertion", "high_frequency_share"])
    }
    assert found["deletion", "smoothgrad"] is True
    assert found["deletion", "grad_cam"] is False
    assert found["deletion", "vanilla_gradients"] is False
    assert found["insertion", "smoothgrad"] is False
    assert found["insertion", "grad_cam"] is True
    assert (
        found["deletion", "edges"]
        is found["deletion", "random"]
        is found["high_frequency_share", "smoothgrad"]
        is None
    )
    assert all(
        one.beats_random is None
        for one in standings(frame[frame["method"] != "random"], ["deletion"])
    )
    assert all(
        one.beats_random is None
        for one in standings(frame[frame["image"].isin(["i0", "i1"])], ["deletion"])
    )


def test_each_method_is_held_against_each_control_image_by_image() -> None:
    frame = table(
        deletion={"smoothgrad": 0.1, "grad_cam": 0.4, "edges": 0.2, "random": 0.3},
        insertion={"smoothgrad": 0.5, "edges": 0.2},
        high_frequency_share={"smoothgrad": 0.1, "random": 0.9},
    )
    frame = frame[
        (frame["metric"] != "deletion") | (frame["method"] != "edges") | (frame["image"] != "i3")
    ]
    found = skills(frame, "deletion")
    assert {control: list(own) for control, own in found.items()} == {
        "edges": ["smoothgrad", "grad_cam"],
        "random": ["smoothgrad", "grad_cam"],
    }
    wide = values(frame, "deletion")
    low, high = halls(
        (wide["edges"] - wide["smoothgrad"]).dropna().to_numpy()
    )  # lower is better, so the control's value comes first
    one = found["edges"]["smoothgrad"]
    assert (one.n, one.low, one.high) == (
        19,
        pytest.approx(low, rel=1e-6),
        pytest.approx(high, rel=1e-6),
    )
    assert found["edges"]["smoothgrad"].above_zero
    assert not found["random"]["grad_cam"].above_zero
    assert skills(frame, "insertion")["edges"]["smoothgrad"].mean == pytest.approx(0.3, abs=0.02)
    assert skills(frame[frame["method"] != "edges"], "insertion") == {}
    assert against_controls("deletion")
    assert not against_controls("high_frequency_share")


def test_a_composite_ranks_by_the_readers_weights() -> None:
    frame = table(
        deletion={"smoothgrad": 0.1, "grad_cam": 0.5, "random": 0.9},
        insertion={"smoothgrad": 0.1, "grad_cam": 0.9, "random": 0.5},
    )
    by_deletion = composite(frame, {"deletion": 1, "insertion": 0})
    assert {key: one.mean for key, one in by_deletion.items()} == {
        "smoothgrad": 1.0,
        "grad_cam": 0.5,
        "random": 0.0,
    }
    both = composite(frame, {"deletion": 1, "insertion": 3})
    assert list(both) == ["grad_cam", "random", "smoothgrad"]
    assert {key: one.mean for key, one in both.items()} == pytest.approx(
        {"grad_cam": 0.875, "random": 0.375, "smoothgrad": 0.25}
    )
    assert composite(frame, {"deletion": 2, "insertion": 6}) == both
    assert composite(frame, {"deletion": 0}) == {}
    gap = frame.copy()
    gap.loc[(gap["method"] == "grad_cam") & (gap["image"] == "i0"), "value"] = np.nan
    left = composite(gap, {"deletion": 1})
    assert (left["grad_cam"].n, left["smoothgrad"].n) == (19, 20)
    assert {key: one.mean for key, one in left.items()} == {
        "smoothgrad": 1.0,
        "grad_cam": 0.5,
        "random": 0.0,
    }


def gains(**means: float) -> pd.DataFrame:
    return table(deletion_placement=means, insertion_placement=means)


def test_the_answer_names_who_gains_and_what_the_centre_gains() -> None:
    words = answer(
        gains(smoothgrad=0.2, grad_cam=0.3, vanilla_gradients=0.0, centre_prior=0.25, random=0.0)
    )
    assert words.startswith(
        "On these 20 images, SmoothGrad and Grad-CAM gain from where they point"
    )
    assert "For Vanilla Gradients that is not shown." in words
    assert "In deletion Centre Prior, which does not look at the model, gains 0.2" in words
    assert words.count("too; Grad-CAM gains more, for SmoothGrad that is not shown.") == 2
    assert "too; SmoothGrad is not shown to gain more." in answer(
        gains(smoothgrad=0.2, centre_prior=0.2)
    )
    assert answer(gains(smoothgrad=0.0, grad_cam=0.0, centre_prior=0.2)) == (
        "On these 20 images, SmoothGrad and Grad-CAM do not show a gain from where they point."
    )
    assert "too few" in answer(
        table(n=3, deletion_placement={"smoothgrad": 0.2}, insertion_placement={"smoothgrad": 0.2})
    )
    assert "has not measured" in answer(table(deletion={"smoothgrad": 0.2}))


def test_the_answer_speaks_of_evidence_where_maps_were_exchanged() -> None:
    found = table(
        **{
            metric: {
                "smoothgrad": 0.2,
                "grad_cam": 0.3,
                "vanilla_gradients": 0.2,
                "centre_prior": 0.2,
            }
            for metric in ("deletion_placement", "insertion_placement")
        },
        deletion_exchange={
            "smoothgrad": 0.08,
            "grad_cam": 0.09,
            "vanilla_gradients": 0.0,
            "centre_prior": 0.0,
        },
        insertion_exchange={
            "smoothgrad": 0.08,
            "grad_cam": 0.09,
            "vanilla_gradients": 0.05,
            "centre_prior": 0.0,
        },
    )
    words = answer(found)
    by_hand = [
        estimate(values(found, "deletion_exchange")[key].to_numpy())
        for key in ("smoothgrad", "grad_cam")
    ]
    assert words.startswith(
        "On these 20 images, SmoothGrad and Grad-CAM show evidence that belongs to the "
        "image: exchanged with their maps"
    )
    for one in by_hand:
        assert one is not None
        assert f"{said(one.mean)} ({said(one.low)} to {said(one.high)})" in words
    assert "For Vanilla Gradients that is not shown." in words
    assert "From its place alone Centre Prior" in words
    assert "Grad-CAM gains more than it in both." in words
    assert "which does not look at the model" not in words  # no control gains by exchange
    alone = answer(found[found["method"] != "grad_cam"])
    assert (
        "SmoothGrad shows evidence that belongs to the image: exchanged with its maps of "
        "other images, its scores get worse" in alone
    )


def test_the_answer_names_the_control_that_gains_as_well() -> None:
    """The default run's own case: Edges gain in insertion more than the methods that show
    evidence.
    """
    frame = table(
        deletion_exchange={"smoothgrad": 0.08, "grad_cam": 0.3, "edges": -0.1, "random": 0.0},
        insertion_exchange={"smoothgrad": 0.08, "grad_cam": 0.3, "edges": 0.2, "random": 0.1},
    )
    words = answer(frame)
    found = estimate(values(frame, "insertion_exchange")["edges"].to_numpy())
    assert (
        f"In insertion Edges, which does not look at the model, gains {interval(found)} "
        "too; Grad-CAM gains more, for SmoothGrad that is not shown." in words
    )
    assert "In deletion" not in words


def test_controls_alone_are_not_judged() -> None:
    assert (
        answer(gains(centre_prior=0.2, random=0.0))
        == "This run has only controls, which explain nothing: there is no method to judge."
    )


def test_a_method_gains_more_than_the_centre_only_in_both() -> None:
    shown = dict.fromkeys(("smoothgrad", "grad_cam"), 0.1) | {"centre_prior": 0.0}

    def words(centre: float) -> str:
        return answer(
            table(
                deletion_exchange=shown,
                insertion_exchange=shown,
                deletion_placement={"smoothgrad": 0.3, "grad_cam": 0.3, "centre_prior": centre},
                insertion_placement={"smoothgrad": 0.3, "grad_cam": 0.1, "centre_prior": 0.2},
            )
        )

    assert "in deletion; SmoothGrad gains more than it in both." in words(0.2)
    assert "Centre Prior" not in words(-0.05)


def test_the_answer_says_what_was_not_measured_and_on_how_many_images() -> None:
    both = {"smoothgrad": 0.2, "grad_cam": 0.2, "centre_prior": -0.05}
    frame = table(deletion_placement=both, insertion_placement=both, runtime={"occlusion": 9.0})
    frame.loc[
        (frame["method"] == "grad_cam") & ~frame["image"].isin([f"i{place}" for place in range(6)]),
        "value",
    ] = np.nan
    frame.loc[
        (frame["method"] == "grad_cam")
        & (frame["metric"] == "insertion_placement")
        & (frame["image"] == "i0"),
        "value",
    ] = np.nan
    assert answer(frame) == (
        "On these 20 images, SmoothGrad and Grad-CAM gain from where they point, in "
        "deletion and in insertion. For Occlusion it is not measured. "
        "Not all images count for all: Grad-CAM has 5."
    )


def test_grain_framing_and_evidence_add_up_to_the_score() -> None:
    found = table(
        deletion={"grad_cam": 0.2},
        deletion_placement={"grad_cam": 0.3},
        deletion_exchange={"grad_cam": 0.1},
        insertion={"grad_cam": 0.5},
        insertion_placement={"grad_cam": 0.3},
        insertion_exchange={"grad_cam": 0.1},
    )
    wide = {metric: values(found, metric)["grad_cam"] for metric in found["metric"].unique()}
    rows = [
        {
            **row,
            "metric": f"{area}_placement.misplaced",
            "value": row["value"] + sign * wide[f"{area}_placement"][row["image"]],
        }
        for area, sign in (("deletion", 1), ("insertion", -1))
        for row in found[found["metric"] == area].to_dict("records")
    ]
    found = pd.concat([found, pd.DataFrame(rows)])
    for area, sign in (("deletion", -1), ("insertion", 1)):
        (split,) = splits(found, area)
        assert (split.method, split.area, split.score.n) == ("grad_cam", area, 20)
        assert split.score.mean == pytest.approx(
            split.grain.mean + sign * (split.framing.mean + split.evidence.mean)
        )
        by_hand = estimate((wide[f"{area}_placement"] - wide[f"{area}_exchange"]).to_numpy())
        assert split.framing == by_hand
        assert split.evidence == estimate(wide[f"{area}_exchange"].to_numpy())
    assert splits(found[found["metric"] != "deletion_exchange"], "deletion") == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.18234, "0.182"),
        (1234.5, "1,230"),
        (-0.0049876, "-0.00499"),
        (0, "0"),
        (7.1e-8, "7.1e-08"),
        (None, "none"),
        (float("nan"), "none"),
        (0.9996, "1.00"),
        (50, "50.0"),
    ],
)
def test_numbers_have_three_significant_digits(number: float | None, words: str) -> None:
    assert said(number) == words
