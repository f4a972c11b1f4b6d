"""Intervals, Holm, leaderboard, verdicts, answers: known tables, scipy as the reference, sentences that hold their numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.answers import answer
from evaluation.claims import CLAIMS, Claim
from evaluation.leaderboard import standings, values
from evaluation.splits import splits
from evaluation.statistics import ENOUGH, estimate, holm, images_to_decide, p_against
from evaluation.verdicts import judge, said
from tests.halls import halls


def test_the_interval_of_a_symmetric_sample_is_students_t() -> None:
    half = np.random.default_rng(0).normal(0, 2, 10)
    sample = 3 + np.concatenate([half, -half])
    ours = estimate(sample)
    low, high = stats.t.interval(0.95, 19, sample.mean(), stats.sem(sample))
    assert ours is not None
    assert (ours.mean, ours.low, ours.high, ours.n) == pytest.approx((3, low, high, 20))
    geometric = estimate(np.exp(sample), log=True)
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
    """Simulated: samples of that size reject in 80 % of cases; half as many images reject clearly less often."""
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
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])  # Holm's own example, by hand
    assert holm([]) == []


METHODS = ("vanilla_gradients", "integrated_gradients", "smoothgrad", "grad_cam", "centre_prior", "edges", "random")


def table(n: int = 20, **means: dict[str, float]) -> pd.DataFrame:
    """A run's table with planted means: `table(runtime={"grad_cam": 5})`; spread 5 % of the mean, or 0.01."""
    rng = np.random.default_rng(0)
    rows = []
    for metric, by_method in means.items():
        name = metric.replace("__", ".")
        for method, mean in by_method.items():
            for image, value in enumerate(rng.normal(mean, max(0.05 * abs(mean), 0.01), n)):
                better = {"insertion": "higher", "deletion_placement": "higher", "insertion_placement": "higher"}.get(name, "lower")
                rows.append({"image": f"i{image}", "method": method, "metric": name, "value": value, "better": better, "error": ""})
    return pd.DataFrame(rows)


def planted(**noise: float) -> pd.DataFrame:
    times = {"vanilla_gradients": 30.0, "integrated_gradients": 900.0, "smoothgrad": 950.0, "grad_cam": 15.0}
    shares = {"vanilla_gradients": 0.4, "integrated_gradients": 0.45, "smoothgrad": 0.2, "grad_cam": 0.1, **noise}
    passes = dict(zip(times, (1, 50, 50, 1), strict=True))
    return table(
        runtime=times, runtime__backward_passes=passes, runtime__forward_pass=dict.fromkeys(times, 12.0), high_frequency_share=shares
    )


def marks(frame: pd.DataFrame) -> dict[str, str]:
    return {f"{verdict.claim.about}: {verdict.claim.words}": verdict.mark for verdict in judge(frame)}


def test_planted_effects_get_their_marks() -> None:
    found = marks(planted())
    assert found["vanilla_gradients: Fast"] == "confirmed"
    assert found["integrated_gradients: Slow"] == "confirmed"
    assert found["integrated_gradients: Smooth"] == "refuted"
    assert found["vanilla_gradients: Noisy"] == "confirmed"
    assert found["smoothgrad: Less noise"] == "confirmed"
    assert found["gradient methods: Fast computation"] == "refuted"
    assert found["grad_cam: CNN specific"] == "not measured in this run"


def test_the_opposite_effects_get_the_opposite_marks() -> None:
    assert marks(planted(smoothgrad=0.6))["smoothgrad: Less noise"] == "refuted"
    assert marks(planted(smoothgrad=0.365))["smoothgrad: Less noise"] == "undecided"  # at the threshold itself
    assert marks(planted(integrated_gradients=0.1))["integrated_gradients: Smooth"] == "confirmed"
    assert marks(planted(vanilla_gradients=0.05))["vanilla_gradients: Noisy"] == "refuted"


def test_a_claim_without_its_metric_is_not_measured() -> None:
    frame = planted()
    without = frame[frame["metric"] != "high_frequency_share"]
    assert marks(without)["smoothgrad: Less noise"] == "not measured in this run"
    assert marks(without)["integrated_gradients: Slow"] == "confirmed"
    failed = frame.copy()
    failed.loc[failed["method"] == "grad_cam", "value"] = np.nan
    assert marks(failed)["vanilla_gradients: Noisy"] == "not measured in this run"
    assert set(marks(frame.iloc[:0]).values()) == {"not measured in this run"}


