"""Networks whose truth is planted, each through a whole run: what is said of them is right."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from heatcheck.attribution import METHODS
from heatcheck.tests.doubles.planted import (
    COLOUR,
    CONTROLS,
    MARK,
    MEASURED,
    READER,
    Blank,
    Constant,
    in_the_corner,
    moving,
    told_of,
)

ANYWHERE = MARK.format(places=":, :", strength=4.0, other=2.0)


def test_a_mark_in_one_corner_is_said_to_be_a_place_and_no_method_is_distrusted(
    tmp_path: Path,
) -> None:
    corner = MARK.format(places=":2, :2", strength=1.0, other=2.0)
    told = told_of(tmp_path, "watermark", corner, in_the_corner(8))
    place, picture, model = told.words(READER)
    assert (place, model) == ("shown", "shown")
    assert picture.startswith("not shown")
    assert (
        "The places of Vanilla Gradients matter, and maps of other pictures are not shown to do "
        "worse, while Centre Prior's middle does not explain it: the model may read the same place "
        "in every picture, such as a watermark or a border." in told.answer
    )
    assert told.advice.method is None
    assert told.advice.others[0][1].endswith(
        "the model may read the same place in every picture, and then it need not be wrong."
    )


def test_a_mark_that_moves_is_shown_by_who_reads_it_and_by_nobody_else(tmp_path: Path) -> None:
    methods = [READER, "grad_cam", "blank", "constant", *CONTROLS]
    with METHODS.also(Blank, Constant):
        told = told_of(tmp_path, "moving_mark", ANYWHERE, moving(10), methods)
        for method in (READER, "grad_cam"):
            assert told.words(method) == ["shown"] * 3, method
        assert told.words("blank") == ["not measured"] * 3
        assert all(words.startswith("not shown") for words in told.words("constant"))
        assert not set(CONTROLS) & set(told.evidence.methods)
        assert told.answer.startswith(
            "On these 10 images Vanilla Gradients and Grad-CAM show evidence of the map's places, "
            "of this picture and of this model and class. For Constant none is shown."
        )
        assert told.advice.method in (READER, "grad_cam")
        assert told.verdicts["Requires gradients"] == "confirmed"


def test_of_a_leg_that_separates_nothing_nothing_is_said(tmp_path: Path) -> None:
    """A blurred picture is as red as it was."""
    colour = COLOUR.format(first=150.0, second=0.0, bias=0.0)
    told = told_of(tmp_path, "colour_on_blur", colour, moving(8), substrates="blur")
    dropped = [leg for leg in told.evidence.legs if not leg.counts]
    assert "insertion" in [leg.area for leg in dropped]
    for leg in dropped:
        assert f"{leg.area.capitalize()} separates nothing here: Random" in told.answer
        assert leg.area not in told.evidence.areas


def test_on_the_standard_set_a_colour_reader_is_told_by_both_legs(tmp_path: Path) -> None:
    colour = COLOUR.format(first=150.0, second=0.0, bias=0.0)
    told = told_of(tmp_path, "colour", colour, moving(8))
    assert told.evidence.areas == ("deletion", "insertion")
    assert told.words(READER) == ["shown"] * 3


def test_where_two_classes_are_all_but_tied_nothing_is_claimed(tmp_path: Path) -> None:
    tied = COLOUR.format(first=100.2, second=100.0, bias=2.0)
    told = told_of(tmp_path, "tied", tied, moving(6))
    assert told.evidence.areas == ()
    assert told.answer.startswith("Nothing can be said of any method here. Deletion separates")
    clean = told.evidence.scores.of("deletion.clean").to_numpy()
    assert (abs(clean - 0.5) < 0.01).all()
    assert told.words(READER) == ["cannot be said"] * 3
    assert told.advice.method is None


def test_a_saturated_network_drops_the_leg_on_which_all_maps_are_right(tmp_path: Path) -> None:
    saturated = COLOUR.format(first=20000.0, second=0.0, bias=0.0)
    told = told_of(tmp_path, "saturated", saturated, moving(8))
    scores = told.evidence.scores
    assert scores.of("deletion.clean").to_numpy().min() > 0.999
    assert scores.of("insertion")["random"].mean() > 0.95
    assert told.evidence.areas == ("deletion",)
    assert "Insertion separates nothing here: Random already scores 0.9" in told.answer
    assert told.words(READER) == ["shown"] * 3  # by the leg that can tell


def test_of_a_constant_model_nothing_can_be_said_and_that_is_said(tmp_path: Path) -> None:
    constant = COLOUR.format(first=0.0, second=0.0, bias=5.0)
    told = told_of(tmp_path, "constant_model", constant, moving(6))
    words = "The model gives all images one class with one probability, covered or not."
    assert told.answer == f"Nothing can be said of any method here. {words}"
    assert told.advice.method is None
    assert told.advice.sentence == f"{words} No advice."


def test_the_same_images_four_times_over_say_what_they_say_once(tmp_path: Path) -> None:
    once = moving(8)
    fourfold = {f"{name} {copy}": pixels for name, pixels in once.items() for copy in range(4)}
    metrics = [*MEASURED[:6]]
    tables = []
    for folder, pictures in (("once", once), ("fourfold", fourfold)):
        (tmp_path / folder).mkdir()
        told = told_of(
            tmp_path / folder, f"copies_{folder}", ANYWHERE, pictures, [READER, "random"], metrics
        )
        tables.append(told)
    one, four = tables
    for question in ("place", "picture"):
        marks = [told.evidence.of(READER, question) for told in tables]
        assert marks[0].mark == marks[1].mark == "shown"
        assert marks[0].p == marks[1].p
        assert np.isclose(marks[0].gains[0].mean, marks[1].gains[0].mean)
    assert one.answer == four.answer, "copies of an image count once"
