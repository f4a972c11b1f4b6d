"""What the default run should find on the real network and the real photographs, at its 33 points."""

from __future__ import annotations

import pytest
from torch import Tensor

from attribution import METHODS, attribute
from evaluation.classifiers import Classifier
from evaluation.images import Image
from evaluation.runs import QUICK_POINTS
from evaluation.statistics import Estimate, estimate
from metrics import METRICS, Case

GAINS = ("deletion_placement", "insertion_placement")


def gain(
    method: str, lite0: Classifier, inputs: Tensor, photographs: list[Image], points: int = QUICK_POINTS, seed: int = 0
) -> list[Estimate]:
    """Both placement gains of a method over the photographs."""
    values: dict[str, list[float]] = {name: [] for name in GAINS}
    for x, photo in zip(inputs.split(1), photographs, strict=True):
        target = lite0.target(x, int(lite0.probabilities(x).argmax()))
        case = Case(target, x, attribute(METHODS.build(method), target, x, seed=seed, about=photo.digest), photo.digest)
        for name in GAINS:
            values[name].append(METRICS.build({"name": name, "points": points}).score(case).value)
    found = [estimate(values[name]) for name in GAINS]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("method", ["smoothgrad", "grad_cam", "centre_prior"])
def test_the_placement_gains_of_smoothgrad_grad_cam_and_the_centre_exclude_zero(
    method: str, lite0: Classifier, lite0_inputs: Tensor, photographs: list[Image]
) -> None:
    for found in gain(method, lite0, lite0_inputs, photographs):
        assert found.low is not None
        assert found.low > 0.05


def test_randoms_placement_gain_is_nothing(lite0: Classifier, lite0_inputs: Tensor, photographs: list[Image]) -> None:
    """Over seeds the mean gain is small beside what a method gains; every interval lies near zero."""
    for seed in range(3):
        for found in gain("random", lite0, lite0_inputs, photographs, points=17, seed=seed):
            assert found.low is not None
            assert found.high is not None
            assert abs(found.mean) < 0.04
            assert found.low < 0.02
            assert found.high > -0.02
