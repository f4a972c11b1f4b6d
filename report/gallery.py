"""Which heatmaps a report shows: by rule, so that nobody picks the pretty ones."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from heatcheck.drawing import maps
from heatcheck.inputs.images import from_png
from heatcheck.judgement.score_parts import PLACEMENTS
from heatcheck.judgement.scores import Scores
from heatcheck.metrics import METRICS
from heatcheck.runs.cells import pixel_places
from heatcheck.runs.records import Run
from heatcheck.runs.results import SeenImage
from heatcheck.runs.store import Store

OPACITY, FOCUS = 0.6, 0.7
RANKS = ("best", "typical", "worst")


@dataclass(frozen=True)
class Shown:
    """One heatmap of the gallery."""

    method: str
    rank: str  # best, typical, worst
    image: str
    value: float
    png: bytes


def criterion(scores: Scores) -> tuple[pd.DataFrame, bool, str]:
    """What images are ranked by, as images x methods; whether higher is better; and that in
    words.
    """
    measured = scores.metrics
    if all(metric in measured for metric in PLACEMENTS):
        return (
            (scores.of_images(PLACEMENTS[0]) + scores.of_images(PLACEMENTS[1])) / 2,
            True,
            "the mean of the deletion and the insertion placement gain, in probability",
        )
    first = next(
        (metric for metric in ("insertion", "deletion") if metric in measured), measured[0]
    )
    higher = METRICS[first].better == "higher"
    return (
        scores.of_images(first),
        higher,
        f"{METRICS[first].title.lower()}, in {METRICS[first].unit}",
    )


def by_rule(scores: Scores) -> list[tuple[str, str, str, float]]:
    """Method, rank, image, value: each method's best, typical (median, the worse of two) and worst
    image, in the run's order.
    """
    wide, higher, _ = criterion(scores)
    shown = []
    for method in wide.columns:
        order = wide[method].dropna().sort_values(ascending=not higher, kind="stable")
        if order.empty:
            continue
        places = {"best": 0, "typical": len(order) // 2, "worst": len(order) - 1}
        shown += [
            (str(method), rank, str(order.index[places[rank]]), float(order.iloc[places[rank]]))
            for rank in RANKS
        ]
    return shown


def draw(store: Store, run: Run, scores: Scores, seen: dict[str, SeenImage]) -> list[Shown]:
    """The gallery's pictures; an image whose map or picture is gone is left out."""
    shown = []
    for method, rank, image, value in by_rule(scores):
        heat, picture = store.results.map(run.id, image, method), seen[image].picture
        if heat is None or picture is None:
            continue
        digest = next(one.digest for one in run.spec.images if one.name == image)
        places = pixel_places(heat, run.spec.keyed[method], digest, run.spec.seed)
        png = maps.overlay(
            from_png(picture), heat, places, opacity=OPACITY, focus=FOCUS, colour_map="Inferno"
        )
        shown.append(Shown(method, rank, image, value, png))
    return shown
