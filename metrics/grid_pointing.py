"""Grid pointing game: in a mosaic of four images, whether the map for a class points to the image
that shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, OTHER_IMAGES, Case, Metric, Score, Side

CHANCE = 0.25  # a cell's share of the mosaic
Cell = tuple[slice, slice]


@METRICS.register
@dataclass(frozen=True)
class GridPointing(Metric):
    """The share of the map's positive part that lies in the right cell of a 2 x 2 mosaic, mean over
    the four cells' classes.

    The mosaic has the input's size: the case's image and three of the run's others, each at half
    the side, the place of its own drawn. Every method meets the same mosaics. A map that does not
    ask for the class gets exactly 0.25. A map without a positive part for one class says nothing
    about that cell, which counts as 0.25; without one for any class there is no value.
    """

    name = "grid_pointing"
    title = "Grid pointing game"
    family = "sanity"
    unit = "share"
    better = "higher"
    bounds = (0.0, 1.0)
    remakes = True
    formula = (
        r"\frac{1}{4} \sum_{k=1}^{4} \sum_{p \in \text{cell } k} m_{c_k}^{+}(p) \Big/ "
        r"\sum_{p} m_{c_k}^{+}(p)"
    )
    summary = (
        "In a mosaic of four images, the share of the map for each image's class that lies "
        "on that image; 0.25 is chance."
    )
    misleads = (
        "A mosaic is unlike what the model was trained on, and its images are small: where the "
        "model no longer sees a class, no map can point to it. "
        "A coarse map bleeds over the borders of the cells."
    )
    cite = Citation(
        "Boehle et al.",
        2021,
        "Convolutional dynamic alignment networks for interpretable classifications",
        "https://arxiv.org/abs/2104.00032",
    )
    sides = {"own": Side("share", "The share for the image's own class and cell alone.")}
    needs = frozenset({OTHER_IMAGES})
    partners = 8  # of which the first three with classes of their own serve

    def score(self, case: Case) -> Score:
        images = players(case)
        stream = case.generator("mosaic cell", whatever_method=True)
        place = int(torch.randint(len(images), (), generator=stream))
        images.insert(place, images.pop(0))
        picture = mosaic([x for _, x in images])
        shares = []
        for (index, _), cell in zip(images, cells(*case.x.shape[-2:]), strict=True):
            shares.append(
                share_inside(case.again(case.target.about(index, x=picture), picture).map, cell)
            )
        if all(share is None for share in shares):
            raise DegenerateMap(
                "Expected a map of the mosaic with a positive part. Got none for any of "
                "its four classes: it points nowhere."
            )
        known = [CHANCE if share is None else share for share in shares]
        return Score(sum(known) / len(known), sides={"own": known[place]})


def players(case: Case) -> list[tuple[int, Tensor]]:
    """Four classes that differ, each with its image `[1,C,H,W]`: the case's own first, then the
    first of the run's others that fit.

    Raises DoesNotApply where there are too few, or an image cannot be halved.
    """
    if min(case.x.shape[-2:]) < 2:
        raise DoesNotApply(
            f"it halves images, and these have {case.x.shape[-2]} x {case.x.shape[-1]} "
            "pixels. Leave this metric out."
        )
    images = {case.target.class_index: case.x}
    for other in case.others:
        images.setdefault(other.class_index, other.x.to(case.x))
    if len(images) < 4:
        raise DoesNotApply(
            "it needs three other images of the run with other classes. "
            f"Got {len(images) - 1} among {len(case.others)} that have a map by this "
            "method. Add images of further classes."
        )
    return list(images.items())[:4]


def cells(height: int, width: int) -> list[Cell]:
    """The four cells of a mosaic, row by row, split at half the side."""
    rows, columns = ((slice(0, side // 2), slice(side // 2, side)) for side in (height, width))
    return [(row, column) for row in rows for column in columns]


def mosaic(images: list[Tensor]) -> Tensor:
    """Four images `[1,C,H,W]`, shrunk into the cells of one, `[1,C,H,W]`."""
    whole = torch.empty_like(images[0])
    for x, cell in zip(images, cells(*whole.shape[-2:]), strict=True):
        room = whole[(..., *cell)]
        room.copy_(F.interpolate(x, room.shape[-2:], mode="bilinear", antialias=True))
    return whole


def share_inside(heat: Tensor, cell: Cell) -> float | None:
    """The share of a map's positive part that lies in a cell; None where it has no positive
    part.
    """
    positive = heat.double().clamp_min(0)
    return float(positive[cell].sum() / positive.sum()) if positive.any() else None
