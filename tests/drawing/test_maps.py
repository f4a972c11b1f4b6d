"""Drawing: scale, focus and opacity do exactly what the page says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from heatcheck.drawing import maps
from heatcheck.inputs.images import from_png
from heatcheck.metrics.orders import counts, ranks

HEAT = np.random.default_rng(0).normal(size=(56, 56)).astype(np.float32)
PICTURE = np.random.default_rng(1).integers(0, 256, (56, 56, 3), dtype=np.uint8)
PLACES = ranks(torch.from_numpy(HEAT), torch.Generator().manual_seed(0)).numpy()


def drawn(
    opacity: float = 0.6, focus: float = 0.7, colour_map: str = "Inferno", heat: np.ndarray = HEAT
) -> np.ndarray:
    return from_png(
        maps.overlay(PICTURE, heat, PLACES, opacity=opacity, focus=focus, colour_map=colour_map)
    ).astype(int)


def test_focus_keeps_exactly_the_strongest_share_and_leaves_the_rest_of_the_picture() -> None:
    changed = (drawn(opacity=1.0, focus=0.7) != PICTURE).any(2)
    assert not changed[maps.kept(PLACES.size, 0.7) <= PLACES].any()
    assert changed[maps.kept(PLACES.size, 0.7) > PLACES].mean() > 0.99
    for fraction in range(0, 225, 16):
        assert maps.kept(224 * 224, 1 - fraction / 224) == counts(224 * 224)[fraction]


def test_opacity_blends_between_picture_and_colour() -> None:
    assert np.array_equal(drawn(opacity=0.0, focus=0.0), PICTURE)
    full, half = drawn(opacity=1.0, focus=0.0), drawn(opacity=0.5, focus=0.0)
    assert np.abs(half - (full + PICTURE) / 2).max() <= 1


def test_the_scale_is_the_99th_percentile_and_knows_signs() -> None:
    unit = maps.scaled(HEAT)
    assert unit.min() == 0
    assert (unit == 1).mean() == pytest.approx((np.percentile(np.abs(HEAT), 99) <= HEAT).mean())
    both = maps.scaled(np.array([[-2.0, 0.0, 2.0]]), both_signs=True)
    assert both.tolist() == [[0.0, 0.5, 1.0]]


def test_a_map_of_zeros_is_drawn_as_low_and_not_as_nothing() -> None:
    assert (maps.scaled(np.zeros((4, 4))) == 0).all()
    assert np.isfinite(drawn(heat=np.zeros_like(HEAT))).all()


@pytest.mark.parametrize("name", maps.COLOUR_MAPS)
def test_colours_run_from_low_to_high(name: str) -> None:
    colours = maps.colours(name)
    assert colours.shape == (256, 3)
    assert len({tuple(colour) for colour in colours.tolist()}) > 200
    legend = from_png(maps.legend(name))
    assert np.array_equal(legend[0, 0], colours[-1])
    assert np.array_equal(legend[0, -1], colours[0])


def test_a_map_without_signs_is_not_drawn_as_speaking_for_the_class() -> None:
    heat = np.arange(16, dtype=np.float32).reshape(4, 4)
    places = heat.max() - heat
    gray = np.full((4, 4, 3), 128, np.uint8)

    def drawn(values: np.ndarray, colour_map: str) -> bytes:
        return maps.overlay(
            gray, values, places.astype(np.int32), opacity=1, focus=0, colour_map=colour_map
        )

    assert drawn(heat, maps.BOTH_SIGNS) == drawn(heat, "Inferno")
    assert drawn(heat - 1, maps.BOTH_SIGNS) != drawn(heat - 1, "Inferno")


def test_the_mean_map_is_bright_where_all_maps_are() -> None:
    heats = [np.zeros((8, 8), np.float32) for _ in range(4)]
    for place, heat in enumerate(heats):
        heat[0, 0], heat[7, place] = -1.0, 1.0  # strength, whatever its sign
    mean = from_png(maps.mean_map(heats)).astype(int).sum(2)
    assert mean[0, 0] == mean.max()
    assert mean[0, 0] > mean[7, 0] > mean[3, 3]
