"""Models of which nothing can be told: one that answers the same to every picture, and one that is
sure to the last bit. No metric divides by zero or calls a map good for it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heatcheck.metrics import METRICS, OBJECT_MASK
from heatcheck.metrics.base import BLANK
from heatcheck.tests.doubles.small_runs import picture, run_on

NETWORK = """
import torch
from torch import nn

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.act = nn.ReLU()
        self.head = nn.Linear(4, 2)
        self.head.weight.data *= {weight}
        self.head.bias.data = torch.tensor([{bias}, 0.0])

    def forward(self, x):
        return self.head(self.act(self.conv(x)).mean((2, 3)))
"""
GAINS = ("deletion_exchange", "insertion_exchange", "deletion_placement", "insertion_placement")
PICTURES = {"a": picture((2, 2), 1), "b": picture((20, 4), 2)}


def rows_of(root: Path, module: str, weight: float, bias: float) -> pd.DataFrame:
    """What all metrics give on one image, by method and metric."""
    metrics = [
        name
        for name, metric in METRICS.items()
        if OBJECT_MASK not in metric.needs and not name.endswith("_network")
    ]
    store, run = run_on(
        root,
        PICTURES,
        module,
        NETWORK.format(weight=weight, bias=bias),
        methods=["vanilla_gradients", "edges"],
        metrics=metrics,
    )
    table = store.results.table(run)
    assert (np.isfinite(table["value"]) | (table["error"] != "")).all()
    main = table[(table["image"] == "a") & ~table["metric"].str.contains(".", regex=False)]
    return main.set_index(["method", "metric"])


@pytest.fixture(scope="module")
def constant(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return rows_of(tmp_path_factory.mktemp("constant"), "network_constant", 0.0, 2.0)


@pytest.fixture(scope="module")
def saturated(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return rows_of(tmp_path_factory.mktemp("saturated"), "network_saturated", 1.0, 200.0)


def test_of_a_constant_model_the_gradient_is_blank_and_has_no_score(constant: pd.DataFrame) -> None:
    own = constant.loc["vanilla_gradients"]
    assert own["value"].notna().to_dict() == {name: name == "runtime" for name in own.index}
    assert (own["error"] == BLANK).sum() > 10
    assert own.loc["deletion", "error"] == BLANK


@pytest.mark.parametrize("model", ["constant", "saturated"])
def test_every_map_has_one_area_and_gains_nothing(
    model: str, request: pytest.FixtureRequest
) -> None:
    edges = request.getfixturevalue(model).loc["edges"]
    probability = {"constant": 1 / (1 + np.exp(-2)), "saturated": 1.0}[model]
    for area in ("deletion", "insertion"):
        assert edges.loc[area, "value"] == pytest.approx(probability)
    for name in (*GAINS, "relevance_gain", "road"):
        assert edges.loc[name, "value"] == pytest.approx(0, abs=1e-6), name


@pytest.mark.parametrize("model", ["constant", "saturated"])
def test_no_map_is_called_good_for_what_does_not_change(
    model: str, request: pytest.FixtureRequest
) -> None:
    rows = request.getfixturevalue(model).loc["edges"]
    drop = rows.loc["average_drop"]
    assert np.isnan(drop["value"])
    assert "Expected the probability to change when the picture is taken away" in drop["error"]
    if model == "constant":
        for name in ("infidelity", "saturation"):
            assert np.isnan(rows.loc[name, "value"])
            assert "Expected the score to change" in rows.loc[name, "error"]
