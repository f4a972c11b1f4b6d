"""The pictures of a report, the same for all methods, by rule: nobody picks the pretty ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from heatcheck.drawing import maps
from heatcheck.drawing.flat import flat
from heatcheck.inputs.images import from_png
from heatcheck.judgement.score_parts import PLACEMENTS
from heatcheck.judgement.scores import Scores
from heatcheck.metrics import METRICS
from heatcheck.report import heatmaps
from heatcheck.report.heatmaps import COLOURS, FOCUS, OPACITY
from heatcheck.report.subject import Subject
from heatcheck.runs.cells import pixel_places
from heatcheck.runs.keys import is_control
from heatcheck.runs.results import SeenImage

RANKS = ("best", "typical", "worst")


@dataclass(frozen=True)
class Drawn:
    """A method's heatmap of a picture, as PNG and as `flat`, and what the rule gives it; None where
    there is none.
    """

    method: str
    png: bytes | None
    value: float | None
    flat: bytes | None = None


@dataclass(frozen=True)
class Column:
    """A picture with the heatmaps of all methods, in the run's order."""

    rank: str  # best, typical, worst, or only
    image: SeenImage
    value: float  # the mean over methods
    drawn: tuple[Drawn, ...]


@dataclass(frozen=True)
class Gallery:
    """The pictures, and by what they are ranked."""

    columns: tuple[Column, ...]
    rule: str
    higher: bool  # whether higher is better

    @property
    def typical(self) -> Column | None:
        """The picture that stands for the run; None where no picture is kept."""
        return next(
            (one for one in self.columns if one.rank in ("typical", "only")),
            self.columns[0] if self.columns else None,
        )


def criterion(scores: Scores) -> tuple[pd.DataFrame, bool, str]:
    """What images are ranked by, as images x methods; whether higher is better; and that in
    words.
    """
    measured = scores.metrics
    if all(metric in measured for metric in PLACEMENTS):
        return (
            (scores.of_images(PLACEMENTS[0]) + scores.of_images(PLACEMENTS[1])) / 2,
            True,
            f"the mean of the deletion and the insertion placement gain, {scores.in_unit}",
        )
    first = next(
        (metric for metric in ("insertion", "deletion") if metric in measured), measured[0]
    )
    higher = METRICS[first].better == "higher"
    return (
        scores.of_images(first),
        higher,
        f"{METRICS[first].title.lower()}, in {scores.unit_of(first)}",
    )


def by_rule(wide: pd.DataFrame, higher: bool) -> list[tuple[str, str, float]]:
    """Rank, image and mean, from images x methods: the best, the typical (median, the worse of two)
    and the worst picture by the mean over methods; controls count only where nothing else ran.

    A picture on which a method has no value is passed over where there are others. Of two pictures
    none is typical, and one alone is the only.
    """
    methods = [key for key in wide if not is_control(str(key))] or list(wide)
    whole = wide[methods].dropna()
    means = (whole if len(whole) else wide[methods]).mean(axis=1).dropna()
    order = means.sort_values(ascending=not higher, kind="stable")
    if len(order) == 1:
        return [("only", str(order.index[0]), float(order.iloc[0]))]
    places = {"best": 0, "typical": len(order) // 2, "worst": len(order) - 1}
    if len(order) == 2:
        del places["typical"]
    return [
        (rank, str(order.index[place]), float(order.iloc[place]))
        for rank, place in places.items()
        if len(order)
    ]


def gallery(subject: Subject) -> Gallery:
    """The pictures of a run that are kept, each with every method's heatmap."""
    wide, higher, rule = criterion(subject.scores)
    kept = [name for name in wide.index if name in subject.seen and subject.seen[name].picture]
    wide = wide.loc[kept]
    columns = tuple(
        Column(
            rank,
            subject.seen[name],
            mean,
            tuple(_drawn(subject, name, key, wide) for key in subject.scores.methods),
        )
        for rank, name, mean in by_rule(wide, higher)
    )
    return Gallery(columns, rule, higher)


def _drawn(subject: Subject, image: str, key: str, wide: pd.DataFrame) -> Drawn:
    run, picture = subject.run, subject.seen[image].picture
    heat = subject.store.results.map(run.id, image, key)
    value = float(wide.loc[image, key]) if key in wide else float("nan")
    score = None if pd.isna(value) else value
    if heat is None or picture is None:
        return Drawn(key, None, score)
    digest = next(one.digest for one in run.spec.images if one.name == image)
    places = pixel_places(heat, run.spec.keyed[key], digest, run.spec.seed)
    png = maps.overlay(
        from_png(picture), heat, places, opacity=OPACITY, focus=FOCUS, colour_map=COLOURS
    )
    return Drawn(key, png, score, flat(heat, places))


def data(columns: Sequence[Column]) -> str:
    """What a script draws these pictures from; they are told apart by their ranks."""
    return heatmaps.data(
        {one.rank: one.image.picture for one in columns if one.image.picture is not None},
        {one.rank: {drawn.method: drawn.flat for drawn in one.drawn} for one in columns},
    )
