"""Settings of all curves of a run: points by a budget, sets of substrates, another network."""

from __future__ import annotations

import pytest

from heatcheck.core.errors import BadParameter, HeatcheckError
from heatcheck.metrics import METRICS
from heatcheck.runs import specs
from heatcheck.runs.metric_settings import BUDGET, Settings, budgeted, settings_of


@pytest.mark.parametrize(
    ("images", "points"), [(1, "adaptive"), (4, "adaptive"), (5, "drawn-9"), (50_000, "drawn-9")]
)
def test_the_budget_depends_on_the_number_of_images_alone(images: int, points: str) -> None:
    assert budgeted(BUDGET, images) == points
    for asked in ("all", "adaptive", "drawn-17", 33):
        assert budgeted(asked, images) == asked


def test_a_run_draws_its_points_and_its_areas_are_over_a_set() -> None:
    spec = specs.ask()
    settings = {metric.name: metric.params for metric in spec.metrics}
    assert settings["deletion"]["points"] == settings["insertion_class"]["points"] == "drawn-9"
    assert settings["deletion"]["substrate"] == settings["insertion_exchange"]["substrate"]
    assert settings["deletion"]["substrate"] == "standard"
    assert settings["deletion_placement"]["substrate"] == "mean"
    assert settings["deletion_model"]["substrate"] == "mean"


def test_substrates_are_those_of_metrics_that_are_over_a_set() -> None:
    spec = specs.ask(substrates="black")
    settings = {metric.name: metric.params.get("substrate") for metric in spec.metrics}
    assert settings["deletion"] == settings["deletion_exchange"] == "black"
    assert settings["deletion_placement"] == "mean"
    own = specs.ask(metrics=[{"name": "deletion", "substrate": "grey"}], substrates="black")
    assert own.metrics[0].params["substrate"] == "grey"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"substrates": "wide"},
        {"points": "drawn-17"},
        {"beside": "efficientnet_lite1"},
        {"metrics": ["deletion", "runtime"], "beside": "efficientnet_lite1"},
        {"metrics": ["all"], "points": 33},
    ],
    ids=repr,
)
def test_the_command_of_a_run_asks_for_the_same(asked: dict[str, object]) -> None:
    from heatcheck.cli import parser
    from heatcheck.commands.questions import spec_of

    spec = specs.ask(**asked)  # type: ignore[arg-type]
    words = spec.command.split()
    assert words[:2] == ["heatcheck", "run"]
    assert "SPEC.json" not in words
    assert spec_of(parser().parse_args(words[1:])).id == spec.id


def test_another_network_brings_its_metrics_and_none_is_asked_without() -> None:
    names = [metric.name for metric in specs.ask(beside="efficientnet_lite1").metrics]
    assert names[-2:] == ["deletion_network", "insertion_network"]
    assert "deletion_network" not in [m.name for m in specs.ask(metrics=["all"]).metrics]
    with pytest.raises(BadParameter, match="Say --beside NAME"):
        specs.ask(metrics=["deletion_network"])
    with pytest.raises(HeatcheckError, match="efficientnet_lite0"):
        specs.ask(beside="efficientnet_lite9")


@pytest.mark.parametrize(
    "asked", [{"points": "drawn-8"}, {"points": 1}, {"substrates": "pink"}], ids=repr
)
def test_settings_are_refused_even_where_no_metric_takes_them(asked: dict[str, object]) -> None:
    with pytest.raises(BadParameter):
        specs.ask(metrics=["sparseness"], **asked)  # type: ignore[arg-type]


def test_metrics_that_share_no_settings_have_none() -> None:
    assert settings_of([METRICS.build("sparseness")]) == Settings()
    mixed = [METRICS.build({"name": "deletion", "points": points}) for points in (9, 33)]
    assert settings_of(mixed) is None
