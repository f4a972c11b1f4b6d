"""A run's answer: planted runs whose right answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from heatcheck.judgement import conclusion
from heatcheck.judgement.phrases import interval, three_digits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import estimate
from heatcheck.tests.doubles.tables import table


def answer(frame: pd.DataFrame) -> str:
    return conclusion.answer(Scores(frame))


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
        estimate(Scores(found).of("deletion_exchange")[key].to_numpy())
        for key in ("smoothgrad", "grad_cam")
    ]
    assert words.startswith(
        "On these 20 images, SmoothGrad and Grad-CAM show evidence that belongs to the "
        "image: exchanged with their maps"
    )
    for one in by_hand:
        assert one is not None
        assert (
            f"{three_digits(one.mean)} ({three_digits(one.low)} to {three_digits(one.high)})"
            in words
        )
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
    found = estimate(Scores(frame).of("insertion_exchange")["edges"].to_numpy())
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
