"""Advice: planted runs whose right answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heatcheck.judgement import advice
from heatcheck.judgement.advice import Advice, Wish
from heatcheck.judgement.phrases import three_digits
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.tables import asked, ends, table
from heatcheck.tools.simulate.advice import wrong

GAINS = {
    "smoothgrad": 0.2,
    "grad_cam": 0.1,
    "vanilla_gradients": 0.0,
    "occlusion": 0.05,
    "random": 0.0,
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
    took = np.exp(np.log(Scores(run()).of("runtime")["smoothgrad"]).mean())
    assert why["smoothgrad"].startswith(f"It takes {three_digits(took)} ms a map")
    assert why["vanilla_gradients"].startswith("Evidence of this picture is not shown: in ")
    assert dict(advise(run(), FINDINGS, Wish(detail="region")).others)["smoothgrad"].startswith(
        "Its maps are fine detail: a high-frequency share of 0."
    )
    assert (
        dict(advise(run(), FINDINGS, Wish(without_gradients=True)).others)["grad_cam"]
        == "With gradients cut off it gives no map."
    )
    assert dict(advise(run(), FINDINGS, Wish()).others)["grad_cam"].startswith(
        "It fits too, and gains less. Over maps of other pictures it gains 0."
    )


def close() -> pd.DataFrame:
    """Two methods whose gains cannot be told apart, and two that gain less."""
    gains = GAINS | {"grad_cam": 0.1999}
    return table(deletion_exchange=gains, insertion_exchange=gains)


def passes(**counts: tuple[float, float]) -> pd.DataFrame:
    return table(
        runtime__forward_passes={key: forward for key, (forward, _) in counts.items()},
        runtime__backward_passes={key: backward for key, (_, backward) in counts.items()},
    )


def test_of_those_that_cannot_be_told_from_the_best_the_cheapest_is_advised() -> None:
    counted = passes(smoothgrad=(50, 50), grad_cam=(1, 1), occlusion=(1, 0))
    found = advise(pd.concat([close(), counted]), FINDINGS, Wish())
    assert found.method == "grad_cam"
    assert found.sentence.count("cannot be told from SmoothGrad, and is the cheapest of them") == 1
    assert found.less == ("occlusion",)
    assert dict(found.others)["smoothgrad"].startswith(
        "It fits too, and cannot be told from the best by its gains. Over maps"
    )
    turned = passes(smoothgrad=(1, 1), grad_cam=(60, 0))
    assert advise(pd.concat([close(), turned]), FINDINGS, Wish()).method == "smoothgrad"


def test_a_backward_pass_counts_as_two_and_milliseconds_where_passes_are_missing() -> None:
    counted = passes(smoothgrad=(10, 10), grad_cam=(25, 1))  # 30 against 27
    assert advise(pd.concat([close(), counted]), FINDINGS, Wish()).method == "grad_cam"
    times = table(runtime={"smoothgrad": 20.0, "grad_cam": 900.0})
    found = advise(pd.concat([close(), times]), FINDINGS, Wish())
    assert found.method == "smoothgrad"
    assert "ms a map" in found.sentence
    without = advise(close(), FINDINGS, Wish())
    assert " It cannot be told from " in without.sentence


def test_a_control_that_gains_as_much_takes_the_advice_away() -> None:
    gains = GAINS | {"random": 0.9}
    found = advise(table(deletion_exchange=gains, insertion_exchange=gains), FINDINGS, Wish())
    assert found.method is None
    assert "not shown to gain more than Random" in dict(found.others)["smoothgrad"]


def test_only_what_is_shown_in_every_measured_question_is_advised() -> None:
    model = {"smoothgrad": 0.0, "grad_cam": 0.1, "vanilla_gradients": 0.0, "occlusion": 0.1}
    found = advise(asked(picture=GAINS, model=model), FINDINGS, Wish())
    assert found.method == "grad_cam"
    assert dict(found.others)["smoothgrad"].startswith(
        "Evidence of this model and class is not shown: in deletion maps of "
    )
    assert "is not measured in this run" in found.sentence  # the places


def test_no_leg_no_advice() -> None:
    found = advise(pd.concat([asked(picture=GAINS), ends(0.5, 0.5, 0.5)]), FINDINGS, Wish())
    assert found.method is None
    assert found.sentence == "Neither deletion nor insertion separates anything here: no advice."


def test_fineness_decides_the_detail_where_the_run_has_it() -> None:
    turned = table(fineness={"smoothgrad": 0.02, "grad_cam": 0.4})
    frame = pd.concat([run(), turned])
    assert advise(frame, FINDINGS, Wish(detail="fine")).method == "grad_cam"
    assert dict(advise(frame, FINDINGS, Wish(detail="fine")).others)["smoothgrad"].startswith(
        "Its maps are regions: a fineness of 0.0"
    )
    assert dict(advise(frame, FINDINGS, Wish(detail="fine")).others)["occlusion"].startswith(
        "Its maps are regions: a high-frequency share of 0.0"
    )


def test_equal_methods_are_not_told_apart_more_often_than_five_per_cent() -> None:
    advised, less = wrong("log-normal", 7, 20, 40)
    assert advised == 40
    assert less <= 5


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
    ).sentence.startswith("This run has not measured evidence of this picture")


def test_three_images_advise_nothing() -> None:
    few = advise(table(n=3, deletion_exchange=GAINS, insertion_exchange=GAINS), FINDINGS, Wish())
    assert few.method is None
