"""The answer in a line: planted runs whose right answer is known."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from heatcheck.answer.headline import NO_CONTROL, WORDS, Headline, headline
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.model_check import ModelCheck
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.tables import asked, blanked, ends, table

NONE = dict.fromkeys(("random", "edges", "centre_prior"), 0.0)


def told(frame: pd.DataFrame, model: ModelCheck | None = None) -> Headline:
    line = headline(Evidence(Scores(frame, model)))
    assert len(line.answer.split()) <= WORDS
    assert not set("()[]") & set(line.answer)
    for sentence in (line.answer, *line.sure, *line.change):
        assert len(re.findall(r"\d[\d.,]*", sentence)) <= 2, sentence
    return line


def everywhere(**means: float) -> dict[str, dict[str, float]]:
    """The same gains on all three questions; the model's controls are not measured."""
    return {
        "place": {**means, **NONE},
        "picture": {**means, **NONE},
        "model": means,
    }


def test_who_shows_all_three_is_trusted_and_who_shows_nothing_is_named() -> None:
    line = told(asked(**everywhere(grad_cam=0.3, smoothgrad=0.3, vanilla_gradients=0.0)))
    assert line.answer == "Trust: Grad-CAM, SmoothGrad. No evidence yet: Vanilla Gradients."
    assert line.tone == "good"
    assert line.sure[0] == "Seen on 20 images; what holds here need not hold elsewhere."


def test_what_is_shown_in_part_says_of_what() -> None:
    line = told(
        asked(
            place={"grad_cam": 0.3, "smoothgrad": 0.0, **NONE},
            picture={"grad_cam": 0.3, "smoothgrad": 0.3, **NONE},
            model={"grad_cam": 0.3, "smoothgrad": 0.0},
        )
    )
    assert line.answer == "Trust: Grad-CAM. In part: SmoothGrad, picture only."


def test_nobody_is_trusted_where_a_question_is_not_measured() -> None:
    line = told(asked(picture={"grad_cam": 0.3, "smoothgrad": 0.0, **NONE}))
    assert line.answer == "Evidence of this picture: Grad-CAM. No evidence yet: SmoothGrad."
    missing = "of the map's places and of this model and class"
    assert f"Evidence {missing} is not measured." in line.sure
    assert f"A run that measures evidence {missing}." in line.change


def test_where_nobody_is_shown_the_answer_is_none() -> None:
    line = told(asked(**everywhere(grad_cam=0.0)))
    assert (line.answer, line.tone) == ("Trust: none. No evidence yet: Grad-CAM.", "bad")


def test_a_control_that_does_as_well_is_a_caution() -> None:
    gains = everywhere(grad_cam=0.3)
    gains["picture"] |= {"edges": (0.1, 0.35)}  # type: ignore[dict-item]
    line = told(asked(**gains))
    assert line.answer == (
        "Trust: Grad-CAM. Caution: Edges, which ignores the model, is not beaten in insertion."
    )
    assert line.caution == line.answer.removeprefix("Trust: Grad-CAM. ")


def test_many_names_are_counted_and_a_caution_that_has_no_room_stands_below() -> None:
    names = (
        "vanilla_gradients",
        "integrated_gradients",
        "smoothgrad",
        "grad_cam",
        "input_x_gradient",
        "guided_backprop",
        "layer_cam",
        "occlusion",
        "rise",
    )
    gains = {name: 0.3 if place < 5 else 0.0 for place, name in enumerate(names)}
    frame = everywhere(**gains)
    for question in ("place", "picture"):
        frame[question] |= dict.fromkeys(NONE, (0.0, 0.4))  # type: ignore[arg-type]
    line = told(asked(**frame))
    assert line.answer.startswith("Trust: Vanilla Gradients")
    assert " more. No evidence yet: " in line.answer
    cautions = [one for one in (line.answer, *line.sure) if "Caution: " in one]
    assert len(cautions) == 1


def test_planted_models_that_know_nothing_are_not_judged() -> None:
    frame = asked(**everywhere(grad_cam=0.3))
    labels = tuple(range(5)) * 20
    chance = ModelCheck(tuple(reversed(labels)), labels, labels, (0.5, 0.4) * 50)
    assert chance.at_chance
    line = told(frame, chance)
    assert line.answer == "Trust: none. The model is not shown to be better than chance here."
    assert (
        "The model is right on 20 of 100 labelled images, which is not shown to be more than "
        "chance." in line.sure
    )
    constant = ModelCheck((), (), (1,) * 8, (0.25,) * 8, 0.0)
    line = told(frame, constant)
    assert line.answer == "Trust: none. The model gives every image the same answer."
    assert line.tone == "none"
    assert line.change


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (
            table(deletion=dict.fromkeys(NONE, 0.3)),
            "No method to judge: this run has only controls, which explain nothing.",
        ),
        (
            table(deletion={"grad_cam": 0.2}),
            "Not measured: whose maps are evidence of anything.",
        ),
        (
            asked(3, **everywhere(grad_cam=0.3)),
            "Too few images to say whom to trust: 3 of at least 5.",
        ),
        (
            ends(clean=0.5, covered=0.5, chance=0.5),
            "Trust: none. Deletion and insertion tell no maps apart on these images.",
        ),
    ],
)
def test_where_nothing_can_be_said_it_says_why_and_what_to_do(
    frame: pd.DataFrame, answer: str
) -> None:
    line = told(frame)
    assert (line.answer, line.tone) == (answer, "none")
    assert line.change


