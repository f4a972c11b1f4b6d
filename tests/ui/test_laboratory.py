"""The laboratory without a browser: one part computes at a time, what is said comes from the
answers, and the address names the picture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.core.errors import DoesNotApply
from heatcheck.runs import laboratory
from heatcheck.runs.cells import Subject
from heatcheck.runs.laboratory import (
    COPIES,
    Begun,
    Channels,
    Gradient,
    Integral,
    Smoothing,
    Stage,
    Walk,
)
from heatcheck.server import service
from heatcheck.server.workbench import Workbench
from heatcheck.tests.doubles.pages import opened, text
from heatcheck.tests.doubles.workers import QUESTIONS, SIDE, Counting
from heatcheck.ui.compare import sets
from heatcheck.ui.methods import grad_cam_parts, gradient_parts
from heatcheck.ui.shared.markdown import plain

HEAT = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
WALK = Walk(
    PLACES,
    (0.0, 9.5, 9.6, 9.8, 10.0),
    (0.1, 0.6, 0.6, 0.7, 0.7),
    np.zeros((5, SIDE, SIDE, 3), np.uint8),
    np.stack([HEAT * size for size in (4, 8, 2, 1, 2)]),
    0.25,
)
ANSWERS: dict[Callable[..., Any], Any] = {
    laboratory.gradient: Gradient(
        dict.fromkeys(gradient_parts.READINGS, HEAT),
        {"max_abs": 1.0, "sum": 0.1, "abs_sum": 0.8, "sum_abs": 0.97},
        0.282,
        3,
    ),
    laboratory.path: WALK,
    laboratory.integral: Integral(
        np.stack([np.full_like(HEAT, share / SIDE**2) for share in range(5)]), (0, 12, 25, 37, 50)
    ),
    laboratory.completeness: 0.123,
    laboratory.smoothing: Smoothing(
        dict.fromkeys(COPIES, HEAT),
        {n: 0.5 * n**-0.1 for n in COPIES},
        {n: n**-0.5 for n in COPIES},
    ),
    laboratory.stages: (Stage("block", 8, 8, HEAT), Stage("lost", 0, 0, 0 * HEAT, "No gradient.")),
    laboratory.channels: Channels(
        "block", 20, {3: HEAT, 7: -HEAT}, HEAT, HEAT, np.maximum(HEAT, 0), 0.4
    ),
}


@pytest.fixture
def asked(
    executor: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[Any, ...]]:
    """What the page asked of the laboratory; the answers are planted."""
    folder = tmp_path / "images"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (80, 64, 3), np.uint8)
    PIL.Image.fromarray(noise).save(folder / "a.png")
    PIL.Image.fromarray(255 - noise).save(folder / "b.png")
    monkeypatch.setenv("HEATCHECK_IMAGES", str(folder))
    sets.forget()
    made: list[tuple[Any, ...]] = []

    def answer(self: Workbench, work: Any, subject: Any, class_index: int, *details: Any) -> Any:
        made.append((work, class_index, *details))
        return ANSWERS[work]

    monkeypatch.setattr(Workbench, "laboratory", answer)
    return made


def part(title: str) -> AppTest:
    return opened("methods", tab="Laboratory", part=title)


def test_the_page_asks_nothing_before_the_laboratory_is_opened(
    asked: list[tuple[Any, ...]], executor: Counting
) -> None:
    opened("methods")
    assert asked == []
    assert executor.jobs == []


@pytest.mark.parametrize(
    ("title", "questions", "said"),
    [
        ("Vanilla Gradients", [(laboratory.gradient, 1)], "28.2 % of it is lost in the sum"),
        (
            "Integrated Gradients",
            [(laboratory.path, 1, "mean"), (laboratory.integral, 1, "mean")],
            "From 25.0 % of the path on the logit stays near its end, within 10 % of its change",
        ),
        ("SmoothGrad", [(laboratory.smoothing, 1, 0.15)], "close to the −0.5 of 1/√n"),
        (
            "Grad-CAM",
            [(laboratory.channels, 1), (laboratory.stages, 1)],
            "2 strongest of 20 channels hold 40.0 %",
        ),
    ],
)
def test_one_part_computes_and_says_what_it_found(
    asked: list[tuple[Any, ...]], title: str, questions: list[tuple[Any, ...]], said: str
) -> None:
    page = part(title)
    assert asked == questions
    assert said in text(page)
    assert "Explained: **dog**" in text(page)


def test_the_picture_stands_in_the_address(asked: list[tuple[Any, ...]]) -> None:
    page = part("SmoothGrad")
    assert "image" not in page.query_params  # the first one
    page.selectbox(key="image").set_value("b").run()
    assert not page.exception
    assert dict(page.query_params)["image"] == "b"
    assert dict(page.query_params)["tab"] == "Laboratory"
    again = opened("methods", tab="Laboratory", image="b")
    assert again.selectbox(key="image").value == "b"
    assert dict(again.query_params)["image"] == "b"


def test_the_map_of_integrated_gradients_is_seen_as_it_adds_up(
    asked: list[tuple[Any, ...]],
) -> None:
    page = part("Integrated Gradients")
    assert "25 of 50 gradients, which add up to 2.00" in text(page)
    page.slider[0].set_value(99).run()
    assert not page.exception
    assert "50 of 50 gradients, which add up to 4.00" in text(page)


def test_a_long_question_is_asked_until_it_is_through(
    asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Workbench.laboratory

    def in_parts(self: Workbench, work: Any, *about: Any) -> Any:
        answer = planted(self, work, *about)
        done = about[-1].gradients if isinstance(about[-1], Begun) else 0
        return answer if done == 64 else Begun.at(done + 32)

    monkeypatch.setattr(Workbench, "laboratory", in_parts)
    page = part("SmoothGrad")
    assert [str(details[-1]) for details in asked] == [
        "0.15",
        "after 32 gradients",
        "after 64 gradients",
    ]
    assert "close to the −0.5 of 1/√n" in text(page)


def test_the_gap_is_measured_when_it_is_asked_for(asked: list[tuple[Any, ...]]) -> None:
    page = part("Integrated Gradients")
    asked.clear()
    page.toggle[0].set_value(True).run()
    assert not page.exception
    gaps = [details for details in asked if details[0] is laboratory.completeness]
    assert [details[-1] for details in gaps] == list(gradient_parts.STEPS)
    assert "256 gradients still leave a gap of 12.3 %" in text(page)


def test_a_sigma_that_is_added_is_a_row_more(asked: list[tuple[Any, ...]]) -> None:
    page = part("SmoothGrad")
    asked.clear()
    page.pills[0].set_value([0.05, 0.15]).run()
    assert not page.exception
    assert [details[-1] for details in asked] == [0.05, 0.15]


def test_a_method_that_cannot_explain_the_model_says_why_and_the_others_work(
    asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Workbench.laboratory

    def refusing(self: Workbench, work: Any, *about: Any) -> Any:
        if work is laboratory.channels:
            raise DoesNotApply("Grad-CAM does not apply here: it has no places.")
        return planted(self, work, *about)

    monkeypatch.setattr(Workbench, "laboratory", refusing)
    page = part("Grad-CAM")
    assert plain("Grad-CAM does not apply here: it has no places.") in text(page)
    page.segmented_control[0].set_value("vanilla_gradients").run()
    assert not page.exception
    assert "28.2 % of it is lost in the sum" in text(page)


def test_words_for_what_is_missing() -> None:
    known = ANSWERS[laboratory.gradient]
    alone = Gradient(known.maps, known.alike, 0.0, 1)
    assert "takes one channel" in gradient_parts.readings_in_words(alone)
    bare = Walk(PLACES, WALK.scores, (), WALK.pictures, WALK.gradients, 1.0)
    assert "gives no probability" in gradient_parts.answers(bare, 0, "output")
    assert "No part of this path is saturated" in gradient_parts.path_in_words(bare, "output")
    flat = Walk(PLACES, (1.0,) * 5, (), WALK.pictures, WALK.gradients, float("nan"))
    assert "no change to share out" in gradient_parts.path_in_words(flat, "output")


def test_a_layers_map_is_blank_where_it_is_zero_and_not_where_it_is_even() -> None:
    even = grad_cam_parts.of_layer(Stage("block", 8, 8, np.ones((4, 4), np.float32)), False)
    assert even.caption == plain("8 × 8 places.")
    blank = grad_cam_parts.of_layer(Stage("block", 8, 8, np.zeros((4, 4), np.float32)), False)
    assert "Nothing speaks for the class here" in blank.caption


def test_gaps_are_small_from_where_they_stay_small() -> None:
    assert (
        "at most 1 % from 16 gradients on; 32 gradients leave 0.500 %"
        in gradient_parts.gaps_in_words({4: 0.001, 8: 0.2, 16: 0.01, 32: 0.005})
    )


def test_a_noise_that_does_not_fall_like_the_root_is_told_so() -> None:
    slow = Smoothing({}, dict.fromkeys(COPIES, 0.3), {n: n**-0.3 for n in COPIES})
    said = gradient_parts.noise_in_words(0.15, slow)
    assert "the power −0.300 of n here, not the −0.5 of 1/√n" in said


def test_the_workbench_keeps_a_laboratory_answer(
    executor: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = service.workbench()
    subject = Subject("small", np.zeros((4, 4, 3), np.uint8), "a")
    monkeypatch.setitem(QUESTIONS, laboratory.gradient, ANSWERS[laboratory.gradient])
    for _ in range(2):
        assert bench.laboratory(laboratory.gradient, subject, 1).cancelled == 0.282
    bench.laboratory(laboratory.gradient, subject, 2)
    assert [job[0] for job in executor.jobs] == ["gradient", "gradient"]
