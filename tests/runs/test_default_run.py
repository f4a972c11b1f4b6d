"""What the default run should find on the real network and the real photographs, at nine drawn
points a curve.
"""

from __future__ import annotations

from typing import Any

import pytest
from torch import Tensor

from heatcheck.attribution import METHODS, Attribution, attribute
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.images import Image
from heatcheck.judgement.statistics import Estimate, estimate
from heatcheck.metrics import METRICS, Case, Other

PLACEMENTS, EXCHANGES = (
    ("deletion_placement", "insertion_placement"),
    ("deletion_exchange", "insertion_exchange"),
)
POINTS = "drawn-9"
Asked = str | dict[str, Any]


def gains(
    method: Asked,
    names: tuple[str, ...],
    lite0: Classifier,
    inputs: Tensor,
    photographs: list[Image],
    seed: int = 0,
    **settings: str,
) -> dict[str, Estimate]:
    """Gains of a method over the photographs; each borrows the maps of the next two."""
    metrics = tuple(METRICS.build({"name": name, "points": POINTS, **settings}) for name in names)
    pictures = inputs.split(1)
    tops = [int(lite0.probabilities(x).argmax()) for x in pictures]
    maps: list[Attribution] = [
        attribute(METHODS.build(method), lite0.target(x, top), x, seed=seed, about=photo.digest)
        for x, top, photo in zip(pictures, tops, photographs, strict=True)
    ]
    values: dict[str, list[float]] = {name: [] for name in names}
    for place, photo in enumerate(photographs):
        next_two = [(place + step) % len(photographs) for step in (1, 2)]
        others = tuple(Other(pictures[other], tops[other], maps[other].map) for other in next_two)
        target = lite0.target(pictures[place], tops[place])
        case = Case(target, pictures[place], maps[place], photo.digest, others, together=metrics)
        for metric in metrics:
            values[metric.name].append(metric.score(case).value)
    found = {name: estimate(values[name]) for name in names}
    return {name: one for name, one in found.items() if one is not None}


@pytest.mark.long
@pytest.mark.parametrize("method", [{"name": "smoothgrad", "samples": 12}, "grad_cam"])
def test_the_gains_of_smoothgrad_and_grad_cam_exclude_zero(
    method: Asked, lite0: Classifier, lite0_inputs: Tensor, photographs: list[Image]
) -> None:
    found = gains(method, PLACEMENTS + EXCHANGES, lite0, lite0_inputs, photographs)
    assert all(found[name].low > 0.05 for name in PLACEMENTS)  # type: ignore[operator]
    assert all(found[name].low > 0.01 for name in EXCHANGES)  # type: ignore[operator]
    assert all(
        found[exchange].mean < found[place].mean
        for exchange, place in zip(EXCHANGES, PLACEMENTS, strict=True)
    )


def test_the_centre_gains_from_its_place_and_not_from_evidence(
    lite0: Classifier, lite0_inputs: Tensor, photographs: list[Image]
) -> None:
    found = gains("centre_prior", PLACEMENTS + EXCHANGES, lite0, lite0_inputs, photographs)
    assert all(found[name].low > 0.05 for name in PLACEMENTS)  # type: ignore[operator]
    assert all(abs(found[name].mean) < 1e-6 for name in EXCHANGES)


def test_randoms_placement_gain_is_nothing(
    lite0: Classifier, lite0_inputs: Tensor, photographs: list[Image]
) -> None:
    """Over seeds the mean gain is small beside what a method gains; every interval lies near
    zero.
    """
    for seed in range(2):
        for found in gains("random", PLACEMENTS, lite0, lite0_inputs, photographs, seed).values():
            assert found.low is not None
            assert found.high is not None
            assert abs(found.mean) < 0.04
            assert found.low < 0.02
            assert found.high > -0.02


@pytest.mark.long
@pytest.mark.parametrize("baseline", ["mean", "black"])
@pytest.mark.parametrize("substrate", ["mean", "black"])
def test_integrated_gradients_gain_where_the_path_starts_from_what_replaces_a_pixel(
    baseline: str,
    substrate: str,
    lite0: Classifier,
    lite0_inputs: Tensor,
    photographs: list[Image],
) -> None:
    """ "No evidence" was an artefact of a black baseline and a grey substrate."""
    method = {"name": "integrated_gradients", "steps": 16, "baseline": baseline}
    (gain,) = gains(
        method, EXCHANGES[:1], lite0, lite0_inputs, photographs, substrate=substrate
    ).values()
    assert gain.above_zero == (baseline == substrate)
