"""The Leaderboard's charts hold the numbers that they were given, and their words say the same."""

from __future__ import annotations

import pytest

from heatcheck.drawing import leaderboard_charts
from heatcheck.judgement.phrases import interval
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import repeatability, skills
from heatcheck.tests.doubles.charts import SCORES, around
from heatcheck.tests.doubles.tables import table


def test_the_pareto_front_has_what_nothing_beats_in_both() -> None:
    cost = {
        key: around(ms)
        for key, ms in {
            "grad_cam": 10.0,
            "vanilla_gradients": 20.0,
            "smoothgrad": 900.0,
            "occlusion": 950.0,
            "random": 0.1,
        }.items()
    }
    gain = {
        key: around(mean)
        for key, mean in {
            "grad_cam": 0.2,
            "vanilla_gradients": 0.1,
            "smoothgrad": 0.3,
            "occlusion": 0.25,
            "random": 0.0,
        }.items()
    }
    assert leaderboard_charts.front(cost, gain, "higher") == ["grad_cam", "smoothgrad"]
    assert leaderboard_charts.front(cost, gain, "lower") == ["grad_cam", "vanilla_gradients"]
    assert leaderboard_charts.front({}, gain, "lower") == []
    chart = leaderboard_charts.cost(
        cost, {"deletion_placement": gain}, {"deletion_placement": "probability"}
    )
    (edge,) = [trace for trace in chart.figure.data if trace.mode == "lines"]
    assert (list(edge.x), list(edge.y)) == ([10.0, 900.0], [0.2, 0.3])
    assert chart.alt.endswith("than Grad-CAM, SmoothGrad.")


def test_an_interval_is_drawn_with_its_own_two_arms() -> None:
    (trace,) = leaderboard_charts.composites({"grad_cam": around(0.5)}).figure.data
    assert (trace.error_x.array[0], trace.error_x.arrayminus[0]) == pytest.approx((0.03, 0.01))


def test_a_panel_a_control_shows_how_much_better_each_method_is() -> None:
    leads = skills(SCORES, "deletion")
    chart = leaderboard_charts.skills(leads, "deletion")
    figure = chart.figure
    drawn = {trace.y[0]: trace.x[0] for trace in figure.data}
    assert drawn == {
        "SmoothGrad": leads["random"]["smoothgrad"].mean,
        "Grad-CAM": leads["random"]["grad_cam"].mean,
        "Vanilla Gradients": leads["random"]["vanilla_gradients"].mean,
    }
    assert [shape.x0 for shape in figure.layout.shapes] == [0]
    assert [words.text for words in figure.layout.annotations] == ["than Random"]
    first = interval(leads["random"]["smoothgrad"])
    assert f"than Random: SmoothGrad {first}; Grad-CAM" in chart.alt


def test_a_point_an_image_takes_its_image_and_method_along() -> None:
    wide = SCORES.of("deletion")
    chart = leaderboard_charts.images(wide, "deletion")
    figure = chart.figure
    assert {tuple(point) for trace in figure.data for point in trace.customdata} == {
        (image, key) for image in wide.index for key in wide
    }
    for trace in figure.data:
        for value, (image, key) in zip(trace.x, trace.customdata, strict=True):
            assert value == wide.loc[image, key]
    assert "SmoothGrad 0." in chart.alt


def test_what_comes_again_is_a_line_a_method_over_the_scales() -> None:
    scales = (1, 2, 4, 8, 16)
    names = {f"repeatability__at_{scale}": {"smoothgrad": 0.5, "random": 0.0} for scale in scales}
    by_method = repeatability(Scores(table(**names)))
    chart = leaderboard_charts.repeatability(by_method)
    lines = {trace.name: trace for trace in chart.figure.data}
    assert list(lines) == ["SmoothGrad", "Random"]
    drawn = lines["SmoothGrad"]
    assert list(drawn.x) == list(scales)
    for place, mean in enumerate(by_method["smoothgrad"].values()):
        assert mean.low is not None
        assert mean.high is not None
        assert drawn.y[place] == mean.mean
        assert drawn.error_y.array[place] == pytest.approx(mean.high - mean.mean)
        assert drawn.error_y.arrayminus[place] == pytest.approx(mean.mean - mean.low)
    assert f"SmoothGrad {interval(by_method['smoothgrad'][1])} at 1, " in chart.alt
    assert repeatability(SCORES) == {}  # a run that has not measured it
