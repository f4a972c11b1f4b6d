"""The grid pointing game: mosaics of images whose classes are channels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.attribution import Target
from heatcheck.attribution.input_x_gradient import InputXGradient
from heatcheck.attribution.random import Random
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.metrics import Other
from heatcheck.metrics.grid_pointing import GridPointing, cells, mosaic, players, share_inside
from heatcheck.tests.doubles.cases import case_by, case_of, drawn
from heatcheck.tests.doubles.small_models import Channels
from heatcheck.tests.doubles.told_methods import Told, told


def bright(channel: int, height: int = 8, width: int = 8, value: float = 1.0) -> Tensor:
    """An image that shows one class alone."""
    x = torch.zeros(1, 4, height, width)
    x[:, channel] = value
    return x


def rivals(*classes: int, height: int = 8, width: int = 8) -> tuple[Other, ...]:
    return tuple(
        Other(bright(index, height, width), index, torch.zeros(height, width)) for index in classes
    )


@pytest.mark.parametrize(("height", "width"), [(8, 8), (7, 5), (2, 2), (3, 2)])
def test_a_map_of_what_the_model_sums_points_perfectly(height: int, width: int) -> None:
    x = bright(2, height, width)
    score = GridPointing().score(
        case_by(
            InputXGradient(),
            Target(Channels(), 2, x),
            x,
            others=rivals(0, 1, 3, height=height, width=width),
        )
    )
    assert score.value == pytest.approx(1)
    assert score.sides["own"] == pytest.approx(1)


def test_a_model_that_takes_one_class_for_another_points_wrong() -> None:
    x, wrong = bright(2), Channels(torch.eye(4).roll(1, 1))
    score = GridPointing().score(
        case_by(InputXGradient(), Target(wrong, 2, x), x, others=rivals(0, 1, 3))
    )
    assert (score.value, score.sides["own"]) == (0, 0)


def test_half_of_one_map_in_the_wrong_cell_costs_an_eighth() -> None:
    x = bright(2)
    x[:, 1] = 1.0  # the case's image shows class 1 as much as the image of class 1 does
    score = GridPointing().score(
        case_by(InputXGradient(), Target(Channels(), 2, x), x, others=rivals(0, 1, 3))
    )
    assert score.value == pytest.approx(1 - 1 / 8)
    assert score.sides["own"] == pytest.approx(1)


@pytest.mark.parametrize("seed", range(4))
def test_a_map_that_does_not_ask_for_the_class_gets_chance_exactly(seed: int) -> None:
    x = bright(2, 7, 5)
    score = GridPointing().score(
        case_by(
            Random(),
            Target(Channels(), 2, x),
            x,
            others=rivals(0, 1, 3, height=7, width=5),
            seed=seed,
        )
    )
    assert score.value == pytest.approx(0.25, abs=1e-12)
    assert score.sides["own"] != pytest.approx(0.25, abs=1e-3)


def test_a_class_without_a_positive_part_counts_as_chance() -> None:
    x = bright(2, value=-1.0)
    score = GridPointing().score(
        case_by(InputXGradient(), Target(Channels(), 2, x), x, others=rivals(0, 1, 3))
    )
    assert score.value == pytest.approx((3 + 0.25) / 4)
    assert score.sides["own"] == 0.25


def test_a_map_without_any_positive_part_points_nowhere() -> None:
    x = bright(2)
    with pytest.raises(DegenerateMap, match="points nowhere"):
        GridPointing().score(
            case_by(
                InputXGradient(), Target(Channels(-torch.eye(4)), 2, x), x, others=rivals(0, 1, 3)
            )
        )


def test_the_share_is_of_the_positive_part_alone() -> None:
    heat = torch.tensor([[3.0, -5.0], [1.0, 0.0]])
    assert [share_inside(heat, cell) for cell in cells(2, 2)] == [0.75, 0.0, 0.25, 0.0]
    assert share_inside(torch.zeros(2, 2), cells(2, 2)[0]) is None


def test_cells_split_at_half_the_side_and_images_are_shrunk_into_them() -> None:
    s = slice
    assert cells(7, 4) == [
        (s(0, 3), s(0, 2)),
        (s(0, 3), s(2, 4)),
        (s(3, 7), s(0, 2)),
        (s(3, 7), s(2, 4)),
    ]
    images = [drawn(1, 2, 7, 4, seed=seed) for seed in range(4)]
    made = mosaic(images)
    assert made.shape == (1, 2, 7, 4)
    for x, (rows, columns), size in zip(
        images, cells(7, 4), [(3, 2), (3, 2), (4, 2), (4, 2)], strict=True
    ):
        np.testing.assert_allclose(
            made[..., rows, columns],
            F.interpolate(x, size, mode="bilinear", antialias=True),
            rtol=1e-5,
            atol=1e-6,
        )
    board = ((torch.arange(16)[:, None] + torch.arange(16)) % 2).float().expand(1, 1, 16, 16)
    assert mosaic([board] * 4).sub(0.5).abs().amax() < 0.2  # fine detail is averaged, not sampled


def test_the_first_images_with_classes_of_their_own_play() -> None:
    x = bright(2)
    others = rivals(2, 0, 0, 3, 1)
    found = players(case_of(drawn(8, 8), x, Target(Channels(), 2, x), others=others))
    assert [index for index, _ in found] == [2, 0, 3, 1]
    assert found[0][1] is x
    assert torch.equal(found[1][1], others[1].x)
    five = Target(Channels(torch.eye(4, 9)), 8, x)
    assert [
        index for index, _ in players(case_of(drawn(8, 8), x, five, others=rivals(3, 1, 0, 2)))
    ] == [8, 3, 1, 0]


@pytest.mark.parametrize("classes", [(), (0, 1), (0, 1, 2), (0, 1, 1, 0)])
def test_fewer_than_three_other_classes_make_no_mosaic(classes: tuple[int, ...]) -> None:
    x = bright(2)
    with pytest.raises(
        DoesNotApply, match="three other images of the run with other classes"
    ) as caught:
        GridPointing().score(
            case_of(drawn(8, 8), x, Target(Channels(), 2, x), others=rivals(*classes))
        )
    assert f"Got {len({*classes} - {2})} among {len(classes)} that" in str(caught.value)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 8), (8, 1)])
def test_an_image_that_cannot_be_halved_makes_no_mosaic(height: int, width: int) -> None:
    x = bright(2, height, width)
    with pytest.raises(DoesNotApply, match=f"{height} x {width} pixels"):
        GridPointing().score(
            case_of(
                drawn(height, width),
                x,
                Target(Channels(), 2, x),
                others=rivals(0, 1, 3, height=height, width=width),
            )
        )


def test_the_own_cell_is_drawn_once_an_image_and_the_others_fill_the_rest_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = bright(2)
    places = set()
    for seed in range(20):
        orders = []
        for method in (told(monkeypatch, lambda target, x: drawn(8, 8)), InputXGradient()):
            model = Channels()
            GridPointing().score(
                case_of(
                    drawn(8, 8),
                    x,
                    Target(model, 2, x),
                    method=method,
                    others=rivals(3, 0, 1),
                    seed=seed,
                )
            )
            if Told.asked and not orders:
                assert len({str(picture.tolist()) for _, _, picture in Told.asked}) == 1
                order = [index for _, index, _ in Told.asked]
                shown = [
                    int(Told.asked[0][2][0, :, row, column].argmax())
                    for row in (0, 7)
                    for column in (0, 7)
                ]
                assert order == shown
            else:
                shown = [
                    int(model.seen[-1][0, :, row, column].argmax())
                    for row in (0, 7)
                    for column in (0, 7)
                ]
            orders.append(shown)
        assert orders[0] == orders[1]
        places.add(orders[0].index(2))
        assert [index for index in orders[0] if index != 2] == [3, 0, 1]
    assert places == {0, 1, 2, 3}
