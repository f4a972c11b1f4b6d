"""Object against background: whether a map splits the evidence as the model does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics.base import METRICS, OBJECT_MASK, OURS, Case, Metric, Score, Side
from heatcheck.metrics.energy_in_mask import share_on
from heatcheck.metrics.pointing_game import object_mask


@METRICS.register
@dataclass(frozen=True)
class BackgroundSwap(Metric):
    """How far the object's share of the map is from its share of the effect on the class's logit,
    which two more pictures tell.

    In one the object has the mean colour, in the other the background has. The effect of each is
    the logit that is lost without it, nothing where none is lost; the object's share of the two is
    the truth. So a map is not asked to lie on the object, but to lie on it as far as the model
    does.
    """

    name = "background_swap"
    title = "Object against background"
    family = "sanity"
    unit = "share"
    better = "lower"
    bounds = (0.0, 1.0)
    formula = (
        r"\left| \frac{E_o}{E_o + E_b} - \frac{\sum_{p \in M} m^{+}(p)}{\sum_{p} "
        r"m^{+}(p)} \right|, \quad "
        r"E_o = (f(x) - f(x_{\setminus o}))^{+}, \; E_b = (f(x) - f(x_{\setminus b}))^{+}"
    )
    summary = (
        "How far the map's split between object and background is from the model's own, "
        "found by taking each away."
    )
    misleads = (
        "The hole left by an object keeps its outline, which can still speak for the "
        "class. What object and background say only together "
        "counts for both. A map may split well and be wrong within each part."
    )
    cite = OURS
    sides = {
        "object_share_of_effect": Side(
            "share", "The object's share of the effect on the logit: the truth."
        ),
        "object_share_of_map": Side("share", "The object's share of the map's positive part."),
    }
    needs = frozenset({OBJECT_MASK})

    def score(self, case: Case) -> Score:
        mask = object_mask(case)
        claimed = share_on(mask, case.map)
        truth = share_of_effect(case, mask)
        return Score(
            abs(truth - claimed),
            sides={"object_share_of_effect": truth, "object_share_of_map": claimed},
        )


def share_of_effect(case: Case, mask: Tensor) -> float:
    """The object's share of what object and background add to the logit.

    Raises DegenerateMap where neither adds anything, or a logit is not finite.
    """
    inside = mask.to(case.x.device)
    pictures = torch.cat(
        [case.x, case.x.masked_fill(inside, 0), case.x.masked_fill(~inside, 0)]
    )  # 0 is the data set's mean colour
    clean, no_object, no_background = case.target.score(pictures).double().tolist()
    of_object, of_background = max(0.0, clean - no_object), max(0.0, clean - no_background)
    total = of_object + of_background
    if not all(math.isfinite(logit) for logit in (clean, no_object, no_background)):
        raise DegenerateMap(
            "Expected finite logits with object or background taken away. Got NaN or "
            "infinity. Check the model's outputs."
        )
    if total == 0:
        raise DegenerateMap(
            "Expected object or background to raise the class's logit. Got neither: "
            "without either it is no lower, so there is nothing to split."
        )
    return of_object / total
