"""Every chart has words that hold numbers of its data, and reaches a page with them."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from heatcheck import drawing
from heatcheck.drawing import (
    claim_charts,
    curve_charts,
    laboratory,
    leaderboard_charts,
    rank_charts,
)
from heatcheck.drawing.chart import Chart
from heatcheck.judgement.map_agreement import Agreement
from heatcheck.judgement.phrases import three_digits
from heatcheck.judgement.ranks import metric_agreement, ranking
from heatcheck.judgement.score_parts import Split
from heatcheck.judgement.standings import skills, standings
from heatcheck.metrics import Curve
from heatcheck.runs.laboratory import Smoothing, Walk
from heatcheck.tests.doubles.charts import SCORES, around

ROOT = Path(drawing.__file__).parent.parent
CURVES = {
    "grad_cam": Curve((0.0, 0.5, 1.0), (0.9, 0.3, 0.1), (0.0, 1.0, 2.0)),
    "random": Curve((0.0, 0.5, 1.0), (0.9, 0.6, 0.1), (0.0, 3.0, 4.0)),
}
MEANS = {"grad_cam": around(0.31), "smoothgrad": around(0.52), "random": around(0.73)}
TAUS = metric_agreement(
    {metric: SCORES.of(metric) for metric in SCORES.metrics},
    {metric: SCORES.better(metric) for metric in SCORES.metrics},
)
RANKING = ranking(SCORES.of("deletion"), "lower")
assert RANKING is not None
NONE = np.zeros((3, 2, 2), np.float32)
WALK = Walk((0.0, 0.5, 1.0), (0.12, 9.53, 10.4), (), NONE, NONE, 0.5)
CHARTS: dict[Callable[..., Chart], tuple[object, ...]] = {
    curve_charts.curves: (CURVES, CURVES),
    curve_charts.splits: (
        [Split("grad_cam", "deletion", *(around(part) for part in (0.31, 0.92, 0.43, 0.18)))],
    ),
    leaderboard_charts.intervals: ([one for one in standings(SCORES) if one.metric == "deletion"],),
    leaderboard_charts.skills: (skills(SCORES, "deletion"), "deletion"),
    leaderboard_charts.images: (SCORES.of("deletion"), "deletion"),
    leaderboard_charts.cost: (
        {key: around(100 * mean.mean) for key, mean in MEANS.items()},
        {"deletion": MEANS, "insertion": MEANS},
        {"deletion": "probability", "insertion": "probability"},
    ),
    leaderboard_charts.composites: (MEANS,),
    leaderboard_charts.repeatability: (
        {key: {1: around(0.62), 16: around(0.93)} for key in ("grad_cam", "random")},
    ),
    rank_charts.ranks: (RANKING,),
    rank_charts.shares: ({"grad_cam": 0.75, "random": 0.25}, "share, %", "Share"),
    rank_charts.map_agreement: (
        [Agreement("grad_cam", "random", around(0.37))],
        ["grad_cam", "random"],
    ),
    rank_charts.metric_agreement: (TAUS, SCORES.metrics),
    claim_charts.sample: ({"a": 1.23, "b": 3.45}, around(2.17), 2.5, "times"),
    claim_charts.members: (
        {"grad_cam": {"a": 1.23, "b": 2.34}},
        {"grad_cam": around(1.66)},
        10.0,
        "times",
    ),
    laboratory.path: (WALK, 1, "logit"),
    laboratory.gaps: ({4: 0.21, 8: 0.013},),
    laboratory.noise: ({0.15: Smoothing({}, {1: 0.62, 4: 0.51}, {1: 1.0, 4: 0.55})},),
}  # what each chart is drawn from here


def drawn() -> Iterator[Callable[..., Chart]]:
    """Every function of the room that makes a chart."""
    for found in pkgutil.iter_modules(drawing.__path__, f"{drawing.__name__}."):
        module = importlib.import_module(found.name)
        for _, function in inspect.getmembers(module, inspect.isfunction):
            here = function.__module__ == module.__name__
            if here and inspect.signature(function).return_annotation == "Chart":
                yield function


def numbers(chart: Chart) -> set[str]:
    """The numbers that a figure draws, as words and marks on it write them."""
    written = set()
    for trace in chart.figure.data:
        for axis in ("x", "y", "z"):
            values = np.asarray(getattr(trace, axis, None), dtype=object).ravel()
            for value in values:
                if isinstance(value, int | float | np.floating):
                    written |= {three_digits(float(value)), f"{value:.2f}", f"{value:.0f} %"}
    return written


def test_every_chart_is_tried_here() -> None:
    assert set(drawn()) == set(CHARTS)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_a_chart_says_numbers_of_its_data(chart: Callable[..., Chart]) -> None:
    made = chart(*CHARTS[chart])
    assert made.figure.data
    assert made.figure.layout.height >= 100
    assert made.alt.endswith(".")
    told = set(re.findall(r"-?\d[\d,]*(?:\.\d+)?(?: %)?", made.alt))
    told |= {number.removesuffix(" %") for number in told}
    if chart is curve_charts.curves:  # a curve is told by its area
        assert {three_digits(CURVES["grad_cam"].auc), three_digits(CURVES["random"].auc)} <= told
    elif chart is leaderboard_charts.images:  # points are told by their quartiles
        quartiles = SCORES.of("deletion")["smoothgrad"].quantile([0.25, 0.5, 0.75])
        assert {three_digits(float(value)) for value in quartiles} <= told
    else:
        assert told & numbers(made) - {"0", "1", "1.00"}


def test_a_chart_without_a_curve_yet_says_so() -> None:
    assert curve_charts.curves({}, {}).alt == "Deletion and insertion curves: none yet."


def test_pages_draw_charts_in_one_place_that_takes_their_words_along() -> None:
    """Nothing else calls Streamlit's own, so no chart is drawn without its words."""
    calls = {
        path.relative_to(ROOT).as_posix()
        for folder in ("ui", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "plotly_chart"
    }
    assert calls == {"ui/shared/charts.py"}
