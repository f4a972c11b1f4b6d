"""What the metrics that are read off curves share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target
from heatcheck.core.errors import BadParameter, DegenerateMap, DoesNotApply
from heatcheck.metrics import METRICS, Case, Other
from heatcheck.metrics.curves import CurveMetric
from heatcheck.metrics.direction import DELETION, INSERTION
from heatcheck.metrics.orders import tie_share
from heatcheck.metrics.substrates import members
from heatcheck.metrics.walks import walk_together
from heatcheck.tests.doubles.cases import case_of, curve_of, others, scored
from heatcheck.tests.doubles.small_models import Linear

CURVES = [name for name, metric in METRICS.items() if issubclass(metric, CurveMetric)]


@pytest.mark.parametrize("points", [2, 3, 17, 33, 100, 225])
def test_a_number_of_points_is_on_the_grid_and_evenly_spaced(
    points: int, tiny_target: Target, tiny_x: Tensor
) -> None:
    x = tiny_x.repeat(1, 1, 6, 5)[..., :112, :112]
    curve = curve_of(
        case_of(torch.rand(112, 112), x, tiny_target.about(x=x)), "deletion", points=points
    )
    steps = np.array(curve.fractions) * 224
    np.testing.assert_allclose(steps, steps.round(), atol=1e-9)
    assert len(curve.fractions) == points
    assert (curve.fractions[0], curve.fractions[-1]) == (0.0, 1.0)
    assert np.ptp(np.diff(steps)) <= 1 + 1e-9


def test_the_metrics_of_a_case_share_their_curves_and_fill_their_batches_together(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    names = (
        "deletion",
        "insertion",
        "deletion_placement",
        "insertion_placement",
        "relevance_gain",
        "deletion_exchange",
    )
    metrics = tuple(
        METRICS.build({"name": name, "points": 33, "substrate": "mean"}) for name in names
    )
    case = case_of(torch.rand(20, 24), tiny_x, tiny_target, others=others(tiny_x), together=metrics)
    before = tiny_target.passes
    metrics[0].score(case)
    inner, ends = 31, 2  # image, mean colour
    assert (tiny_target.passes - before).forward == 7 * inner + ends
    for metric in metrics:
        metric.score(case)
    assert (tiny_target.passes - before).forward == 7 * inner + ends


def test_metrics_without_other_images_are_not_held_up_by_one_that_needs_them(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    metrics = tuple(
        METRICS.build({"name": name, "points": 5}) for name in ("deletion", "deletion_exchange")
    )
    case = case_of(torch.rand(20, 24), tiny_x, tiny_target, together=metrics)
    assert 0 <= metrics[0].score(case).value <= 1
    with pytest.raises(DoesNotApply, match="no image of another sample has a map"):
        metrics[1].score(case)


def whole_case(heat: Tensor, x: Tensor, target: Target, **more: Any) -> Case:
    """A case by a gradient method, with other images and another network."""
    elsewhere = torch.rand(heat.shape, generator=torch.Generator().manual_seed(9))
    return case_of(
        heat,
        x,
        target,
        method=METHODS.build("vanilla_gradients"),
        others=others(x),
        elsewhere=lambda name: elsewhere,
        **more,
    )


def network_of(name: str) -> dict[str, str]:
    return {"network": "tiny"} if name.endswith("_network") else {}


@pytest.mark.parametrize("points", ["adaptive", 9, "drawn-9"])
@pytest.mark.parametrize("name", CURVES)
def test_a_score_does_not_depend_on_what_else_is_scored(
    name: str, points: str | int, tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    metrics = tuple(
        METRICS.build({"name": other, "points": points, **network_of(other)}) for other in CURVES
    )
    alone = scored(whole_case(heat, tiny_x, tiny_target), name, points=points, **network_of(name))
    full = whole_case(heat, tiny_x, tiny_target, together=metrics)
    scored(full, "deletion", points="all")
    beside = scored(full, name, points=points, **network_of(name))
    assert beside.value == pytest.approx(alone.value, abs=1e-6)
    assert beside.sides == pytest.approx(dict(alone.sides), abs=1e-5)


def expected_references(case: Case, name: str) -> tuple[str, tuple[str, ...]]:
    """The side value of a gain's references, and their orders."""
    return {
        "placement": ("misplaced", ("misplaced",)),
        "exchange": ("exchanged", ("other 0", "other 1")),
        "model": ("randomised", tuple(f"weights drawn anew {k}" for k in range(3))),
        "class": ("other_class", ("another class",)),
        "second_class": ("second_class", ("second class",)),
        "network": ("other_network", ("network tiny",)),
        "gain": ("last_first", ("last first",)),
    }[name.partition("_")[2]]


