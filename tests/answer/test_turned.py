"""A run beside its baseline: what turned, what was lost, and what else is different."""

from __future__ import annotations

import pandas as pd
import pytest

from heatcheck.answer.decisions import Decision, Held
from heatcheck.answer.rules import NoneTurned
from heatcheck.tests.doubles.held import decided, held
from heatcheck.tests.doubles.tables import asked, planted
from heatcheck.tests.doubles.verdicts import findings

NONE = dict.fromkeys(("random", "edges", "centre_prior"), 0.0)
GOOD = {"grad_cam": 0.1, "smoothgrad": 0.1, **NONE}
WEAK = {**GOOD, "smoothgrad": 0.0}


def beside(run: Held, baseline: Held) -> Decision:
    return decided(NoneTurned(), run, baseline)


def test_the_run_itself_as_its_baseline_passes_and_is_said() -> None:
    run = held(planted())
    decision = beside(run, run)
    assert decision.outcome == "pass"
    assert "Decided claims that kept their verdict: 6. Evidence that is still shown: 0." in (
        decision.reason
    )
    assert decision.reason.endswith("The baseline is this run itself.")


@pytest.mark.parametrize(("before", "now"), [(0.2, 0.6), (0.6, 0.2)])
def test_a_verdict_that_turned_fails_in_either_direction(before: float, now: float) -> None:
    decision = beside(held(planted(smoothgrad=now)), held(planted(smoothgrad=before)))
    assert decision.outcome == "FAIL"
    marks = ["confirmed", "refuted"] if before < now else ["refuted", "confirmed"]
    assert f"“Less noise” turned from {marks[0]} to {marks[1]}." in decision.reason


def test_to_become_undecided_is_no_turn() -> None:
    run = held(planted(smoothgrad=0.36))  # at the threshold itself
    assert next(one.mark for one in run.verdicts if one.claim.words == "Less noise") == "undecided"
    assert beside(run, held(planted(smoothgrad=0.2))).outcome == "pass"


def test_a_claim_about_the_family_turns_with_one_of_its_methods() -> None:
    before, now = planted(), planted()
    passes = now["metric"].str.endswith("_passes") & (now["method"] == "grad_cam")
    now.loc[passes, "value"] = 90.0
    decision = beside(held(now), held(before))
    assert decision.outcome == "FAIL"
    assert "“Fast computation” turned from confirmed to refuted for Grad-CAM." in decision.reason
    without = now[now["method"] != "grad_cam"]  # it is no method of both runs
    assert beside(held(without), held(before)).outcome == "pass"


def test_a_decided_claim_that_is_not_measured_any_more_is_unknown() -> None:
    frame = planted()
    without = frame[~frame["metric"].str.startswith("repeatability")]
    decision = beside(held(without), held(frame))
    assert decision.outcome == "unknown"
    assert "“Less noise” was confirmed and is not measured in this run." in decision.reason


def test_experiments_count_as_verdicts_do() -> None:
    tried = findings("grad_cam")
    assert beside(held(planted(), tried), held(planted(), tried)).outcome == "pass"
    other = tried.assign(value=1 - tried["value"])
    decision = beside(held(planted(), other), held(planted(), tried))
    assert decision.outcome == "FAIL"
    assert "turned from confirmed to refuted" in decision.reason


def test_a_method_that_lost_evidence_fails_with_what_decided() -> None:
    decision = beside(held(asked(picture=WEAK)), held(asked(picture=GOOD)))
    assert decision.outcome == "FAIL"
    assert (
        "SmoothGrad had evidence of this picture. Now it is not shown: in insertion maps of other "
        "pictures are not shown to be worse." in decision.reason
    )
    assert "Grad-CAM" not in decision.reason
    assert beside(held(asked(picture=GOOD)), held(asked(picture=WEAK))).outcome == "pass"


def test_evidence_that_is_not_measured_any_more_is_unknown() -> None:
    before = held(asked(place=GOOD, picture=GOOD))
    decision = beside(held(asked(picture=GOOD)), before)
    assert decision.outcome == "unknown"
    assert "Grad-CAM had evidence of the map's places. It is not measured in this run." in (
        decision.reason
    )
    frame = asked(place=GOOD, picture=GOOD)
    without = frame[frame["method"] != "smoothgrad"]
    decision = beside(held(without), before)
    assert decision.outcome == "unknown"
    assert "SmoothGrad had evidence of this picture and is not in this run." in decision.reason


def test_a_baseline_that_decides_nothing_is_no_pass() -> None:
    nothing = held(asked(picture=dict.fromkeys(GOOD, 0.0)))
    decision = beside(held(asked(picture=GOOD)), nothing)
    assert decision.outcome == "unknown"
    assert decision.reason.endswith("nothing can turn.")


def test_a_baseline_that_is_not_finished_tells_nothing() -> None:
    decision = beside(held(asked(picture=GOOD)), held(asked(picture=GOOD), status="interrupted"))
    assert decision.outcome == "unknown"
    assert decision.reason == "The baseline is interrupted: a part of it tells nothing."


def said(run: Held, baseline: Held) -> str:
    decision = beside(run, baseline)
    assert decision.outcome == "pass"
    return decision.reason.partition("still shown: ")[2].partition(". ")[2]


def test_another_classifier_is_allowed_and_said() -> None:
    frame = asked(picture=GOOD)
    other = held(frame, classifier="efficientnet_lite1")
    assert said(held(frame), other) == "The baseline is of another classifier: efficientnet_lite1."


def test_other_weights_of_the_same_classifier_are_said() -> None:
    frame = asked(picture=GOOD)
    run, same = held(frame, weights="aa", seed=1), held(frame, weights="aa")
    assert said(run, same) == ""
    assert said(run, held(frame, weights="bb")) == (
        "The baseline is of other weights or settings of efficientnet_lite0."
    )


def test_other_images_are_allowed_and_said() -> None:
    frame: pd.DataFrame = asked(picture=GOOD)
    run = held(frame)
    names = [image.name for image in run.run.spec.images]
    assert said(run, held(frame, only=names[:7])) == (
        "The baseline is of other images: this run has 7 of its 7."
    )
    assert said(held(frame, only=names[:7]), held(frame, only=names[5:])) == (
        "The baseline is of other images: this run has 2 of its 15."
    )


def test_other_settings_of_methods_and_metrics_are_said() -> None:
    frame = asked(picture=GOOD)
    others = [key for key in GOOD if key != "smoothgrad"]
    run = held(frame, methods=[*others, "smoothgrad"], metrics=["deletion"])
    other = held(
        frame,
        methods=[*others, {"name": "smoothgrad", "samples": 10}],
        metrics=["deletion"],
        points=13,
    )
    assert said(run, other) == (
        "Methods with other settings in the baseline: SmoothGrad. Metrics with other settings in "
        "the baseline: Deletion."
    )
