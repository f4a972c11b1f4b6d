"""The anatomy of four methods: the parts add up to the methods' own maps."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, anatomy, attribute, generator
from heatcheck.attribution.baselines import baselines
from heatcheck.attribution.cam import enlarged
from heatcheck.attribution.grad_cam import GradCAM
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.attribution.vanilla_gradients import REDUCTIONS, VanillaGradients
from heatcheck.core.errors import BadParameter, DoesNotApply


@pytest.mark.parametrize("reduce", list(REDUCTIONS))
def test_readings_of_the_gradient_are_the_methods_own(
    tiny_target: Target, tiny_x: Tensor, reduce: str
) -> None:
    (gradient,) = tiny_target.gradient(tiny_x)
    own = attribute(VanillaGradients(reduce=reduce), tiny_target, tiny_x).map
    assert torch.equal(anatomy.readings(gradient)[reduce], own)


def test_readings_of_a_gradient_known_by_hand() -> None:
    gradient = torch.tensor([[[1.0, -3.0]], [[-2.0, -1.0]], [[0.0, 1.0]]])
    maps = {name: heat.tolist() for name, heat in anatomy.readings(gradient).items()}
    assert maps == {
        "max_abs": [[2.0, 3.0]],
        "sum": [[-1.0, -3.0]],
        "abs_sum": [[1.0, 3.0]],
        "sum_abs": [[3.0, 5.0]],
    }
    assert anatomy.cancelled(gradient) == 0.5  # 4 of 8 are left
    assert anatomy.cancelled(gradient[:1]) == 0  # one channel cancels nothing
    assert math.isnan(anatomy.cancelled(torch.zeros(3, 2, 2)))


@pytest.mark.parametrize("steps", [1, 7, 40])
def test_the_steps_of_the_path_add_up_to_the_map(
    tiny_target: Target, tiny_x: Tensor, steps: int
) -> None:
    method = IntegratedGradients(steps=steps, baseline="black")
    start = baselines("black", tiny_target, tiny_x, generator())
    batches = list(anatomy.steps_of(tiny_target, tiny_x, start, steps))
    assert sum(map(len, batches)) == steps
    own = attribute(method, tiny_target, tiny_x).map
    torch.testing.assert_close(torch.cat(batches).sum(0), own, rtol=1e-5, atol=1e-6)
    later = torch.cat(list(anatomy.steps_of(tiny_target, tiny_x, start, steps, steps - 1)))
    torch.testing.assert_close(later, torch.cat(batches)[-1:], rtol=1e-5, atol=1e-6)


def test_the_map_so_far_holds_the_steps_before_a_place(tiny_target: Target, tiny_x: Tensor) -> None:
    start = torch.zeros_like(tiny_x)
    places = torch.tensor([0, 0.5, 1])
    maps, counts = anatomy.so_far(tiny_target, tiny_x, start, 8, places)
    assert counts == [0, 4, 8]
    each = torch.cat(list(anatomy.steps_of(tiny_target, tiny_x, start, 8)))
    expected = torch.stack([0 * each[0], each[:4].sum(0), each.sum(0)])
    torch.testing.assert_close(maps, expected, rtol=1e-5, atol=1e-6)


def test_a_walk_starts_at_the_baseline_and_ends_at_the_image(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    start = torch.zeros_like(tiny_x)
    walk = anatomy.walked(tiny_target, tiny_x, start, 5)
    assert walk.places.tolist() == [0, 0.25, 0.5, 0.75, 1]
    torch.testing.assert_close(walk.images[2:3], tiny_x / 2)
    torch.testing.assert_close(walk.scores, tiny_target.score(walk.images))
    torch.testing.assert_close(walk.gradients[-1:], tiny_target.gradient(tiny_x))
    with pytest.raises(BadParameter, match=r"two ends of a path\. Got 1"):
        anatomy.walked(tiny_target, tiny_x, start, 1)


@pytest.mark.parametrize(
    ("scores", "place"),
    [
        ([0, 5, 9, 10, 10], 0.5),
        ([0, -5, -9, -10, -10], 0.5),  # a score that falls
        ([0, 10, 3, 9.5, 10], 0.75),  # it had come, and had gone again
        ([0, 1, 2, 3, 10], 1.0),
        ([0, 20, 20, 20, 10], 1.0),  # what overshoots has still to come back
        ([0, 3, 9, 6, 3], 1.0),
        ([0, 12, 10.5, 9.5, 10], 0.5),
    ],
)
def test_saturated_is_where_a_path_stays_within_a_tenth_of_its_change_of_its_end(
    scores: list[float], place: float
) -> None:
    assert anatomy.saturated_from([0, 0.25, 0.5, 0.75, 1], scores) == place


def test_a_path_without_change_has_no_saturated_part() -> None:
    assert math.isnan(anatomy.saturated_from([0, 0.5, 1], [2, 5, 2]))


def all_grown(
    method: SmoothGrad, target: Target, x: Tensor, stream: torch.Generator, at: tuple[int, ...]
) -> dict[int, Tensor]:
    """The means over so many copies of all that a method takes."""
    mean, means = anatomy.seedling(x, stream), {}
    while mean.copies < method.samples:
        mean, found = anatomy.grown(method, target, x, mean, at)
        means.update(found)
    with pytest.raises(BadParameter, match=rf"left of {method.samples}\. Got none"):
        anatomy.grown(method, target, x, mean, at)
    return means


def test_the_mean_over_all_copies_is_the_methods_map_of_the_same_seed(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    method = SmoothGrad(samples=20, reduce="sum")
    stream = generator(3, "photo", method.stream, "attribution")
    means = all_grown(method, tiny_target, tiny_x, stream, (1, 5, 16, 20))
    own = attribute(method, tiny_target, tiny_x, seed=3, about="photo").map
    torch.testing.assert_close(means[20].sum(0), own, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("samples", [1, 5, 16, 17])
def test_the_mean_over_the_first_copies_is_that_of_a_method_with_fewer(
    tiny_target: Target, tiny_x: Tensor, samples: int
) -> None:
    means = all_grown(SmoothGrad(samples=20), tiny_target, tiny_x, generator(1), (samples, 20))
    own = SmoothGrad(samples=samples).attribute(tiny_target, tiny_x, generator(1))
    torch.testing.assert_close(means[samples].abs().amax(0), own, rtol=1e-5, atol=1e-7)


def test_the_weighted_channels_add_up_to_grad_cam_before_its_relu(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    channels = anatomy.weighted_channels(tiny_target, tiny_x)
    first = anatomy.strongest(channels, 2)
    rest = [k for k in range(len(channels)) if k not in first]
    features, gradient = tiny_target.features(tiny_x)
    before = (gradient.mean((2, 3), keepdim=True) * features).sum(1)[0]
    total = channels[first].sum(0) + channels[rest].sum(0)
    torch.testing.assert_close(total, before, rtol=1e-5, atol=1e-5)
    own = attribute(METHODS.build("grad_cam"), tiny_target, tiny_x).map
    torch.testing.assert_close(enlarged(total.relu(), tiny_x), own, rtol=1e-5, atol=1e-5)


def test_the_strongest_channels_are_those_of_the_largest_size() -> None:
    channels = torch.tensor([1.0, -4.0, 2.0, 0.0])[:, None, None].expand(4, 2, 2)
    assert anatomy.strongest(channels, 2) == [1, 2]
    assert anatomy.strongest(channels, 9) == [1, 2, 0, 3]


class Stages(nn.Module):
    """Three grids; on each the outermost layer ends with what lies within it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.block = nn.Sequential(
            nn.Conv2d(4, 4, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 1)
        )
        self.last = nn.Conv2d(4, 5, 2, stride=2)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.last(self.block(self.stem(x)))).mean((2, 3))


def test_stages_are_a_layer_of_each_grid_the_methods_own_among_them() -> None:
    x = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    target = Target(Stages(), 0, x)
    assert anatomy.stages_of(target, x) == ["stem", "block", "act"]
    assert target.spatial_layer() == "act"
    grids = [tuple(GradCAM(layer=one).coarse(target, x).shape) for one in ("stem", "block", "act")]
    assert grids == [(16, 16), (8, 8), (4, 4)]


def test_a_model_without_places_has_no_stages() -> None:
    x = torch.rand(1, 3, 8, 8)
    with pytest.raises(DoesNotApply):
        anatomy.stages_of(Target(nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), 0, x), x)


def test_a_transformers_stages_are_blocks_evenly_spaced() -> None:
    timm = pytest.importorskip("timm")
    vit = timm.models.VisionTransformer(
        32, 8, embed_dim=24, depth=6, num_heads=3, num_classes=4
    ).eval()
    x = torch.rand(1, 3, 32, 32)
    found = anatomy.stages_of(Target(vit, 0, x), x)
    assert found[:4] == ["blocks.0", "blocks.2", "blocks.3", "blocks.5"]
    assert found[-1] == Target(vit, 0, x).spatial_layer()
