"""The laboratory's answers on a small network: held against the methods, and said where there is
none.
"""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Output, attribute
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.inputs import classifiers
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.sizes import Size
from heatcheck.runs import laboratory
from heatcheck.runs.cells import Subject

SIDE = 16


class Blocks(nn.Module):
    """Two convolutions, three classes."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Conv2d(channels, 6, 3, padding=1), nn.Conv2d(6, 8, 2, 2)
        self.head = nn.Linear(8, 3)
        nn.init.normal_(self.first.weight, std=2.0)  # so that few steps are no integral

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = nn.functional.softplus(self.second(nn.functional.softplus(self.first(x))))
        return self.head(hidden.mean((2, 3)))


def subject(
    monkeypatch: pytest.MonkeyPatch,
    model: nn.Module,
    channels: int = 3,
    output: Output = Output.SOFTMAX,
) -> tuple[Subject, Classifier]:
    middle = (0.5,) * channels
    loaded = Classifier(
        "small",
        "small",
        model.eval(),
        Size(SIDE, SIDE),
        middle,
        middle,
        ("cat", "dog", "fox"),
        "",
        "",
        torch.device("cpu"),
        output=output,
    )
    monkeypatch.setattr(classifiers, "load", lambda name: loaded)
    pixels = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, channels), np.uint8)
    return Subject("small", pixels, "a" * 64), loaded


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
    assert laboratory.completeness(asked, 1, "mean", 64) < 1e-3


def test_a_picture_that_is_the_baseline_has_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = subject(monkeypatch, Blocks())
    black = Subject("small", np.zeros_like(asked.picture), "b" * 64)
    with pytest.raises(DegenerateMap, match="another baseline"):
        laboratory.completeness(black, 1, "black", 4)
    assert math.isnan(laboratory.path(black, 1, "black").saturated_from)


def test_smoothing_ends_with_the_methods_own_map(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, loaded = subject(monkeypatch, Blocks())
    answer = laboratory.smoothing(asked, 1, 0.3)
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
    answer = laboratory.smoothing(asked, 1, 0.0)
    assert all(map(math.isnan, answer.distance.values()))
    assert set(answer.seed_noise.values()) == {0.0}


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
