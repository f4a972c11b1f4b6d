"""Charts hold the numbers that they were given, and their words say the same."""

from __future__ import annotations

import pytest

from heatcheck.drawing import charts
from heatcheck.judgement.phrases import interval
from heatcheck.judgement.ranks import metric_agreement, ranking
from heatcheck.judgement.standings import skills, values
from heatcheck.judgement.statistics import Estimate
from heatcheck.tests.doubles.tables import table

FRAME = table(
    deletion={"smoothgrad": 0.1, "grad_cam": 0.105, "vanilla_gradients": 0.5, "random": 0.9},
    insertion={"smoothgrad": 0.8, "grad_cam": 0.9, "vanilla_gradients": 0.5, "random": 0.4},
)


def one(mean: float) -> Estimate:
    return Estimate(mean, mean - 0.01, mean + 0.03, 20)


def test_the_pareto_front_has_what_nothing_beats_in_both() -> None:
    cost = {
        key: one(ms)
        for key, ms in {
            "grad_cam": 10.0,
            "vanilla_gradients": 20.0,
            "smoothgrad": 900.0,
            "occlusion": 950.0,
            "random": 0.1,
        }.items()
    }
    gain = {
        key: one(mean)
        for key, mean in {
            "grad_cam": 0.2,
            "vanilla_gradients": 0.1,
            "smoothgrad": 0.3,
            "occlusion": 0.25,
            "random": 0.0,
        }.items()
    }
    assert charts.front(cost, gain, "higher") == ["grad_cam", "smoothgrad"]
    assert charts.front(cost, gain, "lower") == ["grad_cam", "vanilla_gradients"]
    assert charts.front({}, gain, "lower") == []
    figure = charts.cost(cost, {"deletion_placement": gain})
    (edge,) = [trace for trace in figure.data if trace.mode == "lines"]
    assert (list(edge.x), list(edge.y)) == ([10.0, 900.0], [0.2, 0.3])
    assert charts.cost_alt(cost, {"deletion_placement": gain}).endswith(
        "than Grad-CAM, SmoothGrad."
    )


def test_an_interval_is_drawn_with_its_own_two_arms() -> None:
    figure = charts.composites({"grad_cam": one(0.5)})
    (trace,) = figure.data
    assert (trace.error_x.array[0], trace.error_x.arrayminus[0]) == pytest.approx((0.03, 0.01))


def test_a_panel_a_control_shows_how_much_better_each_method_is() -> None:
    found = skills(FRAME, "deletion")
    figure = charts.skills(found)
    drawn = {trace.y[0]: trace.x[0] for trace in figure.data}
    assert drawn == {
        "SmoothGrad": found["random"]["smoothgrad"].mean,
        "Grad-CAM": found["random"]["grad_cam"].mean,
        "Vanilla Gradients": found["random"]["vanilla_gradients"].mean,
    }
    assert [shape.x0 for shape in figure.layout.shapes] == [0]
    assert [words.text for words in figure.layout.annotations] == ["than Random"]
    alt = charts.skills_alt(found, "deletion")
    assert f"than Random: SmoothGrad {interval(found['random']['smoothgrad'])}; Grad-CAM" in alt


def test_a_point_an_image_takes_its_image_and_method_along() -> None:
    wide = values(FRAME, "deletion")
    figure = charts.images(wide, "deletion")
    assert {tuple(point) for trace in figure.data for point in trace.customdata} == {
        (image, key) for image in wide.index for key in wide
    }
    for trace in figure.data:
        for value, (image, key) in zip(trace.x, trace.customdata, strict=True):
            assert value == wide.loc[image, key]
    assert "SmoothGrad 0." in charts.images_alt(wide, "deletion")


def test_ranks_join_those_that_cannot_be_told_apart() -> None:
    found = ranking(values(FRAME, "deletion"), "lower")
    assert found is not None
    figure = charts.ranks(found)
    assert list(figure.data[0].x) == list(found.mean_ranks.values())
    bars = [list(trace.y) for trace in figure.data[1:]]
    assert [len(clique) for clique in found.cliques] == [len(bar) for bar in bars]
    assert {"SmoothGrad", "Grad-CAM"} <= set(bars[0])
    assert "SmoothGrad and Grad-CAM" in charts.ranks_alt(found)


def test_metrics_stand_in_a_symmetric_square() -> None:
    taus = metric_agreement(
        {metric: values(FRAME, metric) for metric in ("deletion", "insertion")},
        {"deletion": "lower", "insertion": "higher"},
    )
    (square,) = charts.metric_agreement(taus, ["deletion", "insertion"]).data
    assert square.z[0][1] == square.z[1][0] == taus["deletion", "insertion"]
    assert square.z[0][0] == square.z[1][1] == 1
    assert charts.metric_agreement_alt(taus).startswith("Kendall's tau of 1 pairs")


def test_a_sample_shows_each_image_the_mean_and_the_threshold() -> None:
    figure = charts.sample({"a": 1.0, "b": 3.0}, one(2.0), 2.5, "times")
    assert list(figure.data[0].customdata) == ["a", "b"]
    assert figure.data[1].x[0] == 2.0
    assert figure.layout.shapes[0].x0 == 2.5
    assert "Least: a, 1.00; most: b, 3.00." in charts.sample_alt(
        {"a": 1.0, "b": 3.0}, one(2.0), 2.5, "times"
    )


def test_members_of_a_family_show_their_images_means_and_the_threshold() -> None:
    samples = {"grad_cam": {"a": 1.0, "b": 2.0}, "smoothgrad": {"a": 60.0, "b": 70.0}}
    estimates = {"grad_cam": one(1.5), "smoothgrad": one(65.0)}
    figure = charts.members(samples, estimates, 10.0, "times one forward pass")
    dots, means = figure.data[0::2], figure.data[1::2]
    assert [list(trace.x) for trace in dots] == [[60.0, 70.0], [1.0, 2.0]]  # from the bottom up
    assert [list(trace.customdata) for trace in dots] == [["a", "b"]] * 2
    assert [(trace.y[0], trace.x[0]) for trace in means] == [
        ("SmoothGrad", 65.0),
        ("Grad-CAM", 1.5),
    ]
    assert figure.layout.shapes[0].x0 == 10.0
    alt = charts.members_alt(estimates, 10.0, "times one forward pass")
    assert (
        alt == "In times one forward pass, a point an image: means Grad-CAM "
        f"{interval(one(1.5))}; SmoothGrad {interval(one(65.0))}. Threshold 10.0."
    )


def test_shares_are_in_per_cent() -> None:
    (bars,) = charts.shares({"grad_cam": 0.75, "random": 0.25}, "share").data
    assert list(bars.x) == [75, 25]
    assert (
        charts.shares_alt({"grad_cam": 0.75, "random": 0.25}, "Share")
        == "Share: Grad-CAM 75 %; Random 25 %."
    )
