"""Small maps for files and ballots: exact at each focus, without the map's own values."""

from __future__ import annotations

import numpy as np
import pytest

from heatcheck.drawing import maps
from heatcheck.drawing.flat import STEPS, flat

RANDOM = np.random.default_rng(1)
SIGNED = RANDOM.normal(size=(7, 11)).astype(np.float32)
PLACES = RANDOM.permutation(SIGNED.size).reshape(SIGNED.shape)


def planes(heat: np.ndarray, *, signs: bool = True) -> np.ndarray:
    packed = flat(heat, PLACES, signs=signs)
    return np.frombuffer(packed, np.uint8).reshape(-1, *heat.shape)


def test_each_setting_of_the_focus_keeps_the_pixels_that_the_reference_keeps() -> None:
    outside = planes(SIGNED)[1].astype(int)
    for focus in range(STEPS):
        expected = maps.kept(PLACES.size, focus / 100) > PLACES
        assert np.array_equal(outside < STEPS - focus, expected), focus


def test_strengths_are_on_the_scale_of_the_reference() -> None:
    levels, _, signed = planes(SIGNED)
    assert np.array_equal(levels, np.round(255 * maps.scaled(SIGNED)))
    assert np.array_equal(signed, np.round(255 * maps.scaled(SIGNED, both_signs=True)))
    assert len(planes(np.abs(SIGNED))) == 2


@pytest.mark.parametrize("factor", [0.001, 7.0, 1e6])
def test_a_maps_own_values_and_signs_cannot_be_told(factor: float) -> None:
    assert flat(SIGNED * np.float32(factor), PLACES) == flat(SIGNED, PLACES)
    assert len(planes(SIGNED, signs=False)) == len(planes(np.abs(SIGNED), signs=False)) == 2
