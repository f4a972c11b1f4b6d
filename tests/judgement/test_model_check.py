"""Whether the model knows a run's images: counts that can be checked by hand."""

from __future__ import annotations

from math import comb

import pytest

from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.model_check import ModelCheck, model_check
from heatcheck.judgement.scores import Scores
from heatcheck.runs.results import SeenImage
from heatcheck.tests.doubles.tables import asked, table


def checked(answers: list[int], labels: list[int]) -> ModelCheck:
    return ModelCheck(tuple(answers), tuple(labels), tuple(answers), tuple(0.5 for _ in answers))


def test_a_model_that_is_right_on_all_is_above_chance_and_p_is_the_binomials() -> None:
    check = checked(list(range(5)) * 4, list(range(5)) * 4)
    assert (check.right, check.labelled, check.chance) == (20, 20, pytest.approx(0.2))
    assert check.p == pytest.approx(0.2**20)
    assert not check.bars
    assert check.sentences[:2] == [
        "The model is right on 20 of 20 labelled images.",
        "By chance: about 4.",
    ]


def test_a_five_class_model_at_chance_is_said_to_be() -> None:
    labels = list(range(5)) * 20
    answers = [(label + shift) % 5 for label, shift in zip(labels, sorted(labels), strict=True)]
    check = checked(answers, labels)
    assert check.right == 20
    assert check.chance == pytest.approx(0.2)
    assert check.p == pytest.approx(
        sum(comb(100, k) * 0.2**k * 0.8 ** (100 - k) for k in range(20, 101))
    )
    assert check.bars


def test_always_the_most_frequent_label_is_chance_however_often_it_is_right() -> None:
    check = checked([0] * 40, [0] * 36 + [1] * 4)
    assert (check.right, check.chance) == (36, pytest.approx(0.9))
    assert check.at_chance
    knowing = checked([0] * 36 + [1] * 4, [0] * 36 + [1] * 4)
    assert not knowing.at_chance


@pytest.mark.parametrize(
    ("answers", "labels", "words"),
    [
        ([1] * 19, [0, 1] * 9 + [0], "not known: 19 images have a label, and it takes 20."),
        ([], [], "not known: 0 images have a label"),
        (
            [0] * 30,
            [0] * 30,
            "right on 30 of 30 labelled images, all of one class, so chance is not known.",
        ),
    ],
)
def test_where_hits_tell_nothing_they_are_not_known_and_bar_nothing(
    answers: list[int], labels: list[int], words: str
) -> None:
    check = ModelCheck(tuple(answers), tuple(labels), (0, 1), (0.5, 0.6))
    assert check.chance is None
    assert not check.bars
    assert words in check.sentences[0]


def test_few_hits_are_told_without_chance_and_none_at_all_asks_for_the_order() -> None:
    few = checked([0, 1, 2, 0, 1], [0, 1, 2, 1, 0]).sentences
    assert few[1] == "It is right on 3 of them."
    none = [
        check.sentences for check in (checked([1] * 5, [0] * 5), checked([1] * 20, [0, 2] * 10))
    ]
    for told in none:
        assert "None is right: check that the labels are in the order of the outputs." in told
    assert "It is right on 0 of them." in none[0]
    assert not any("None is right" in line for line in (*few, *checked([], []).sentences))


def test_a_model_with_one_answer_for_all_is_constant() -> None:
    assert ModelCheck((), (), (2,) * 6, (0.25,) * 6, 0.0).constant
    assert not ModelCheck((), (), (2,) * 4, (0.25,) * 4, 0.0).constant  # too few to say
    assert not ModelCheck((), (), (2,) * 6, (0.25,) * 5 + (0.26,), 0.0).constant
    assert not ModelCheck((), (), (1, 2) * 3, (0.25,) * 6, 0.0).constant
    # the same mark in all images: what covers it moves the answer
    assert not ModelCheck((), (), (2,) * 6, (0.25,) * 6, 0.5).constant
    assert not ModelCheck((), (), (2,) * 6, (0.25,) * 6).constant  # not measured


def test_images_of_one_sample_count_once_and_unseen_ones_not_at_all() -> None:
    seen = [
        SeenImage("a", None, 1, "one", 1, "one", 0.9),
        SeenImage("a again", None, 1, "one", 1, "one", 0.9),
        SeenImage("b", None, 0, "nought", 1, "one", 0.6),
        SeenImage("c", None, None, "", 0, "nought", 0.7),
        SeenImage("d", None, 1, "one", None, "", None),
    ]
    check = model_check(seen, {"a": "s", "a again": "s"})
    assert check is not None
    assert (check.right, check.labelled, len(check.targets)) == (1, 2, 3)
    assert check.probability == pytest.approx((0.9 + 0.6 + 0.7) / 3)
    assert model_check(seen[-1:], {}) is None


def test_a_model_at_chance_has_no_evidence_whatever_its_maps_gain() -> None:
    frame = asked(picture={"grad_cam": 0.3, "random": 0.0})
    assert Evidence(Scores(frame)).of("grad_cam", "picture").mark == "shown"
    barred = Evidence(Scores(frame, checked([0] * 40, [0] * 36 + [1] * 4)))
    showing = barred.of("grad_cam", "picture")
    assert (showing.mark, showing.reason) == (
        "cannot be said",
        "the model is not shown to know these images",
    )
    assert barred.shown_in_all() == []


def test_a_run_that_tells_no_ends_of_its_curves_does_not_say_what_covering_moves() -> None:
    assert Scores(table(runtime={"grad_cam": 5.0})).moved is None