def test_two_images_decide_nothing() -> None:
    frame = planted()
    few = frame[frame["image"].isin(["i0", "i1"])]
    measured = [verdict for verdict in judge(few) if verdict.mark != "not measured in this run"]
    assert measured
    assert {verdict.mark for verdict in measured} == {"undecided"}
    assert all("Fewer than 5 images decide nothing." in verdict.sentence for verdict in measured)


def test_a_sentence_holds_the_value_the_interval_the_images_and_the_mark() -> None:
    for verdict in judge(planted()):
        assert verdict.mark in verdict.sentence.lower()
        if verdict.estimate is None:
            assert verdict.mark == "not measured in this run"
            assert verdict.claim.needs in verdict.sentence
            continue
        numbers = re.findall(r"-?\d[\d,.]*\d|\d", verdict.sentence)
        for number in (verdict.estimate.mean, verdict.estimate.low, verdict.estimate.high):
            assert said(number) in numbers
        assert f"{verdict.estimate.n} images" in verdict.sentence


def test_smoothgrads_sentence_is_rebuilt_from_the_table_alone() -> None:
    frame = planted()
    wide = values(frame, "high_frequency_share")
    difference = wide["smoothgrad"] - wide["vanilla_gradients"]
    low, high = halls(difference.to_numpy())
    verdict = next(verdict for verdict in judge(frame) if verdict.claim.words == "Less noise")
    assert verdict.sentence == (
        f"SmoothGrad: high-frequency share {said(wide['smoothgrad'].mean())}; Vanilla Gradients: {said(wide['vanilla_gradients'].mean())}. "
        f"The difference is {said(difference.mean())} (95 % interval {said(low)} to {said(high)}, 20 images). "
        "The claim asks for at least 10 % below Vanilla Gradients': confirmed."
    )


def test_under_no_difference_claims_are_rarely_confirmed() -> None:
    """Holm's correction over a page's claims: three noise claims of a difference that is not there."""
    claims = tuple(
        Claim(method, "Less noise", "comparison", "less noise", "r", "n") for method in ("smoothgrad", "integrated_gradients", "grad_cam")
    )
    rng = np.random.default_rng(5)
    runs = 400
    wrong = 0
    for _ in range(runs):
        rows = []
        base = rng.normal(0.4, 0.05, 20)
        for method in METHODS[:4]:
            level = base if method == "vanilla_gradients" else rng.normal(0.36, 0.05, 20)  # exactly at the threshold
            rows += [
                {"image": i, "method": method, "metric": "high_frequency_share", "value": v, "better": "lower", "error": ""}
                for i, v in enumerate(level)
            ]
        wrong += any(verdict.mark == "confirmed" for verdict in judge(pd.DataFrame(rows), claims))
    assert wrong / runs <= 0.07


def test_every_claim_of_the_textbook_is_a_record() -> None:
    words = {(claim.about, claim.words) for claim in CLAIMS}
    assert {
        ("vanilla_gradients", "Fast"), ("vanilla_gradients", "Noisy"), ("integrated_gradients", "Smooth"), ("integrated_gradients", "Slow"),
        ("smoothgrad", "Less noise"), ("grad_cam", "CNN specific"), ("gradient methods", "Model-agnostic"),
        ("gradient methods", "Fast computation"), ("gradient methods", "Differentiable"), ("gradient methods", "Saturation issue"),
        ("vanilla_gradients", "Noise in vanilla"), ("gradient methods", "Requires gradients"),
    } == words  # fmt: skip


def test_the_best_and_all_that_cannot_be_told_from_it_are_marked() -> None:
    frame = table(
        deletion={"smoothgrad": 0.10, "grad_cam": 0.1001, "random": 0.3}, insertion={"smoothgrad": 0.2, "grad_cam": 0.5, "random": 0.1}
    )
    best = {(standing.metric, standing.method) for standing in standings(frame, ["deletion", "insertion"]) if standing.best}
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
    frame = table(deletion={"smoothgrad": 0.1, "random": 0.3}, deletion_exchange={"smoothgrad": 0.1})
    found = {(standing.metric, standing.method): standing for standing in standings(frame, ["deletion", "deletion_exchange"])}
    assert found["deletion_exchange", "random"].estimate is None
    assert not found["deletion_exchange", "random"].best
    assert len(found) == 4


