"""Evidence in three questions: planted runs whose right answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heatcheck.core.errors import BadParameter
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.tables import asked, ends, table

NONE = dict.fromkeys(("random", "edges", "centre_prior"), 0.0)


def evidence(frame: pd.DataFrame, smallest: float = 0.01) -> Evidence:
    return Evidence(Scores(frame), smallest)


def marks(frame: pd.DataFrame, key: str) -> list[str]:
    judged = evidence(frame)
    return [judged.of(key, question).mark for question in ("place", "picture", "model")]


def test_evidence_is_shown_in_all_three_questions_where_all_gains_are_there() -> None:
    frame = asked(
        place={"grad_cam": 0.2, **NONE},
        picture={"grad_cam": 0.1, **NONE},
        model={"grad_cam": 0.1},
    )
    assert marks(frame, "grad_cam") == ["shown", "shown", "shown"]
    judged = evidence(frame)
    assert judged.shown_in_all() == ["grad_cam"]
    showing = judged.of("grad_cam", "model")
    assert [gain.metric for gain in showing.gains] == [
        "deletion_model",
        "deletion_class",
        "insertion_model",
        "insertion_class",
    ]
    assert (showing.reason, showing.p <= 0.05) == ("", True)
    assert judged.of("random", "place").mark == "not measured"  # a control is never judged


def test_edges_that_gain_as_much_on_every_leg_take_the_evidence_away() -> None:
    frame = asked(picture={"grad_cam": 0.1, "random": 0.0, "edges": (0.1, 0.1)})
    showing = evidence(frame).of("grad_cam", "picture")
    assert (showing.mark, showing.control) == ("not shown", "edges")
    assert showing.reason == "it is not shown to gain more than Edges, in deletion or insertion"


def test_edges_that_gain_as_much_on_one_leg_are_told_and_take_nothing_away() -> None:
    frame = asked(picture={"grad_cam": 0.1, "random": 0.0, "edges": (-0.1, 0.1)})
    showing = evidence(frame).of("grad_cam", "picture")
    assert (showing.mark, showing.control) == ("shown", "")
    assert showing.level == (("insertion", "edges"),)


def test_a_gain_on_one_leg_is_no_evidence_and_the_reason_names_the_other() -> None:
    showing = evidence(asked(picture={"grad_cam": (0.1, 0.0), "random": -0.1})).of(
        "grad_cam", "picture"
    )
    assert showing.mark == "not shown"
    assert showing.reason == "in insertion maps of other pictures are not shown to be worse"


@pytest.mark.parametrize("half", ["model", "class"])
def test_both_halves_of_the_model_have_to_hold(half: str) -> None:
    """A method that draws the same for every class, or for a network with random weights."""
    frame = asked(model={"grad_cam": 0.1})
    frame.loc[frame["metric"] == f"deletion_{half}", "value"] = 0.0
    showing = evidence(frame).of("grad_cam", "model")
    words = {"model": "maps of the network with random weights", "class": "maps of another class"}
    assert showing.reason == f"in deletion {words[half]} are not shown to be worse"


def test_four_hundred_thousandths_are_no_evidence_however_sure() -> None:
    frame = asked(picture={"grad_cam": 0.1, "random": -0.1})
    tiny = (frame["metric"] == "deletion_exchange") & (frame["method"] == "grad_cam")
    frame.loc[tiny, "value"] = np.random.default_rng(0).normal(4e-5, 1e-6, tiny.sum())
    showing = evidence(frame).of("grad_cam", "picture")
    assert (showing.mark, showing.p <= 0.05) == ("not shown", True)
    assert showing.reason.endswith("less than the smallest effect of 0.01")
    assert evidence(frame, 0.0).of("grad_cam", "picture").mark == "shown"
    assert evidence(frame, 0.2).shown("picture") == []


@pytest.mark.parametrize("smallest", [-0.01, 0.51, float("nan")])
def test_a_smallest_effect_out_of_range_is_refused(smallest: float) -> None:
    with pytest.raises(BadParameter, match="Expected a smallest effect between"):
        evidence(asked(picture={"grad_cam": 0.1}), smallest)


def test_a_substrate_that_says_the_opposite_takes_the_evidence_away() -> None:
    frame = asked(picture={"grad_cam": 0.1, "smoothgrad": 0.1, "random": 0.0})
    on = table(
        deletion_exchange__on_mean={"grad_cam": 0.25, "smoothgrad": 0.1},
        deletion_exchange__on_black={"grad_cam": -0.05, "smoothgrad": 0.1},
    )
    judged = evidence(pd.concat([frame, on]))
    showing = judged.of("grad_cam", "picture")
    assert (showing.mark, showing.substrate) == ("not shown", "black")
    assert showing.reason == "in deletion on black it does the opposite"
    assert judged.shown("picture") == ["smoothgrad"]


def test_a_useless_leg_is_dropped_and_the_other_decides() -> None:
    """A colour reader on which insertion is 1.00 for all, Random too."""
    gains = asked(picture={"grad_cam": (0.3, 0.0), "random": 0.0})
    assert evidence(gains).shown("picture") == []
    judged = evidence(pd.concat([gains, ends(1.0, 0.4, 0.998)]))
    assert judged.areas == ("deletion",)
    assert judged.shown("picture") == ["grad_cam"]


def test_of_a_constant_model_nothing_can_be_said() -> None:
    judged = evidence(
        pd.concat([asked(picture={"grad_cam": 0.1, "random": 0.0}), ends(0.5, 0.5, 0.5)])
    )
    assert judged.of("grad_cam", "picture").mark == "cannot be said"
    assert judged.shown_in_all() == []


def test_an_old_run_is_judged_in_the_questions_that_it_measured() -> None:
    frame = asked(place={"grad_cam": 0.2, **NONE}, picture={"grad_cam": 0.1, **NONE})
    assert marks(frame, "grad_cam") == ["shown", "shown", "not measured"]
    judged = evidence(frame)
    assert [question.name for question in judged.questions] == ["place", "picture"]
    assert judged.shown_in_all() == ["grad_cam"]


def test_one_family_of_comparisons_over_methods_and_questions() -> None:
    """Seven images can show one thing, and not each of 21."""
    one = asked(7, picture={"grad_cam": 0.1})
    assert evidence(one).shown("picture") == ["grad_cam"]
    many = ["grad_cam", "smoothgrad", "occlusion", "hires_cam", "layer_cam", "vanilla_gradients"]
    page = asked(7, picture=dict.fromkeys(many, 0.1), place=dict.fromkeys(many, 0.1))
    showing = evidence(page).of("grad_cam", "picture")
    assert showing.mark == "not shown"
    assert showing.reason == "7 images are too few for 12 comparisons"
    assert showing.p == pytest.approx(12 * 0.5**7)
    few = evidence(asked(4, picture={"grad_cam": 0.1})).of("grad_cam", "picture")
    assert few.reason == "too few images: 4"


def test_the_weakest_question_is_the_one_that_is_not_shown() -> None:
    frame = asked(place={"grad_cam": 0.2}, picture={"grad_cam": 0.0}, model={"grad_cam": 0.1})
    weakest = evidence(frame).weakest("grad_cam")
    assert weakest is not None
    assert weakest.question == "picture"


def watermark(centre: float, picture: float = 0.0) -> pd.DataFrame:
    """A network that reads one corner: places gain, other pictures' maps do as well."""
    return asked(
        place={"grad_cam": 0.6, "random": 0.0, "centre_prior": centre},
        picture={"grad_cam": picture, "random": 0.0, "centre_prior": 0.0},
    )


def test_a_watermark_in_a_corner_is_a_shared_place() -> None:
    assert Evidence(Scores(watermark(-0.5))).shared_place == ("grad_cam",)
    assert Evidence(Scores(watermark(0.0))).shared_place == ("grad_cam",)
    assert Evidence(Scores(watermark(0.2))).shared_place == ()  # the middle explains it
    assert Evidence(Scores(watermark(-0.5, picture=0.1))).shared_place == ()


def test_evidence_that_edges_share_is_no_shared_place() -> None:
    """The picture's gain is there; a control has as much of it: that says nothing of one place."""
    frame = asked(
        place={"grad_cam": 0.6, "edges": 0.0, "centre_prior": -0.5},
        picture={"grad_cam": 0.1, "edges": 0.1, "centre_prior": 0.0},
    )
    assert evidence(frame).of("grad_cam", "picture").mark == "not shown"
    assert Evidence(Scores(frame)).shared_place == ()


def test_without_centre_prior_no_shared_place_is_said() -> None:
    frame = watermark(-0.5)
    assert Evidence(Scores(frame[frame["method"] != "centre_prior"])).shared_place == ()
