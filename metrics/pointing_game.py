"""Pointing game: whether the strongest pixel of a map lies on the object."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from heatcheck.core.errors import BadParameter, DegenerateMap, DoesNotApply
from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, OBJECT_MASK, Case, Metric, Score, Side

CHANCE = Side("share", "The object's share of the picture: what a map that knows nothing gets.")


@METRICS.register
@dataclass(frozen=True)
class PointingGame(Metric):
    """1 where the map's strongest pixel lies on the object, 0 where it does not; among tied pixels,
    the share of them that does.

    The mask is exact to the pixel, so nothing is forgiven around it; the paper forgives 15 pixels
    around its annotations. The mean over images is to be held against the mean of `chance`.
    """

    name = "pointing_game"
    title = "Pointing game"
    family = "sanity"
    unit = "share"
    better = "higher"
    bounds = (0.0, 1.0)
    scale = "hits"
    formula = r"|\{p \in M : m_p = \max m\}| \, / \, |\{p : m_p = \max m\}|"
    summary = "Whether the map's strongest pixel lies on the object."
    misleads = (
        "One pixel decides, whatever the rest of the map says. A map that looks no "
        "further than the middle scores well, since objects lie "
        "there; so does a map of a model that is right for the wrong reason."
    )
    cite = Citation(
        "Zhang et al.",
        2016,
        "Top-down neural attention by excitation backprop",
        "https://arxiv.org/abs/1608.00507",
    )
    sides = {"chance": CHANCE}
    needs = frozenset({OBJECT_MASK})

    def score(self, case: Case) -> Score:
        mask, heat = object_mask(case), case.map
        if heat.amax() == heat.amin():
            raise DegenerateMap(
                "Expected a map that varies. Got a constant one, which points nowhere."
            )
        return Score(
            float(mask[heat == heat.amax()].double().mean()), sides={"chance": share_of(mask)}
        )


def object_mask(case: Case) -> Tensor:
    """Where the object is, bool `[H,W]` beside the map.

    Raises DoesNotApply where that is not known, or object and background are not both there, and
    BadParameter for a mask of another shape.
    """
    if case.mask is None:
        raise DoesNotApply(
            case.why_no_mask
            or "it needs to know where the object is, and this image has no mask. Choose an "
            "image set with masks, or give a folder of them."
        )
    if case.mask.shape != case.map.shape:
        raise BadParameter(
            f"Expected a mask of the map's shape, {tuple(case.map.shape)}. Got "
            f"{tuple(case.mask.shape)}."
        )
    mask = case.mask.to(case.map.device).bool()
    if mask.all() or not mask.any():
        raise DoesNotApply(
            "it tells the object from the background, and the mask has only "
            f"{'object' if mask.any() else 'background'}."
        )
    return mask


def share_of(mask: Tensor) -> float:
    """A mask's share of the picture."""
    return float(mask.double().mean())