def gains(**means: float) -> pd.DataFrame:
    return table(deletion_placement=means, insertion_placement=means)


def test_the_answer_names_who_gains_and_what_the_centre_gains() -> None:
    words = answer(gains(smoothgrad=0.2, grad_cam=0.3, vanilla_gradients=0.0, centre_prior=0.25, random=0.0))
    assert words.startswith("On these 20 images, SmoothGrad and Grad-CAM gain from where they point")
    assert "For Vanilla Gradients that is not shown." in words
    assert "Grad-CAM gains more than it." in words
    assert "no method is shown to gain more from its places" in answer(gains(smoothgrad=0.2, centre_prior=0.2))
    assert "that is not shown" in answer(gains(smoothgrad=0.0, centre_prior=0.2))
    assert "too few" in answer(table(n=3, deletion_placement={"smoothgrad": 0.2}, insertion_placement={"smoothgrad": 0.2}))
    assert "has not measured" in answer(table(deletion={"smoothgrad": 0.2}))


def test_the_answer_speaks_of_evidence_where_maps_were_exchanged() -> None:
    found = table(
        **{
            metric: {"smoothgrad": 0.2, "grad_cam": 0.3, "vanilla_gradients": 0.2, "centre_prior": 0.2}
            for metric in ("deletion_placement", "insertion_placement")
        },
        deletion_exchange={"smoothgrad": 0.08, "grad_cam": 0.09, "vanilla_gradients": 0.0, "centre_prior": 0.0},
        insertion_exchange={"smoothgrad": 0.08, "grad_cam": 0.09, "vanilla_gradients": 0.05, "centre_prior": 0.0},
    )
    words = answer(found)
    by_hand = [estimate(values(found, "deletion_exchange")[key].to_numpy()) for key in ("smoothgrad", "grad_cam")]
    assert words.startswith(
        "On these 20 images, SmoothGrad and Grad-CAM show evidence that belongs to the image: exchanged with their maps"
    )
    for one in by_hand:
        assert one is not None
        assert f"{said(one.mean)} ({said(one.low)} to {said(one.high)})" in words
    assert "For Vanilla Gradients that is not shown." in words
    assert "Grad-CAM gains more than it." in words
    alone = answer(found[found["method"] != "grad_cam"])
    assert "SmoothGrad shows evidence that belongs to the image: exchanged with its maps of other images, its scores get worse" in alone


def test_grain_framing_and_evidence_add_up_to_the_score() -> None:
    found = table(
        deletion={"grad_cam": 0.2}, deletion_placement={"grad_cam": 0.3}, deletion_exchange={"grad_cam": 0.1},
        insertion={"grad_cam": 0.5}, insertion_placement={"grad_cam": 0.3}, insertion_exchange={"grad_cam": 0.1},
    )  # fmt: skip
    wide = {metric: values(found, metric)["grad_cam"] for metric in found["metric"].unique()}
    rows = [
        {**row, "metric": f"{area}_placement.misplaced", "value": row["value"] + sign * wide[f"{area}_placement"][row["image"]]}
        for area, sign in (("deletion", 1), ("insertion", -1))
        for row in found[found["metric"] == area].to_dict("records")
    ]
    found = pd.concat([found, pd.DataFrame(rows)])
    for area, sign in (("deletion", -1), ("insertion", 1)):
        (split,) = splits(found, area)
        assert (split.method, split.area, split.score.n) == ("grad_cam", area, 20)
        assert split.score.mean == pytest.approx(split.grain.mean + sign * (split.framing.mean + split.evidence.mean))
        by_hand = estimate((wide[f"{area}_placement"] - wide[f"{area}_exchange"]).to_numpy())
        assert split.framing == by_hand
        assert split.evidence == estimate(wide[f"{area}_exchange"].to_numpy())
    assert splits(found[found["metric"] != "deletion_exchange"], "deletion") == []


@pytest.mark.parametrize(("number", "words"), [(0.18234, "0.182"), (1234.5, "1,230"), (-0.0049876, "-0.00499"), (0, "0"), (7.1e-8, "7.1e-08"), (None, "none"), (float("nan"), "none"), (0.9996, "1.00"), (50, "50.0")])  # fmt: skip
def test_numbers_have_three_significant_digits(number: float | None, words: str) -> None:
    assert said(number) == words
