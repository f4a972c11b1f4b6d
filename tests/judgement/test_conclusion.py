"""A run's answer: planted runs whose right answer is known."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from heatcheck.judgement import conclusion
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.tables import asked, ends, table

NONE = dict.fromkeys(("random", "edges", "centre_prior"), 0.0)


def answer(frame: pd.DataFrame) -> str:
    words = conclusion.answer(Scores(frame))
    for sentence in re.split(r"(?<=[.:;]) ", words):
        assert len(re.findall(r"\d[\d.,]*", sentence)) <= 2, sentence
    return words


def test_the_answer_names_who_shows_evidence_in_all_three_questions_then_in_part() -> None:
    words = answer(
        asked(
            place={"grad_cam": 0.3, "smoothgrad": 0.3, "vanilla_gradients": 0.0, **NONE},
            picture={"grad_cam": 0.1, "smoothgrad": 0.1, "vanilla_gradients": 0.0, **NONE},
            model={"grad_cam": 0.1, "smoothgrad": 0.0, "vanilla_gradients": 0.0},
        )
    )
    assert words == (
        "On these 20 images Grad-CAM shows evidence of the map's places, of this picture and of "
        "this model and class. SmoothGrad shows evidence of the map's places and of this picture "
        "only. For Vanilla Gradients none is shown."
    )


def test_where_nobody_shows_all_the_answer_says_so_first() -> None:
    words = answer(
        asked(
            place={"grad_cam": 0.3, **NONE},
            picture={"grad_cam": 0.1, **NONE},
            model={"grad_cam": 0.0},
        )
    )
    assert words.startswith("On these 20 images no method shows evidence in all three measured")
    assert "Grad-CAM shows evidence of the map's places and of this picture only." in words


def test_an_old_run_says_which_question_is_not_measured() -> None:
    words = answer(asked(place={"grad_cam": 0.3, **NONE}, picture={"grad_cam": 0.1, **NONE}))
    assert words == (
        "On these 20 images Grad-CAM shows evidence of the map's places and of this picture. "
        "Evidence of this model and class is not measured in this run."
    )
    alone = answer(asked(place={"grad_cam": 0.0, **NONE}))
    assert alone.startswith("On these 20 images no method shows evidence of the map's places. ")
    assert "Evidence of this picture and of this model and class is not measured" in alone


def test_the_answer_names_the_control_that_gains_as_well() -> None:
    """The default run's own case: Edges gain in insertion as much as the methods do."""
    words = answer(
        asked(picture={"smoothgrad": 0.08, "grad_cam": 0.3, "edges": (0.1, 0.35), "random": 0.0})
    )
    assert words.startswith("On these 20 images Grad-CAM shows evidence of this picture.")
    assert (
        "As evidence of this picture, SmoothGrad is not shown to gain more than Edges, which does "
        "not look at the model." in words
    )
    assert (
        "Caution: in insertion, Edges, which does not look at the model, is not shown to do "
        "worse than Grad-CAM on evidence of this picture." in words
    )


def test_a_watermark_is_said_to_be_what_it_may_be() -> None:
    words = answer(
        asked(
            place={"grad_cam": 0.6, "random": 0.0, "centre_prior": -0.5},
            picture={"grad_cam": 0.0, "random": 0.0, "centre_prior": 0.0},
        )
    )
    assert (
        "the model may read the same place in every picture, such as a watermark or a border."
        in words
    )


def test_a_dropped_leg_is_said() -> None:
    gains = asked(picture={"grad_cam": (0.3, 0.0), "random": 0.0})
    words = answer(pd.concat([gains, ends(1.0, 0.4, 0.998)]))
    assert words.startswith("On these 20 images Grad-CAM shows evidence of this picture.")
    assert "Insertion separates nothing here: Random already scores 0.998 of 1.00." in words


def test_of_a_constant_model_the_answer_says_that_nothing_can_be_said() -> None:
    gains = asked(picture={"grad_cam": 0.0, "random": 0.0})
    words = answer(pd.concat([gains, ends(0.5, 0.5, 0.5)]))
    assert words.startswith("Nothing can be said of any method here. Deletion separates nothing")


def test_a_substrate_that_says_the_opposite_is_said() -> None:
    frame = asked(picture={"grad_cam": 0.1, "random": 0.0})
    on = table(deletion_exchange__on_black={"grad_cam": -0.05})
    assert (
        "Grad-CAM is not counted as evidence of this picture: in deletion on black it does the "
        "opposite." in answer(pd.concat([frame, on]))
    )


def test_another_networks_maps_stand_beside() -> None:
    frame = asked(picture={"grad_cam": 0.1, "random": 0.0})
    beside = table(deletion_network={"grad_cam": 0.0}, insertion_network={"grad_cam": 0.0})
    assert "of the picture, not of this network alone" in answer(pd.concat([frame, beside]))


def test_controls_alone_are_not_judged() -> None:
    only = answer(asked(place={"centre_prior": 0.2, "random": 0.0}))
    assert only == "This run has only controls, which explain nothing: there is no method to judge."


def test_what_measured_no_gain_or_too_few_images_says_so() -> None:
    assert "has not measured" in answer(table(deletion={"smoothgrad": 0.2}))
    few = answer(asked(3, picture={"smoothgrad": 0.2}))
    assert few == "3 of at least 5 images are measured: too few to say anything."


def test_the_answer_says_what_is_missing_and_on_how_many_images() -> None:
    frame = pd.concat(
        [
            asked(picture={"smoothgrad": 0.2, "grad_cam": 0.2, "centre_prior": 0.0}),
            table(runtime={"occlusion": 9.0}),
        ]
    )
    late = ~frame["image"].isin([f"i{place}" for place in range(6)])
    frame.loc[(frame["method"] == "grad_cam") & late, "value"] = np.nan
    words = answer(frame)
    assert "For Occlusion it is not measured." in words
    assert "Not all images count for all: Grad-CAM has 6, the fewest." in words


@pytest.mark.parametrize("word", ["knows", "prove", "belongs to the image"])
def test_the_answer_says_no_more_than_was_measured(word: str) -> None:
    frame = asked(place={"grad_cam": 0.3, **NONE}, picture={"grad_cam": 0.1, **NONE})
    assert word not in answer(frame)


def test_samples_of_several_images_are_called_samples() -> None:
    frame = asked(picture={"grad_cam": 0.1, "random": 0.0})
    frame["sample"] = "s" + (frame["image"].str[1:].astype(int) // 2).astype(str)
    assert " samples Grad-CAM" in conclusion.answer(Scores(frame))