def test_the_nearest_that_is_not_shown_is_told_with_its_p() -> None:
    gains = everywhere(grad_cam=0.3, smoothgrad=0.3)
    gains["place"]["smoothgrad"] = 0.0042
    frame = asked(**gains)
    near = Evidence(Scores(frame)).of("smoothgrad", "place")
    assert 0.05 < near.p <= 0.5
    assert told(frame).change[0] == (
        f"More images: SmoothGrad is the nearest to pass, on place, with p = {near.p:.3g}."
    )


def test_a_method_with_too_few_images_is_not_said_to_have_no_evidence() -> None:
    frame = asked(**everywhere(grad_cam=0.3, smoothgrad=0.3))
    late = (frame["method"] == "smoothgrad") & ~frame["image"].isin(["i0", "i1", "i2"])
    line = told(frame[~late])
    assert line.answer == "Trust: Grad-CAM. Too few images: SmoothGrad."
    assert line.change[0] == "More images: these are too few for so many comparisons."


def test_a_control_whose_scores_all_failed_is_no_control() -> None:
    gains = everywhere(grad_cam=0.3)
    for question in ("place", "picture"):
        gains[question] = {"grad_cam": 0.3, "edges": 0.0}
    frame = asked(**gains)
    assert NO_CONTROL not in told(frame).sure
    frame.loc[frame["method"] == "edges", ["value", "error"]] = [float("nan"), "it failed"]
    assert NO_CONTROL in told(frame).sure


def test_one_place_is_no_caution_where_a_method_shows_the_picture() -> None:
    """SmoothGrad alone may point at one place; Grad-CAM does not."""
    line = told(
        asked(
            place={"grad_cam": 0.3, "smoothgrad": 0.3, **NONE, "centre_prior": -0.1},
            picture={"grad_cam": 0.3, "smoothgrad": 0.0, **NONE},
            model={"grad_cam": 0.3, "smoothgrad": 0.0},
        )
    )
    assert line.answer == "Trust: Grad-CAM. In part: SmoothGrad, place only."


def test_an_answer_that_has_no_room_for_all_says_where_they_stand() -> None:
    names = ["input_x_gradient", "guided_backprop", "integrated_gradients", "vanilla_gradients"]
    keys = [f"{name}-abcdef" for name in names]
    frame = asked(
        place=dict(zip(keys[:3], (0.3, 0.3, 0.0), strict=True)),
        picture=dict(zip(keys[:3], (0.3, 0.0, 0.0), strict=True)),
    )
    more = table(runtime={keys[3]: 30.0})
    answer = told(pd.concat([frame, more])).answer
    assert answer.startswith("Evidence of the map's places and of this picture: ")
    assert answer.endswith(" The others stand in the table.")


def test_a_method_that_draws_nothing_but_blank_maps_is_named() -> None:
    frame = asked(**everywhere(grad_cam=0.3, smoothgrad=0.3, vanilla_gradients=0.0))
    line = told(blanked(frame, "smoothgrad", 20))
    assert line.answer == (
        "Trust: Grad-CAM. No evidence yet: Vanilla Gradients. Only blank maps: SmoothGrad."
    )
    assert "SmoothGrad: 20 of 20 maps are blank." in line.sure


def test_some_blank_maps_are_told_beside_the_answer() -> None:
    frame = asked(**everywhere(grad_cam=0.3, smoothgrad=0.3, vanilla_gradients=0.0))
    line = told(blanked(frame, "smoothgrad", 1))
    assert line.answer.startswith("Trust: Grad-CAM, SmoothGrad.")
    assert "SmoothGrad: 1 of 20 maps is blank." in line.sure


def test_blank_maps_are_told_where_nothing_else_can_be_said() -> None:
    frame = blanked(asked(**everywhere(grad_cam=0.3)), "grad_cam", 20)
    assert told(frame).answer == "No map to judge: all maps are blank."
    assert "Grad-CAM: 20 of 20 maps are blank." in told(frame).sure
