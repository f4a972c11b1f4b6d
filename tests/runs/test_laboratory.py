"""The laboratory's answers on a small network: held against the methods, and said where there is
none.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Output, Target, attribute
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.runs import laboratory
from heatcheck.runs.cells import Subject
from heatcheck.runs.laboratory import Begun
from heatcheck.tests.doubles.specimens import SIDE, Blocks, subject


def through(work: Callable[..., Any], *about: Any) -> Any:
    """The answer to a question, asked part by part."""
    answer = work(*about)
    while isinstance(answer, Begun):
        answer = work(*about, pickle.loads(pickle.dumps(answer)))
    return answer


def test_the_gradients_readings_and_how_alike_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, loaded = subject(monkeypatch, Blocks())
    answer = laboratory.gradient(asked, 1)
    x = loaded.to_input(asked.picture)
    own = attribute(METHODS.build("vanilla_gradients"), loaded.target(x, 1), x).map
    np.testing.assert_array_equal(answer.maps["max_abs"], own)
    assert answer.alike["max_abs"] == 1
    assert 0 < answer.cancelled < 1
    assert answer.channels == 3
    assert answer.nbytes == 4 * 4 * SIDE**2


def test_one_channel_cancels_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = subject(monkeypatch, Blocks(1), 1)
    answer = laboratory.gradient(asked, 1)
    assert answer.cancelled == pytest.approx(0)
    np.testing.assert_array_equal(answer.maps["max_abs"], answer.maps["sum_abs"])


def test_the_path_leads_from_the_baseline_to_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, loaded = subject(monkeypatch, Blocks())
    walk = laboratory.path(asked, 2, "black")
    x = loaded.to_input(asked.picture)
    assert len(walk.places) == len(walk.scores) == len(walk.probabilities) == laboratory.PLACES
    np.testing.assert_array_equal(walk.pictures[0], 0)
    np.testing.assert_array_equal(walk.pictures[-1], asked.picture)
    assert walk.scores[-1] == pytest.approx(float(loaded.target(x, 2).score(x)), abs=1e-5)
    assert walk.nbytes == walk.pictures.nbytes + walk.gradients.nbytes


def test_a_plain_score_has_no_probability(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = subject(monkeypatch, Blocks(), output=Output.SCORE)
    assert laboratory.path(asked, 2, "mean").probabilities == ()


def test_the_completeness_gap_is_that_of_the_methods_map(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, loaded = subject(monkeypatch, Blocks())
    x = loaded.to_input(asked.picture)
    target = loaded.target(x, 1)
    total = attribute(IntegratedGradients(steps=1), target, x).map.double().sum()
    change = (target.score(x) - target.score(torch.zeros_like(x))).double()
    expected = float((total - change).abs() / change.abs())
    assert expected > 0.01
    assert laboratory.completeness(asked, 1, "mean", 1) == pytest.approx(expected, rel=1e-3)
    assert through(laboratory.completeness, asked, 1, "mean", 64) < 1e-3


def test_the_map_adds_up_to_the_methods_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, loaded = subject(monkeypatch, Blocks())
    answer = laboratory.integral(asked, 2, "black")
    assert answer.maps.shape == (laboratory.PLACES, SIDE, SIDE)
    x = loaded.to_input(asked.picture)
    own = attribute(IntegratedGradients(baseline="black"), loaded.target(x, 2), x).map
    np.testing.assert_allclose(answer.maps[-1], own, rtol=1e-4, atol=1e-6)
    assert not answer.maps[0].any()
    assert (answer.counts[0], answer.counts[16], answer.counts[-1]) == (0, 25, 50)


def test_a_picture_that_is_the_baseline_has_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = subject(monkeypatch, Blocks())
    black = Subject("small", np.zeros_like(asked.picture), "b" * 64)
    with pytest.raises(DegenerateMap, match="another baseline"):
        laboratory.completeness(black, 1, "black", 4)
    assert math.isnan(laboratory.path(black, 1, "black").saturated_from)


def test_smoothing_ends_with_the_methods_own_map(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, loaded = subject(monkeypatch, Blocks())
    answer = through(laboratory.smoothing, asked, 1, 0.3)
    x = loaded.to_input(asked.picture)
    most = max(laboratory.COPIES)
    method = SmoothGrad(samples=most, sigma=0.3)
    own = attribute(method, loaded.target(x, 1), x, about=asked.image_digest).map
    np.testing.assert_allclose(answer.maps[most], own, rtol=1e-4, atol=1e-7)
    assert answer.distance[1] == 1
    assert answer.distance[most] < 0.5
    assert answer.seed_noise[most] < answer.seed_noise[1]


def test_without_noise_nothing_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = subject(monkeypatch, Blocks())
    answer = through(laboratory.smoothing, asked, 1, 0.0)
    assert all(map(math.isnan, answer.distance.values()))
    assert set(answer.seed_noise.values()) == {0.0}


@pytest.mark.parametrize(
    ("work", "details", "parts"),
    [(laboratory.smoothing, (0.3,), 4), (laboratory.completeness, ("mean", 256), 8)],
)
def test_a_long_question_lets_others_come_between(
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[..., Any],
    details: tuple[Any, ...],
    parts: int,
) -> None:
    asked, _ = subject(monkeypatch, Blocks())
    taken: list[int] = []  # gradients, by part
    own_gradient, own_turn = Target.gradient, laboratory.turn

    def gradient(self: Target, x: Tensor) -> Tensor:
        taken[-1] += len(x)
        return own_gradient(self, x)

    def turn(*, interactive: bool) -> AbstractContextManager[None]:
        taken.append(0)
        return own_turn(interactive=interactive)

    monkeypatch.setattr(Target, "gradient", gradient)
    monkeypatch.setattr(laboratory, "turn", turn)
    through(work, asked, 1, *details)
    assert taken == [laboratory.AT_ONCE] * parts


class Kink(nn.Module):
    """Gives what it takes, and no gradient that is a number."""

    def forward(self, x: Tensor) -> Tensor:
        return x + (x - x.detach()).abs().sqrt()


def test_a_gradient_that_is_no_number_is_no_gradient_of_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = Blocks()
    broken.head = nn.Sequential(Kink(), broken.head)
    asked, _ = subject(monkeypatch, broken)
    questions: dict[Callable[..., Any], tuple[Any, ...]] = {
        laboratory.gradient: (),
        laboratory.path: ("mean",),
        laboratory.integral: ("mean",),
        laboratory.completeness: ("mean", 4),
        laboratory.smoothing: (0.15,),
        laboratory.channels: (),
    }
    for work, details in questions.items():
        with pytest.raises(DegenerateMap, match="Got NaN or infinity"):
            work(asked, 1, *details)
    assert all("Got NaN or infinity" in stage.error for stage in laboratory.stages(asked, 1))


def test_scores_that_are_no_numbers_make_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Blocks()
    nn.init.constant_(broken.head.bias, math.inf)  # of which the gradient knows nothing
    asked, _ = subject(monkeypatch, broken)
    with pytest.raises(DegenerateMap, match="Got NaN or infinity"):
        laboratory.path(asked, 1, "mean")


def test_parts_and_rest_add_up_to_grad_cam(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, loaded = subject(monkeypatch, Blocks())
    answer = laboratory.channels(asked, 1)
    assert answer.count == 8
    assert len(answer.parts) == laboratory.CHANNELS
    parts = sum(answer.parts.values(), answer.others)
    np.testing.assert_allclose(parts, answer.total, rtol=1e-5, atol=1e-5)
    x = loaded.to_input(asked.picture)
    own = attribute(METHODS.build("grad_cam"), loaded.target(x, 1), x).map
    np.testing.assert_allclose(answer.rectified, own, rtol=1e-5, atol=1e-7)
    found = laboratory.stages(asked, 1)
    assert [(stage.layer, stage.rows) for stage in found] == [("first", 16), ("second", 8)]
    np.testing.assert_array_equal(found[-1].map, own)


def test_a_model_without_places_has_gradients_and_no_layers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    mlp = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE**2, 4), nn.Tanh(), nn.Linear(4, 3))
    asked, _ = subject(monkeypatch, mlp)
    for work in (laboratory.stages, laboratory.channels):
        with pytest.raises(DoesNotApply, match="Grad-CAM does not apply here: "):
            work(asked, 1)
    assert laboratory.gradient(asked, 1).maps["sum"].any()


def test_answers_travel_between_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = subject(monkeypatch, Blocks())
    answer = laboratory.gradient(asked, 1)
    again = pickle.loads(pickle.dumps(answer))
    np.testing.assert_array_equal(again.maps["sum"], answer.maps["sum"])


def test_the_slope_is_the_power_of_n() -> None:
    at = (1, 4, 16, 64)
    assert laboratory.slope([3 * n**-0.5 for n in at], at) == pytest.approx(-0.5)
    assert math.isnan(laboratory.slope([1.0, 0.0, float("nan"), 0.0], at))
