"""Charts of a verdict's evidence hold each image, the mean and the threshold."""

from __future__ import annotations

from heatcheck.drawing import claim_charts
from heatcheck.judgement.phrases import interval
from heatcheck.tests.doubles.charts import around


def test_a_sample_shows_each_image_the_mean_and_the_threshold() -> None:
    chart = claim_charts.sample({"a": 1.0, "b": 3.0}, around(2.0), 2.5, "times")
    figure = chart.figure
    assert list(figure.data[0].customdata) == ["a", "b"]
    assert figure.data[1].x[0] == 2.0
    assert figure.layout.shapes[0].x0 == 2.5
    assert "Least: a, 1.00; most: b, 3.00." in chart.alt


def test_members_of_a_family_show_their_images_means_and_the_threshold() -> None:
    samples = {"grad_cam": {"a": 1.0, "b": 2.0}, "smoothgrad": {"a": 60.0, "b": 70.0}}
    estimates = {"grad_cam": around(1.5), "smoothgrad": around(65.0)}
    chart = claim_charts.members(samples, estimates, 10.0, "times one forward pass")
    figure = chart.figure
    dots, means = figure.data[0::2], figure.data[1::2]
    assert [list(trace.x) for trace in dots] == [[60.0, 70.0], [1.0, 2.0]]  # from the bottom up
    assert [list(trace.customdata) for trace in dots] == [["a", "b"]] * 2
    assert [(trace.y[0], trace.x[0]) for trace in means] == [
        ("SmoothGrad", 65.0),
        ("Grad-CAM", 1.5),
    ]
    assert figure.layout.shapes[0].x0 == 10.0
    assert (
        chart.alt == "In times one forward pass, a point an image: means Grad-CAM "
        f"{interval(around(1.5))}; SmoothGrad {interval(around(65.0))}. Threshold 10.0."
    )


def test_shares_stand_on_a_plain_scale_and_ratios_on_a_logarithmic_one() -> None:
    shares = claim_charts.sample({"a": 0.0, "b": 0.3}, around(0.1), 0.1, "share", ratio=False)
    ratios = claim_charts.sample({"a": 0.5, "b": 3.0}, around(2.0), 2.5, "times")
    assert (shares.figure.layout.xaxis.type, ratios.figure.layout.xaxis.type) == ("linear", "log")
    assert "logarithmic" not in shares.figure.layout.xaxis.title.text


def test_numbers_next_to_nothing_are_no_tags_in_what_a_pointer_shows() -> None:
    chart = claim_charts.sample({"a": 2e-7, "b": -0.5}, around(3e-6), 0.1, "share", ratio=False)
    points, mean = chart.figure.data
    assert list(points.hovertext) == ["&lt;0.0001", "-0.500"]
    assert "<0" not in mean.hovertemplate
    assert "most: a, <0.0001." in chart.alt
    assert chart.figure.layout.xaxis.exponentformat == "none"
