"""The laboratory without a browser: the textbook's lines run as they stand, one part computes at a
time, and what is said comes from the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.core.errors import DoesNotApply
from heatcheck.runs import laboratory
from heatcheck.runs.cells import Subject
from heatcheck.runs.laboratory import COPIES, Channels, Gradient, Smoothing, Stage, Walk
from heatcheck.server import service
from heatcheck.server.workbench import Workbench
from heatcheck.tests.doubles.pages import opened, text
from heatcheck.tests.doubles.paths import Smooth, X, smooth
from heatcheck.tests.doubles.workers import QUESTIONS, SIDE, Counting
from heatcheck.ui.compare import sets
from heatcheck.ui.methods import gradient_parts, lines
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
            [(laboratory.path, 1, "mean")],
            "from 25.0 % of the path on.",
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


def test_gaps_are_small_from_where_they_stay_small() -> None:
    assert (
        "at most 1 % from 16 gradients on; 32 gradients leave 0.500 %"
        in gradient_parts.gaps_in_words({4: 0.001, 8: 0.2, 16: 0.01, 32: 0.005})
    )


def test_a_noise_that_does_not_fall_like_the_root_is_told_so() -> None:
    slow = Smoothing({}, dict.fromkeys(COPIES, 0.3), {n: n**-0.3 for n in COPIES})
    said = gradient_parts.noise_in_words(0.15, slow)
    assert "the power −0.300 of n here, not the −0.5 of 1/√n" in said


# -- the textbook's lines --------------------------------------------------------------------------


def ran(code: str, **given: Any) -> Tensor:
    space: dict[str, Any] = given
    exec(code, space)
    heat: Tensor = space["heatmap"].detach()
    return heat


def test_the_lines_of_vanilla_gradients_give_its_map() -> None:
    target = smooth()
    own = attribute(METHODS.build("vanilla_gradients"), target, X).map
    torch.testing.assert_close(ran(lines.VANILLA, model=target.model, x=X, c=0), own)


def test_the_lines_of_integrated_gradients_give_its_map() -> None:
    target = smooth()
    own = attribute(IntegratedGradients(steps=200), target, X).map
    heat = ran(lines.INTEGRATED, model=target.model, x=X, c=0, baseline=torch.zeros_like(X))
    torch.testing.assert_close(heat, own, rtol=1e-2, atol=1e-4)


def test_the_lines_of_smoothgrad_give_its_map() -> None:
    target = smooth()
    own = attribute(SmoothGrad(samples=400, sigma=0.02), target, X).map
    with torch.random.fork_rng():
        torch.manual_seed(0)
        heat = ran(lines.SMOOTHGRAD, model=target.model, x=X, c=0, sigma=0.02 / 0.25)
    assert float((heat - own).norm() / own.norm()) < 0.05


def test_the_lines_of_grad_cam_give_its_map() -> None:
    network = Smooth().eval()

    def head(features: Tensor) -> Tensor:
        scores: Tensor = network.second(F.softplus(features).mean((2, 3))).sin()
        return scores

    own = attribute(METHODS.build("grad_cam"), Target(network, 0, X), X).map
    heat = ran(lines.GRAD_CAM, x=X, c=0, features=network.first, head=head)
    assert isinstance(network.first, nn.Conv2d)
    torch.testing.assert_close(heat, own)


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
