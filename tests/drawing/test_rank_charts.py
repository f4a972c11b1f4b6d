"""Charts of order hold the numbers that they were given, and their words say the same."""

from __future__ import annotations

from heatcheck.drawing import rank_charts
from heatcheck.judgement.ranks import metric_agreement, ranking
from heatcheck.tests.doubles.charts import SCORES


def test_ranks_join_those_that_cannot_be_told_apart() -> None:
    found = ranking(SCORES.of("deletion"), "lower")
    assert found is not None
    chart = rank_charts.ranks(found)
    figure = chart.figure
    assert list(figure.data[0].x) == list(found.mean_ranks.values())
    bars = [list(trace.y) for trace in figure.data[1:]]
    assert [len(clique) for clique in found.cliques] == [len(bar) for bar in bars]
    assert {"SmoothGrad", "Grad-CAM"} <= set(bars[0])
    assert "SmoothGrad and Grad-CAM" in chart.alt


def test_metrics_stand_in_a_symmetric_square() -> None:
    taus = metric_agreement(
        {metric: SCORES.of(metric) for metric in ("deletion", "insertion")},
        {"deletion": "lower", "insertion": "higher"},
    )
    chart = rank_charts.metric_agreement(taus, ["deletion", "insertion"])
    (square,) = chart.figure.data
    assert square.z[0][1] == square.z[1][0] == taus["deletion", "insertion"]
    assert square.z[0][0] == square.z[1][1] == 1
    assert chart.alt.startswith("Kendall's tau of 1 pairs")


def test_shares_are_in_per_cent() -> None:
    chart = rank_charts.shares({"grad_cam": 0.75, "random": 0.25}, "share, %", "Share")
    (bars,) = chart.figure.data
    assert list(bars.x) == [75, 25]
    assert chart.alt == "Share: Grad-CAM 75 %; Random 25 %."
