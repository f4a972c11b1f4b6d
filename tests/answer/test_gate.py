"""Rules held against planted runs: what holds, what does not, and what cannot be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heatcheck.answer.gate import decide
from heatcheck.answer.rules import (
    FewFailures,
    Finished,
    HasVerdict,
    NoneBelowRandom,
    NoneTurned,
    ScoreWithin,
    ShowsEvidence,
)
from heatcheck.core.errors import BadParameter
from heatcheck.judgement.model_check import ModelCheck
from heatcheck.tests.doubles.held import decided, held
from heatcheck.tests.doubles.tables import asked, ends, planted, table

NONE = dict.fromkeys(("random", "edges", "centre_prior"), 0.0)
GOOD = {"grad_cam": 0.1, "smoothgrad": 0.0, **NONE}
SHOWN = asked(place=GOOD, picture=GOOD, model={"grad_cam": 0.1, "smoothgrad": 0.0})


def scores(metric: str = "deletion", n: int = 20, **means: float) -> pd.DataFrame:
    return table(n, **{metric: means})


# -- finished, failures ----------------------------------------------------------------------------


def test_a_finished_run_passes() -> None:
    decision = decided(Finished(), held(SHOWN))
    assert decision.outcome == "pass"
    assert decision.line.startswith("pass     The run is finished. ")


@pytest.mark.parametrize("status", ["waiting", "running", "interrupted", "failed", "cancelled"])
def test_an_unfinished_run_fails_and_tells_nothing_else(status: str) -> None:
    part = held(SHOWN, status=status, problem="no\n  room \x1b left.")
    decision = decided(Finished(), part)
    assert decision.outcome == "FAIL"
    assert decision.reason.startswith(f"It is {status}, with 99 of 100 steps. It says: no room")
    advice = "Wait for its end." if status == "running" else f"heatcheck resume {part.run.id}"
    assert decision.reason.endswith(advice)
    assert decision.reason.isprintable()
    for rule in (
        ShowsEvidence("grad_cam"),
        NoneBelowRandom(),
        ScoreWithin("grad_cam", "deletion", "at most", 1.0),
        HasVerdict("Slow", "confirmed"),
    ):
        told = decided(rule, part)
        assert told.outcome == "unknown"
        assert told.reason == "The run is not finished: a part of it tells nothing."
    assert decided(NoneTurned(), part, held(SHOWN)).outcome == "unknown"


def test_failed_scores_are_counted_against_their_limit() -> None:
    frame = scores(grad_cam=0.2, smoothgrad=0.2)
    assert decided(FewFailures(0), held(frame)).reason == "Failed scores: 0."
    frame.loc[[0, 1, 20], "error"] = "planted"
    two = decided(FewFailures(2), held(frame))
    assert (two.outcome, two.reason) == ("FAIL", "Failed scores: 3, 2 of them of Grad-CAM.")
    assert decided(FewFailures(3), held(frame)).outcome == "pass"
    part = held(frame, status="running")
    assert decided(FewFailures(2), part).outcome == "FAIL"
    more = decided(FewFailures(3), part)
    assert more.outcome == "unknown"
    assert more.reason.endswith("The run is not finished: more may fail.")


# -- evidence --------------------------------------------------------------------------------------


def test_evidence_in_all_questions_passes_with_its_numbers() -> None:
    decision = decided(ShowsEvidence("grad_cam"), held(SHOWN))
    assert decision.outcome == "pass"
    assert "Evidence of this picture is shown: its least gain is 0.0" in decision.reason
    assert decision.reason.count("over 20 images.") == 3


def test_evidence_that_is_not_shown_fails_with_what_decided() -> None:
    decision = decided(ShowsEvidence("smoothgrad"), held(SHOWN))
    assert decision.outcome == "FAIL"
    assert (
        "Evidence of this picture is not shown: in deletion maps of other pictures are not shown "
        "to be worse." in decision.reason
    )


def test_only_the_named_questions_are_asked() -> None:
    frame = asked(place=GOOD, picture=dict.fromkeys(GOOD, 0.0))
    assert decided(ShowsEvidence("grad_cam", ("place",)), held(frame)).outcome == "pass"
    assert decided(ShowsEvidence("grad_cam", ("picture",)), held(frame)).outcome == "FAIL"


def test_a_question_that_is_not_measured_is_unknown_and_no_pass() -> None:
    frame = asked(place=GOOD, picture=GOOD)
    decision = decided(ShowsEvidence("grad_cam"), held(frame))
    assert decision.outcome == "unknown"
    assert decision.reason == "Evidence of this model and class is not measured in this run."


def test_what_fails_decides_before_what_is_unknown_and_both_are_told() -> None:
    decision = decided(ShowsEvidence("smoothgrad"), held(asked(place=GOOD, picture=GOOD)))
    assert decision.outcome == "FAIL"
    assert decision.reason.endswith("of this model and class is not measured in this run.")


def test_where_no_area_separates_anything_evidence_is_unknown() -> None:
    flat = ends(0.2, 0.2, 0.2)
    gains = asked(picture={"grad_cam": 0.1, "random": 0.0})
    decision = decided(ShowsEvidence("grad_cam", ("picture",)), held(pd.concat([flat, gains])))
    assert decision.outcome == "unknown"
    assert "Evidence of this picture cannot be said: " in decision.reason
    assert "Insertion separates nothing here" in decision.reason


def test_of_a_model_that_does_not_know_the_images_evidence_is_unknown() -> None:
    model = ModelCheck((), (), (3,) * 20, (0.9,) * 20, 0.0)
    assert model.bars
    decision = decided(ShowsEvidence("grad_cam", ("picture",)), held(SHOWN, model=model))
    assert decision.outcome == "unknown"
    assert "cannot be said: the model is not shown to know these images." in decision.reason


def test_too_few_images_show_no_evidence() -> None:
    decision = decided(
        ShowsEvidence("grad_cam", ("picture",)), held(asked(3, picture={"grad_cam": 0.1}))
    )
    assert decision.outcome == "FAIL"
    assert decision.reason == "Evidence of this picture is not shown: too few images: 3."


def test_a_method_that_is_not_in_the_run_is_unknown() -> None:
    for rule in (ShowsEvidence("rise"), ScoreWithin("rise", "deletion", "at most", 1.0)):
        decision = decided(rule, held(SHOWN))
        assert (decision.outcome, decision.reason) == ("unknown", "RISE is not in this run.")


def test_a_method_with_several_settings_is_named_by_its_key() -> None:
    methods = [{"name": "smoothgrad", "samples": count} for count in (10, 20)]
    empty = scores(random=0.2)
    run = held(empty, methods=[*methods, "random"])
    first, second, _ = run.run.spec.keyed
    run = held(scores(**{first: 0.2, second: 0.4}), methods=[*methods, "random"])
    decision = decided(ScoreWithin("smoothgrad", "deletion", "at most", 0.5), run)
    assert decision.outcome == "unknown"
    assert decision.reason == f"The run has it with several settings: name one of {first} or " + (
        f"{second}."
    )
    assert decided(ScoreWithin(first, "deletion", "at most", 0.3), run).outcome == "pass"
    assert decided(ScoreWithin(second, "deletion", "at most", 0.3), run).outcome == "FAIL"
    other = decided(ScoreWithin("smoothgrad-000000", "deletion", "at most", 0.3), run)
    assert other.reason == "SmoothGrad (000000) is not in this run."


# -- no method below random ------------------------------------------------------------------------


def test_no_method_below_random_passes_and_says_how_many_were_held() -> None:
    frame = scores(grad_cam=0.1, smoothgrad=0.2, edges=0.9, random=0.2)
    decision = decided(NoneBelowRandom(("deletion",)), held(frame))
    assert decision.outcome == "pass"
    assert decision.reason == "In Deletion it holds for 2 methods, each by itself."


def test_a_method_that_is_shown_to_be_worse_than_random_fails() -> None:
    frame = pd.concat(
        [
            scores(grad_cam=0.3, smoothgrad=0.1, random=0.2),
            scores("insertion", grad_cam=0.5, smoothgrad=0.1, random=0.3),
        ]
    )
    decision = decided(NoneBelowRandom(), held(frame))
    assert decision.outcome == "FAIL"
    assert "Grad-CAM is worse than Random in Deletion, by 0.0937 and" in decision.reason
    assert "SmoothGrad is worse than Random in Insertion, by 0.2" in decision.reason
    assert "SmoothGrad is worse than Random in Deletion" not in decision.reason


def test_a_method_that_only_looks_worse_than_random_passes() -> None:
    """Its mean is on the worse side, and the interval of the difference is on both."""
    frame = scores(grad_cam=0.2, random=0.2)
    values = np.random.default_rng(3).normal(0.0, 0.1, 20)
    frame.loc[frame["method"] == "grad_cam", "value"] = values - values.mean() + 0.22
    wide = frame.pivot(index="image", columns="method", values="value")
    assert (wide["grad_cam"] - wide["random"]).mean() > 0
    assert decided(NoneBelowRandom(("deletion",)), held(frame)).outcome == "pass"


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (scores(grad_cam=0.1), "Random has no score in Deletion."),
        (scores("insertion", grad_cam=0.1, random=0.2), "Deletion is not measured in this run."),
        (scores(random=0.2, edges=0.1), "The run has only controls: "),
        (scores(n=4, grad_cam=0.1, random=0.2), "on 4 images in Deletion: 5 are needed."),
    ],
)
def test_what_cannot_be_held_against_random_is_unknown(frame: pd.DataFrame, words: str) -> None:
    decision = decided(NoneBelowRandom(("deletion",)), held(frame))
    assert decision.outcome == "unknown"
    assert words in decision.reason


def test_a_method_whose_scores_all_failed_is_unknown_beside_random() -> None:
    frame = scores(grad_cam=0.1, smoothgrad=0.1, random=0.2)
    frame.loc[frame["method"] == "smoothgrad", ["value", "error"]] = (np.nan, "planted")
    decision = decided(NoneBelowRandom(("deletion",)), held(frame))
    assert decision.outcome == "unknown"
    assert decision.reason == "SmoothGrad has no score in Deletion beside Random's."


@pytest.mark.parametrize(("step", "outcome"), [(0.1, "unknown"), (0.0, "pass"), (-0.1, "pass")])
def test_a_difference_without_spread_shows_nothing(step: float, outcome: str) -> None:
    frame = scores(grad_cam=0.2, random=0.2)
    frame.loc[frame["method"] == "random", "value"] = 0.25
    frame.loc[frame["method"] == "grad_cam", "value"] = 0.25 + step
    assert decided(NoneBelowRandom(("deletion",)), held(frame)).outcome == outcome


@pytest.mark.parametrize(("hits", "outcome"), [(0, "FAIL"), (16, "pass"), (20, "pass")])
def test_hits_are_held_against_random_by_their_own_test(hits: int, outcome: str) -> None:
    frame = scores("pointing_game", grad_cam=0.0, random=0.0).assign(better="higher")
    places = frame.groupby("method").cumcount()
    frame["value"] = np.where(frame["method"] == "random", places < 16, places < hits).astype(float)
    decision = decided(NoneBelowRandom(("pointing_game",)), held(frame))
    assert decision.outcome == outcome
    if outcome == "FAIL":
        assert decision.reason == "Grad-CAM hits less often than Random in Pointing game."


# -- score -----------------------------------------------------------------------------------------


def test_a_score_is_decided_by_the_end_of_its_interval_so_that_doubt_fails() -> None:
    run = held(scores(grad_cam=0.2))  # a spread of 0.01 over 20 images
    passed = decided(ScoreWithin("grad_cam", "deletion", "at most", 0.21), run)
    assert passed.outcome == "pass"
    assert "Its interval ends at 0.20" in passed.reason
    assert passed.reason.endswith("within the limit of 0.21.")
    doubt = decided(ScoreWithin("grad_cam", "deletion", "at most", 0.201), run)
    assert doubt.outcome == "FAIL"
    assert "The mean is 0.198 over 20 images." in doubt.reason
    assert doubt.reason.endswith("the mean is within it, but doubt fails.")
    beyond = decided(ScoreWithin("grad_cam", "deletion", "at most", 0.15), run)
    assert beyond.outcome == "FAIL"
    assert beyond.reason.endswith("and the mean is beyond 0.15 too.")


def test_at_least_is_decided_by_the_lower_end() -> None:
    run = held(scores("insertion", grad_cam=0.2))
    outcomes = [
        decided(ScoreWithin("grad_cam", "insertion", "at least", limit), run).outcome
        for limit in (0.19, 0.198, 0.3)
    ]
    assert outcomes == ["pass", "FAIL", "FAIL"]


def test_an_end_that_rounds_to_the_limit_is_told_with_more_digits() -> None:
    run = held(scores(grad_cam=0.2))
    (end,) = [
        word
        for word in decided(ScoreWithin("grad_cam", "deletion", "at most", 1.0), run).reason.split()
        if word.startswith("0.20")
    ]
    limit = float(end.rstrip(","))
    reason = decided(ScoreWithin("grad_cam", "deletion", "at most", limit), run).reason
    told = reason.partition("Its interval ends at ")[2].split(",")[0]
    assert float(told) != limit


def test_time_has_no_interval_and_is_decided_by_its_mean() -> None:
    run = held(scores("runtime", grad_cam=100.0))
    near = decided(ScoreWithin("grad_cam", "runtime", "at most", 102.0), run)
    assert near.outcome == "pass"
    assert near.reason.startswith("The mean decides, since it has no interval: ")
    assert decided(ScoreWithin("grad_cam", "runtime", "at most", 90.0), run).outcome == "FAIL"


def test_a_metric_that_the_run_did_not_measure_is_unknown_and_no_pass() -> None:
    decision = decided(
        ScoreWithin("grad_cam", "insertion", "at least", 0.0), held(scores(grad_cam=0.2))
    )
    assert decision.outcome == "unknown"
    assert decision.reason == "Insertion is not measured in this run."


def test_too_few_images_or_no_spread_cannot_be_told() -> None:
    rule = ScoreWithin("grad_cam", "deletion", "at most", 0.9)
    few = decided(rule, held(scores(n=4, grad_cam=0.2)))
    assert few.outcome == "unknown"
    assert "over 4 images: too few for an interval." in few.reason
    flat = decided(rule, held(scores(grad_cam=0.2).assign(value=0.2)))
    assert flat.outcome == "unknown"
    assert flat.reason.endswith("the same on all: without spread there is no interval.")


def test_failed_scores_are_told_beside_the_mean_that_lacks_them() -> None:
    rule = ScoreWithin("grad_cam", "deletion", "at most", 0.9)
    frame = scores(grad_cam=0.2, random=0.2)
    frame.loc[:4, ["value", "error"]] = (np.nan, "planted")
    some = decided(rule, held(frame))
    assert some.outcome == "pass"
    assert "Of its scores 5 failed and are not in the mean." in some.reason
    assert some.reason.endswith("With so few images the interval may be too short.")
    frame.loc[frame["method"] == "grad_cam", ["value", "error"]] = (np.nan, "planted")
    none = decided(rule, held(frame))
    assert (none.outcome, none.reason) == ("unknown", "It has no score in Deletion.")


# -- verdict ---------------------------------------------------------------------------------------


def test_a_claim_has_its_verdict_or_the_rule_fails() -> None:
    run = held(planted())
    held_true = decided(HasVerdict("Less noise", "confirmed"), run)
    assert held_true.outcome == "pass"
    assert "It asks SmoothGrad for at least 10 % less" in held_true.reason
    assert "The mean is 0.448 over 20 images" in held_true.reason
    other = decided(HasVerdict("Smooth", "confirmed"), run)
    assert other.outcome == "FAIL"
    assert "The verdict is refuted." in other.reason
    assert decided(HasVerdict("Smooth", "refuted"), run).outcome == "pass"


def test_a_verdict_on_the_family_names_those_for_which_it_does_not_hold() -> None:
    run = held(planted())
    assert decided(HasVerdict("Fast computation", "mixed"), run).outcome == "pass"
    decision = decided(HasVerdict("Fast computation", "confirmed"), run)
    assert decision.outcome == "FAIL"
    assert "It asks each gradient method for" in decision.reason
    assert decision.reason.endswith("It is not confirmed for Integrated Gradients and SmoothGrad.")


def test_a_claim_that_the_run_did_not_measure_or_cannot_test_is_unknown() -> None:
    for claim, words in (
        ("CNN specific", "It is not measured in this run."),
        ("Fast", "It is the unit, not tested."),
    ):
        decision = decided(HasVerdict(claim, "confirmed"), held(planted()))
        assert decision.outcome == "unknown"
        assert decision.reason.startswith(words)


# -- baseline --------------------------------------------------------------------------------------


def test_a_rule_and_the_baseline_need_each_other() -> None:
    run = held(SHOWN)
    with pytest.raises(BadParameter, match="Expected a baseline for the rule"):
        decide([Finished(), NoneTurned()], run)
    with pytest.raises(BadParameter, match="which alone reads the baseline"):
        decide([Finished()], run, run)
    assert len(decide([Finished(), NoneTurned()], run, run)) == 2
