"""Advice: planted runs whose right answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heatcheck.attribution import METHODS
from heatcheck.judgement import advice
from heatcheck.judgement.advice import Advice, Wish
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.tables import table

GAINS = {
    "smoothgrad": 0.2,
    "grad_cam": 0.1,
    "vanilla_gradients": 0.0,
    "occlusion": 0.05,
    "random": 0.9,
}
NOISE = {
    "smoothgrad": 0.4,
    "grad_cam": 0.02,
    "vanilla_gradients": 0.4,
    "occlusion": 0.03,
    "random": 0.8,
}
TIMES = {
    "smoothgrad": 900.0,
    "grad_cam": 20.0,
    "vanilla_gradients": 30.0,
    "occlusion": 3000.0,
    "random": 0.1,
}
FINDINGS = pd.DataFrame(
    [
        {
            "method": name,
            "experiment": "runs_without_gradients",
            "value": float(name in ("occlusion", "random")),
            "words": "",
        }
        for name in GAINS
    ]
)


def run() -> pd.DataFrame:
    return table(
        deletion_exchange=GAINS, insertion_exchange=GAINS, high_frequency_share=NOISE, runtime=TIMES
    )


def advise(frame: pd.DataFrame, findings: pd.DataFrame, wish: Wish) -> Advice:
    return advice.advise(Scores(frame), findings, wish)


@pytest.mark.parametrize(
    ("wish", "method"),
    [
        (Wish(), "smoothgrad"),
        (Wish(budget=100), "grad_cam"),
        (Wish(detail="region"), "grad_cam"),
        (Wish(detail="fine"), "smoothgrad"),
        (Wish(without_gradients=True), "occlusion"),
        (Wish(budget=100, without_gradients=True), None),
        (Wish(budget=100, detail="fine"), None),
    ],
)
def test_the_advice_is_the_planted_one(wish: Wish, method: str | None) -> None:
    found = advise(run(), FINDINGS, wish)
    assert found.method == method
    assert {key for key, _ in found.others} == {
        "smoothgrad",
        "grad_cam",
        "vanilla_gradients",
        "occlusion",
    } - {method}


def test_each_other_method_says_why_not() -> None:
    why = dict(advise(run(), FINDINGS, Wish(budget=100)).others)
    assert why["smoothgrad"].startswith("It takes 9")
    assert "is not shown: " in why["vanilla_gradients"]
    assert dict(advise(run(), FINDINGS, Wish(detail="region")).others)["smoothgrad"].startswith(
        "Its maps are fine detail: a high-frequency share of 0."
    )
    assert (
        dict(advise(run(), FINDINGS, Wish(without_gradients=True)).others)["grad_cam"]
        == "With gradients cut off it gives no map."
    )
    assert dict(advise(run(), FINDINGS, Wish()).others)["grad_cam"].startswith(
        "It fits too, and gains less. Its exchange gain is 0."
    )


def test_what_cannot_be_told_from_the_advised_method_is_named_with_it() -> None:
    close = GAINS | {"grad_cam": 0.1999, "random": 0.0}
    found = advise(table(deletion_exchange=close, insertion_exchange=close), FINDINGS, Wish())
    (other,) = {"smoothgrad", "grad_cam"} - {found.method}
    assert found.sentence.endswith(f" It cannot be told from {METHODS[other].title}.")
    assert dict(found.others)[other].startswith(
        "It fits too, and cannot be told from the first. Its exchange gain is "
    )


def test_a_control_that_gains_as_much_is_named() -> None:
    found = advise(run(), FINDINGS, Wish())  # Random is planted at 0.9
    assert found.method == "smoothgrad"
    assert "Mind the controls, which know nothing of the model: Random gains 0." in found.sentence
    assert found.sentence.count("in insertion") == 2
    lower = GAINS | {"random": 0.05}
    assert (
        "Mind the controls"
        not in advise(
            table(deletion_exchange=lower, insertion_exchange=lower), FINDINGS, Wish()
        ).sentence
    )


def test_methods_are_ordered_on_the_images_that_all_of_them_have() -> None:
    """Half of the images are rich in evidence; a method that has a value there alone does not win
    by that.
    """
    rich = np.repeat([0.5, 0.0], 10)
    frame = table(
        deletion_exchange=GAINS | {"random": 0.0}, insertion_exchange=GAINS | {"random": 0.0}
    )
    place = frame["image"].str[1:].astype(int)
    frame["value"] += rich[place]
    frame.loc[(frame["method"] == "grad_cam") & (place >= 10), "value"] = np.nan
    wide = Scores(frame).of("deletion_exchange")
    assert wide["grad_cam"].mean() > wide["smoothgrad"].mean()
    assert advise(frame, FINDINGS, Wish()).method == "smoothgrad"


def test_a_run_that_measured_no_gain_gives_no_advice() -> None:
    assert advise(table(runtime=TIMES), FINDINGS, Wish()).method is None
    without = advise(
        table(deletion_placement=GAINS, insertion_placement=GAINS),
        FINDINGS.iloc[:0],
        Wish(budget=100, without_gradients=True),
    )
    assert without.method is None
    assert set(dict(without.others).values()) == {"This run has not measured how long it takes."}
    assert advise(
        table(deletion_placement=GAINS, insertion_placement=GAINS), FINDINGS, Wish()
    ).sentence.startswith("SmoothGrad: its placement gain is 0.")


def test_three_images_advise_nothing() -> None:
    few = advise(table(n=3, deletion_exchange=GAINS, insertion_exchange=GAINS), FINDINGS, Wish())
    assert few.method is None
