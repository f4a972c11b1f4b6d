"""A chart of many images draws 500 points at most, and says so."""

from __future__ import annotations

import numpy as np
import pandas as pd

from heatcheck.drawing import claim_charts, leaderboard_charts
from heatcheck.drawing.thinning import MOST, thinned
from heatcheck.tests.doubles.charts import around

KEYS = ("grad_cam", "smoothgrad", "vanilla_gradients", "occlusion", "random")


def many(images: int, keys: tuple[str, ...] = KEYS) -> dict[str, dict[str, float]]:
    rng = np.random.default_rng(0)
    names = [f"image {place}" for place in range(images)]
    return {key: dict(zip(names, rng.lognormal(size=images).tolist(), strict=True)) for key in keys}


def test_up_to_500_points_nothing_changes() -> None:
    lines = many(100)
    assert thinned(lines) == (lines, "")


def test_25_000_points_become_500_the_same_ones_and_a_sentence_says_so() -> None:
    lines = many(5000)
    kept, note = thinned(lines)
    assert sum(map(len, kept.values())) == MOST
    assert note == (
        "500 of 25,000 points are drawn, evenly by value; the least and the most of "
        "each line are among them. The numbers use all."
    )
    assert thinned(lines) == (kept, note)


def test_the_ends_and_the_quartiles_of_each_line_stay() -> None:
    lines = many(5000)
    for key, points in thinned(lines)[0].items():
        values, drawn = list(lines[key].values()), list(points.values())
        assert {image: lines[key][image] for image in points} == points
        assert (min(drawn), max(drawn)) == (min(values), max(values))
        for share in (0.25, 0.5, 0.75):
            below = np.mean(np.array(values) <= np.quantile(drawn, share))
            assert abs(float(below) - share) < 0.01


def test_a_missing_value_is_no_point() -> None:
    lines = {"grad_cam": {"a": 1.0, "b": float("nan")}}
    assert thinned(lines) == ({"grad_cam": {"a": 1.0}}, "")


def test_charts_with_a_point_an_image_are_thinned_and_their_words_are_of_all() -> None:
    lines = many(5000)
    means = {key: around(1.0) for key in KEYS}
    charts = {
        "images": leaderboard_charts.images(pd.DataFrame(lines), "deletion"),
        "members": claim_charts.members(lines, means, 1.0, "times"),
        "sample": claim_charts.sample(lines["grad_cam"], around(1.0), 1.0, "times"),
    }
    for name, chart in charts.items():
        points = sum(len(trace.x) for trace in chart.figure.data if trace.customdata is not None)
        assert points == MOST, name
        assert chart.note.startswith("500 of "), name
    assert "5000 images, in times" in charts["sample"].alt
    few = claim_charts.sample({"a": 1.0, "b": 3.0}, around(2.0), 2.5, "times")
    assert few.note == ""