@pytest.mark.parametrize("substrate", ["mean", "standard"])
@pytest.mark.parametrize("name", CURVES)
def test_every_curve_metric_is_the_difference_of_the_areas_it_names(
    name: str, substrate: str, tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(4))
    case = whole_case(heat, tiny_x, tiny_target)
    score = scored(case, name, points="all", substrate=substrate, **network_of(name))
    direction = INSERTION if name.startswith("insertion") else DELETION

    def area(order: str, on: str) -> float:
        walk = direction.walk(on, order)
        return walk_together(case, [walk], "all", 0.005)[walk].auc

    each = {on: area("own", on) for on in members(substrate)}
    if name in ("deletion", "insertion"):
        assert score.value == pytest.approx(np.mean(list(each.values())), abs=1e-7)
        assert score.sides["tie_share"] == tie_share(heat)
    else:
        side, orders = expected_references(case, name)
        held = {on: np.mean([area(order, on) for order in orders]) for on in each}
        sign = 1 if direction is DELETION else -1
        assert score.value == pytest.approx(
            np.mean([sign * (held[on] - each[on]) for on in each]), abs=1e-7
        )
        assert score.sides[side] == pytest.approx(np.mean(list(held.values())), abs=1e-7)
        each = {on: sign * (held[on] - each[on]) for on in each}
    told = {side: value for side, value in score.sides.items() if side.startswith("on_")}
    assert told == {f"on_{on}": pytest.approx(value, abs=1e-7) for on, value in each.items()}
    assert score.curve is not None


def test_gains_are_positive_for_a_map_that_is_right() -> None:
    x = torch.zeros(1, 1, 16, 16)
    x[0, 0, 2:6, 2:6] = 0.2  # small enough that the probability does not saturate
    elsewhere = x.roll((7, 7), (2, 3))
    case = case_of(
        x[0, 0], x, Target(Linear(), 0, x), others=(Other(elsewhere, 0, elsewhere[0, 0]),)
    )
    for name in (
        "deletion_placement",
        "insertion_placement",
        "deletion_exchange",
        "insertion_exchange",
        "relevance_gain",
    ):
        assert scored(case, name).value > 0.02, name


@pytest.mark.parametrize(
    "name",
    [
        "deletion_placement",
        "insertion_placement",
        "deletion_exchange",
        "insertion_exchange",
        "relevance_gain",
    ],
)
def test_gains_walk_over_the_patches_that_were_asked_for(
    name: str, tiny_target: Target, tiny_x: Tensor
) -> None:
    case = case_of(torch.rand(tiny_x.shape[-2:]), tiny_x, tiny_target, others=others(tiny_x))
    metric = METRICS.build({"name": name, "patch": 5})
    walks = metric.walks(metric.orders(case))
    assert len(walks) > 1
    assert {walk.patch for walk in walks} == {5}


class Broken(nn.Module):
    """Finite on the clean image, NaN on others."""

    def forward(self, x: Tensor) -> Tensor:
        total = torch.where((x == 0).any(), torch.nan, 1.0) * x.sum((1, 2, 3))
        return torch.stack([total, -total], 1)


def test_a_model_that_breaks_on_the_way_gives_no_number() -> None:
    x = torch.ones(1, 1, 8, 8)
    with pytest.raises(DegenerateMap, match=r"finite probabilities along the curve \(own\)"):
        scored(case_of(torch.rand(8, 8), x, Target(Broken(), 0, x)), "deletion")


@pytest.mark.parametrize("name", CURVES)
def test_what_points_may_be(name: str) -> None:
    for good in ("adaptive", "all", "drawn-9", 2, 225):
        METRICS.build({"name": name, "points": good})
    for bad in ("some", "drawn-8", 1, 226, True, 3.5):
        with pytest.raises(BadParameter, match="points"):
            METRICS.build({"name": name, "points": bad})
