"""What is counted: each sentence holds its numbers and is rebuilt from the table alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heatcheck.attribution import METHODS
from heatcheck.judgement.phrases import three_digits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import Verdict, asked
from heatcheck.tests.doubles.tables import counts, planted, table
from heatcheck.tests.doubles.verdicts import card, judged


def one(frame: pd.DataFrame, about: str, question: str) -> Verdict:
    return judged(frame, claims=[card(about, question)])[0]


@pytest.mark.parametrize(
    ("about", "question", "ratio", "mark"),
    [
        ("integrated_gradients", "fast", 50, "refuted"),
        ("integrated_gradients", "slow", 50, "confirmed"),
        ("grad_cam", "fast", 1, "confirmed"),
        ("grad_cam", "slow", 1, "refuted"),
        ("integrated_gradients", "fast_computation", 150, "refuted"),
        ("grad_cam", "fast_computation", 3, "confirmed"),
    ],
)
def test_a_claim_about_time_is_decided_by_its_passes(
    about: str, question: str, ratio: float, mark: str
) -> None:
    """A backward pass counts as two forward: one gradient costs three passes."""
    frame = planted()
    verdict = one(frame, about, question)
    passes = {"integrated_gradients": "50 forward and 50 backward passes"}.get(
        about, "1 forward and 1 backward pass"
    )
    unit = "forward pass" if question == "fast_computation" else "Vanilla gradient"
    milliseconds = np.exp(np.log(Scores(frame).of("runtime")[about]).mean())
    assert verdict.sentence == (
        f"{METHODS[about].title} takes {passes} a map. That is {three_digits(ratio)} times one "
        f"{unit}. The run's machine took {three_digits(milliseconds)} ms, which is told and not "
        f"tested. The claim asks for {asked(verdict.claim)}: {mark}."
    )
    assert (verdict.mark, verdict.p, verdict.estimate) == (mark, None, None)


def test_a_loaded_machine_moves_no_verdict() -> None:
    frame = planted()
    loaded = frame.copy()
    slow = (loaded["metric"] == "runtime") & (loaded["method"] == "vanilla_gradients")
    loaded.loc[slow, "value"] *= np.linspace(20, 90, slow.sum())
    for question in ("fast", "slow", "fast_computation"):
        for about in ("integrated_gradients", "grad_cam"):
            assert one(frame, about, question).mark == one(loaded, about, question).mark


def test_passes_without_gradients_count_too() -> None:
    frame = counts(["vanilla_gradients"], [1])
    blind = counts(["occlusion"], [196])
    blind.loc[blind["metric"] == "runtime.backward_passes", "value"] = 0.0
    verdict = one(pd.concat([frame, blind]), "occlusion", "slow")
    assert verdict.mark == "confirmed"
    assert "takes 196 forward and 0 backward passes a map. That is 65.3 times" in verdict.sentence


def test_passes_that_differ_from_image_to_image_are_a_sample() -> None:
    frame = counts(["vanilla_gradients", "integrated_gradients"], [1, 20])
    own = frame["method"] == "integrated_gradients"
    frame.loc[own, "value"] *= np.tile([1, 2, 4, 8], 10)
    verdict = one(frame, "integrated_gradients", "slow")
    assert verdict.sample is not None
    assert verdict.estimate is not None
    assert sorted(set(verdict.sample)) == pytest.approx([20, 40, 80, 160])
    assert verdict.estimate.mean == pytest.approx(np.exp(np.log([20, 40, 80, 160]).mean()))
    assert verdict.mark == "confirmed"
    assert "95 % interval" in dict(verdict.rows)


def test_milliseconds_alone_decide_nothing() -> None:
    timed = table(runtime={"vanilla_gradients": 30.0, "integrated_gradients": 900.0})
    assert one(timed, "integrated_gradients", "slow").mark == "not measured in this run"
    without = planted()
    without = without[without["metric"] != "runtime"]
    verdict = one(without, "integrated_gradients", "slow")
    assert verdict.mark == "confirmed"
    assert " ms" not in verdict.sentence


def test_each_number_goes_when_its_rows_go() -> None:
    frame = planted()
    for way in ("forward", "backward"):
        lacking = frame[frame["metric"] != f"runtime.{way}_passes"]
        assert one(lacking, "integrated_gradients", "slow").mark == "not measured in this run"
    lacking = frame[frame["method"] != "vanilla_gradients"]
    assert one(lacking, "integrated_gradients", "slow").mark == "not measured in this run"
    assert one(lacking, "integrated_gradients", "fast_computation").mark == "refuted"
