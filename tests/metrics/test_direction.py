"""Direction: the ends of a walk, what a gain is, and the substrates that nobody chose."""

from __future__ import annotations

import pytest

from heatcheck.metrics import METRICS
from heatcheck.metrics.curves import CurveMetric
from heatcheck.metrics.direction import ALONE, DELETION, INSERTION, SEVERAL
from heatcheck.metrics.substrates import CLEAN, STANDARD
from heatcheck.metrics.walks import Walk


def test_deletion_starts_at_the_image_and_insertion_ends_there() -> None:
    assert DELETION.walk("grey") == Walk(CLEAN, "grey", "own", 1)
    assert INSERTION.walk("grey", "misplaced", 4) == Walk("grey", CLEAN, "misplaced", 4)


def test_a_gain_is_positive_where_the_own_area_is_the_better_one() -> None:
    assert DELETION.gain(0.25, 0.75) == 0.5
    assert INSERTION.gain(0.25, 0.75) == -0.5


@pytest.mark.parametrize(
    "name", [name for name, metric in METRICS.items() if issubclass(metric, CurveMetric)]
)
def test_a_curve_metric_has_the_substrate_of_its_direction(name: str) -> None:
    direction = METRICS[name].direction  # type: ignore[attr-defined]
    assert direction is (INSERTION if name.startswith("insertion") else DELETION)
    field = METRICS[name].__dataclass_fields__["substrate"]
    assert field.metadata["help"] == direction.help
    several = name.partition("_")[2] in ("", "exchange") and name != "relevance_gain"
    assert (field.default, field.metadata["why"]) == (
        (STANDARD, SEVERAL) if several else ("mean", ALONE)
    )
