"""A score as rows of the database, and a curve back from its row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from heatcheck.metrics import METRICS, Curve
from heatcheck.runs.cells import Scored


def curve_of(stored: str) -> Curve:
    """A curve from its stored form."""
    return Curve(*map(tuple, json.loads(stored)))


def _stored(curve: Curve) -> str:
    return json.dumps([curve.fractions, curve.probabilities, curve.energy_gaps])


def rows_of(key: Mapping[str, str], scores: Sequence[Scored]) -> list[dict[str, Any]]:
    """The rows of a cell's scores, side values among them, in the order of the metrics."""
    order = METRICS.readable
    rows: list[dict[str, Any]] = []
    for scored in scores:
        metric, score = scored.metric, scored.score
        place = 100 * order.index(metric.name)
        common = {**key, "error": scored.error, "place": place}
        curve = _stored(score.curve) if score and score.curve else None
        value = score.value if score else None
        rows.append(
            {
                **common,
                "metric": metric.name,
                "unit": metric.unit,
                "better": metric.better,
                "value": value,
                "curve": curve,
            }
        )
        for number, (side, found) in enumerate(score.sides.items() if score else (), 1):
            rows.append(
                {
                    **common,
                    "place": place + number,
                    "metric": f"{metric.name}.{side}",
                    "unit": metric.sides[side].unit,
                    "better": "",
                    "value": found,
                    "curve": _stored(score.curves[side])
                    if score and side in score.curves
                    else None,
                }
            )
    return rows
