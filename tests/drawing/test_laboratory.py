"""The laboratory's drawings: scales, the part that is saturated, the line of 1/√n."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest

from heatcheck.drawing import laboratory as drawn
from heatcheck.drawing.maps import BOTH_SIGNS, colours
from heatcheck.runs.laboratory import Smoothing, Walk

HEAT = np.array([[-2.0, 0.0], [1.0, 4.0]], np.float32)


def pixels(encoded: bytes) -> np.ndarray:
    return np.asarray(PIL.Image.open(io.BytesIO(encoded)).convert("RGB"))


def test_a_map_alone_is_drawn_on_the_scale_it_is_given() -> None:
    seen = pixels(drawn.alone(HEAT, both_signs=True, top=4.0))
    scale = colours(BOTH_SIGNS)
    np.testing.assert_array_equal(seen[1, 1], scale[255])
    np.testing.assert_array_equal(seen[0, 1], scale[128])  # zero in the middle
    np.testing.assert_array_equal(seen[0, 0], scale[64])
    one_sided = pixels(drawn.alone(HEAT))
    np.testing.assert_array_equal(one_sided[0, 0], one_sided[0, 1])  # nothing against is drawn


@pytest.mark.parametrize(("begins", "shaded"), [(0.5, 1), (1.0, 0), (float("nan"), 0)])
def test_the_saturated_part_is_shaded_where_there_is_one(begins: float, shaded: int) -> None:
    none = np.zeros((3, 2, 2), np.float32)
    walk = Walk((0.0, 0.5, 1.0), (0.0, 9.5, 10.0), (), none, none, begins)
    chart = drawn.path(walk, 1, "logit")
    assert len(chart.figure.layout.shapes) == shaded
    assert ("saturated" in chart.alt) == bool(shaded)
    assert "9.50 at the chosen step" in chart.alt


def test_the_word_saturated_stands_half_way_up_where_the_line_is_not() -> None:
    none = np.zeros((2, 2, 2), np.float32)
    (word,) = drawn.path(
        Walk((0.0, 1.0), (0.0, 10.0), (), none, none, 0.5), 1, "logit"
    ).figure.layout.annotations
    assert (word.y, word.yanchor, word.xanchor) == (0.5, "middle", "right")


def test_gaps_and_noise_are_told_in_words() -> None:
    assert "4 gradients 20.0 %; 8 gradients 1.00 %" in drawn.gaps({4: 0.2, 8: 0.01}).alt
    chart = drawn.noise({0.15: Smoothing({}, {1: 0.6, 4: 0.5}, {1: 1.0, 4: 0.55})})
    (root,) = [trace for trace in chart.figure.data if trace.name == "1/√n"]
    assert list(root.y) == [1.0, 0.5]
    assert "0.550 of what those of one copy are apart; seed noise 0.500" in chart.alt
