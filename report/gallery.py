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
MOST = 40  # heatmaps in a file; where three pictures by all methods are more, one picture is drawn


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
    among: str  # of how many pictures they are
    alone: bool = False  # whether the typical one stands for three, which would be too many maps

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
    """Pictures of a run, each with every method's heatmap: of those whose heatmaps are kept the
    best, the typical and the worst, the typical one alone where they are more than `MOST` maps.
    None where the run keeps no heatmap. Only what is shown is read.
    """
    wide, higher, rule = criterion(subject.scores)
    mapped = {image for image, _ in subject.store.results.mapped_cells(subject.run.id)}
    kept = wide.loc[[name for name in wide.index if name in mapped]]
    among = f"{len(kept):,} picture{'s' * (len(kept) != 1)}"
    if len(kept) < len(wide):
        among = f"the {len(kept):,} of {len(wide):,} pictures whose heatmaps are kept,"
    chosen = _chosen(subject, kept, higher)
    methods = subject.scores.methods
    alone = len(chosen) == len(RANKS) and len(chosen) * len(methods) > MOST
    columns = tuple(
        Column(
            rank, image, mean, tuple(_drawn(subject, image, key, wide, alone) for key in methods)
        )
        for rank, image, mean in chosen
        if not alone or rank == "typical"
    )
    return Gallery(columns, rule, higher, among, alone)


def _chosen(
    subject: Subject, wide: pd.DataFrame, higher: bool
) -> list[tuple[str, SeenImage, float]]:
    """What `by_rule` gives of the images whose pictures are kept."""
    read: dict[str, SeenImage] = {}
    while True:
        ranked = by_rule(wide, higher)
        for _, name, _ in ranked:
            image = None if name in read else subject.store.results.image(subject.run.id, name)
            if image is not None and image.picture is not None:
                read[name] = image
        gone = [name for _, name, _ in ranked if name not in read]
        if not gone:
            return [(rank, read[name], mean) for rank, name, mean in ranked]
        wide = wide.drop(index=gone)


def _drawn(subject: Subject, image: SeenImage, key: str, wide: pd.DataFrame, small: bool) -> Drawn:
    """A method's heatmap; `small` halves the PNG, which many methods show at half its size."""
    run, picture = subject.run, image.picture
    heat = subject.store.results.map(run.id, image.name, key)
    value = float(wide.loc[image.name, key]) if key in wide else float("nan")
    score = None if pd.isna(value) else value
    if heat is None or picture is None:
        return Drawn(key, None, score)
    digest = next(one.digest for one in run.spec.images if one.name == image.name)
    places = pixel_places(heat, run.spec.keyed[key], digest, run.spec.seed)
    png = maps.overlay(
        from_png(picture), heat, places, opacity=OPACITY, focus=FOCUS, colour_map=COLOURS
    )
    return Drawn(key, maps.halved(png) if small else png, score, flat(heat, places))


def data(columns: Sequence[Column]) -> str:
    """What a script draws these pictures from; they are told apart by their ranks."""
    return heatmaps.data(
        {one.rank: one.image.picture for one in columns if one.image.picture is not None},
        {one.rank: {drawn.method: drawn.flat for drawn in one.drawn} for one in columns},
    )
