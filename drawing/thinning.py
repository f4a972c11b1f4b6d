"""Fewer points in a chart of many: every chart with a point an image is thinned here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

MOST = 500  # points an image each in one chart


def thinned(
    lines: Mapping[str, Mapping[str, float]], most: int = MOST
) -> tuple[dict[str, dict[str, float]], str]:
    """The points of a chart, and what is said below it: all of them, and nothing, up to `most`;
    else of each line an equal share at even steps of its order by value.

    The least and the most of each line are among them, and the quartiles of the points are nearly
    those of all. The same points come whenever they are asked for.

    Args:
        lines: value by image of each line of the chart; NaN is no point.
        most: points in all, beyond two a line.
    """
    known = {
        key: {image: value for image, value in values.items() if value == value}
        for key, values in lines.items()
    }
    total = sum(map(len, known.values()))
    if total <= most:
        return known, ""
    share = max(2, most // len(known))
    kept = {key: _evenly(values, share) for key, values in known.items()}
    which = (
        "the least and the most are among them"
        if len(known) == 1
        else ("the least and the most of each line are among them")
    )
    return kept, (
        f"{sum(map(len, kept.values())):,} of {total:,} points are drawn, evenly by value; "
        f"{which}. The numbers use all."
    )


def _evenly(values: Mapping[str, float], count: int) -> dict[str, float]:
    """So many of the points at even steps of their order by value, the ends among them, in the
    order in which they came.
    """
    if len(values) <= count:
        return dict(values)
    images = list(values)
    order = np.argsort(np.fromiter(values.values(), float, len(values)), kind="stable")
    chosen = {
        images[place] for place in order[np.linspace(0, len(order) - 1, count).round().astype(int)]
    }
    return {image: value for image, value in values.items() if image in chosen}
