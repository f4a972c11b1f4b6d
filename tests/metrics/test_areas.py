"""Deletion and insertion: a naive loop of RISE's protocol as the reference, and answers that are
known.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.attribution.blurs import blurred
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.images import Image
from heatcheck.metrics import METRICS, Case
from heatcheck.metrics.areas import kept_walks
from heatcheck.metrics.orders import case_ranks, counts
from heatcheck.metrics.substrates import CLEAN, SUBSTRATES, end
from heatcheck.metrics.walks import Walk
from heatcheck.tests.doubles.cases import case_of, curve_of, scored
from heatcheck.tests.doubles.small_models import Linear

GRID = 225


def naive(target: Target, x: Tensor, start: Tensor, stop: Tensor, order: Tensor) -> list[float]:
    """RISE's loop, one image a step: 224 pixels change at each of 224 steps."""
    current = start.clone()
    probabilities = []
    for step in range(GRID):
        probabilities.append(float(target.model(current).softmax(1)[0, target.class_index]))
        place = order[224 * step : 224 * (step + 1)]
        current.view(*x.shape[:2], -1)[..., place] = stop.view(*x.shape[:2], -1)[..., place]
    return probabilities


@pytest.mark.parametrize(("image", "method"), [(0, "grad_cam"), (12, "edges")])
def test_exact_curves_equal_a_naive_loop_at_all_225_points(
    image: int, method: str, lite0: Classifier, lite0_inputs: Tensor, photographs: list[Image]
) -> None:
    """`python -m heatcheck.tools.bench curves` does this for all 20 photographs and 7 methods."""
    x = lite0_inputs[image : image + 1]
    with torch.no_grad():
        target = lite0.target(x, int(lite0.model(x).argmax()))
        case = Case(
            target, x, attribute(METHODS.build(method), target, x), photographs[image].digest
        )
        order = case_ranks(case).flatten().argsort()
        for name, start, stop, ends in (
            ("deletion", x, torch.zeros_like(x), "mean"),
            ("insertion", blurred(x), x, "blur"),
        ):
            ours = scored(case, name, points="all", substrate=ends)
            expected = naive(target, x, start, stop, order)
            assert ours.curve is not None
            assert len(ours.curve.probabilities) == GRID == ours.sides["points"]
            np.testing.assert_allclose(ours.curve.probabilities, expected, atol=1e-5, rtol=0)
            assert ours.value == pytest.approx(
                (sum(expected) - expected[0] / 2 - expected[-1] / 2) / (GRID - 1), abs=1e-5
            )
            assert ours.sides["auc_error"] == 0
            quick = scored(case, name, substrate=ends)
            assert quick.value == pytest.approx(ours.value, abs=0.01)
            assert quick.sides["points"] <= 90


def test_a_known_curve_of_four_pixels() -> None:
    x = torch.tensor([[[[3.0, 2.0], [1.0, 0.0]]]])
    case = case_of(x[0, 0], x, Target(Linear(), 0, x))
    curve = curve_of(case, "deletion", points="all", substrate="mean")
    at = dict(zip(curve.fractions, curve.probabilities, strict=True))
    expected = {0.0: 6.0, 0.25: 3.0, 0.5: 1.0, 0.75: 0.0, 1.0: 0.0}  # what is left of the sum
    assert {
        fraction: pytest.approx(1 / (1 + np.exp(-left))) for fraction, left in expected.items()
    } == {f: at[f] for f in expected}


@pytest.mark.parametrize("name", ["deletion", "insertion"])
def test_a_linear_model_has_its_curves_in_closed_form(name: str) -> None:
    x = 0.3 * torch.randn(1, 2, 17, 13, generator=torch.Generator().manual_seed(2))
    case = case_of(x[0].sum(0), x, Target(Linear(), 0, x))
    curve = curve_of(case, name, points="all", substrate="mean")
    ordered = np.sort(x[0].double().sum(0).flatten().numpy())[::-1]
    taken = np.concatenate([[0.0], np.cumsum(ordered)])[counts(17 * 13)]
    logits = taken[-1] - taken if name == "deletion" else taken
    np.testing.assert_allclose(curve.probabilities, 1 / (1 + np.exp(-logits)), atol=1e-6)
    energies = np.logaddexp(logits, 0)
    np.testing.assert_allclose(curve.energy_gaps, np.logaddexp(taken[-1], 0) - energies, atol=1e-5)
    assert scored(case, name, points="all", substrate="mean").sides[
        "out_of_distribution"
    ] == pytest.approx(float(np.trapezoid(curve.energy_gaps, curve.fractions)), abs=1e-6)


def test_a_curve_over_patches_of_a_linear_model_counts_patches() -> None:
    x = torch.tensor([[[[4.0, 4, 1, 1], [4, 4, 1, 1]]]]) / 4
    case = case_of(x[0, 0], x, Target(Linear(), 0, x))
    curve = curve_of(case, "deletion", points="all", patch=2, substrate="mean")
    at = dict(zip(curve.fractions, curve.probabilities, strict=True))
    assert set(at) == {0.0, 0.5, 1.0}
    assert at[0.5] == pytest.approx(1 / (1 + np.exp(-1.0)))


@pytest.mark.parametrize("name", ["deletion", "insertion"])
def test_a_curve_begins_and_ends_where_its_substrate_says(
    name: str, tiny_target: Target, tiny_x: Tensor
) -> None:
    case = case_of(torch.rand(20, 24), tiny_x, tiny_target)
    for substrate in SUBSTRATES:
        curve = curve_of(case, name, points=3, substrate=substrate)
        expected = [float(tiny_target.probability(end(case, one))[0]) for one in (CLEAN, substrate)]
        assert [curve.probabilities[0], curve.probabilities[-1]] == pytest.approx(
            expected[:: 1 if name == "deletion" else -1], abs=1e-6
        )


@pytest.mark.parametrize("name", ["deletion", "insertion"])
def test_an_area_is_the_mean_over_its_set_of_substrates_and_each_is_told(
    name: str, tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    for points in ("all", "adaptive", "drawn-9"):
        whole = scored(case_of(heat, tiny_x, tiny_target), name, points=points)
        alone = {
            substrate: scored(
                case_of(heat, tiny_x, tiny_target), name, points=points, substrate=substrate
            )
            for substrate in ("mean", "blur", "black")
        }
        assert whole.value == pytest.approx(np.mean([score.value for score in alone.values()]))
        for substrate, score in alone.items():
            assert whole.sides[f"on_{substrate}"] == pytest.approx(score.value)
            assert score.curve is not None
            assert whole.curves[f"on_{substrate}"].probabilities == pytest.approx(
                score.curve.probabilities, abs=1e-6
            )
        assert whole.sides["covered"] == pytest.approx(
            np.mean([score.sides["covered"] for score in alone.values()])
        )
        assert whole.sides["clean"] == pytest.approx(float(tiny_target.probability(tiny_x)))
        assert "on_grey" not in whole.sides


def test_the_curves_of_the_map_itself_are_kept_on_each_substrate() -> None:
    names = ("deletion", "deletion_placement", "insertion_exchange", "relevance_gain")
    metrics = [METRICS.build({"name": name, "patch": 4}) for name in names]
    assert kept_walks(metrics) == {
        f"deletion.on_{substrate}": Walk(CLEAN, substrate, "own", 4)
        for substrate in ("mean", "blur", "black")
    }
    alone = METRICS.build({"name": "insertion", "substrate": "blur"})
    walk = Walk("blur", CLEAN, "own", 1)
    assert kept_walks([alone]) == {"insertion": walk, "insertion.on_blur": walk}
