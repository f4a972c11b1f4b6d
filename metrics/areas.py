"""Deletion and insertion: does the class's probability fall when the pixels the map ranks highest
are taken away, and does it rise when they are uncovered?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.curves import AUC_ERROR, ON, CurveMetric, on_each, over_set
from heatcheck.metrics.direction import DELETION, INSERTION
from heatcheck.metrics.orders import tie_share
from heatcheck.metrics.substrates import CLEAN
from heatcheck.metrics.walks import Walk, reading


@dataclass(frozen=True)
class Area(CurveMetric):
    """The area under the curve of the map's own order, mean over the substrates."""

    family = "faithfulness"
    unit = "probability"
    bounds = (0.0, 1.0)
    cite = Citation(
        "Petsiuk et al.",
        2018,
        "RISE: randomized input sampling for explanation of black-box models",
        "https://arxiv.org/abs/1806.07421",
    )
    sides = {
        "auc_error": AUC_ERROR,
        "points": Side("points", "Points of the curves that were evaluated."),
        "tie_share": Side(
            "share", "Pixels whose value another pixel has too; their order is drawn."
        ),
        "out_of_distribution": Side(
            "nats",
            "Mean over the curve of how much less the model finds in the pictures than in "
            "the clean one, for any class.",
        ),
        "clean": Side("probability", "Of the class in the clean image."),
        "covered": Side(
            "probability", "Of the class with every pixel replaced, mean over the substrates."
        ),
        **on_each("The area on the substrate"),
    }
    standard = True

    def orders(self, case: Case) -> tuple[str, ...]:
        return ("own",)

    def score(self, case: Case) -> Score:
        each = self.curves(case)["own"]
        whole = over_set(each)
        covered = [reading(case, name).probability for name in each]
        sides = {
            "auc_error": whole.error,
            "points": float(sum(len(sampled.curve.fractions) for sampled in each.values())),
            "tie_share": tie_share(case.map),
            "clean": reading(case, CLEAN).probability,
            "covered": sum(covered) / len(covered),
            **{f"{ON}{name}": sampled.auc for name, sampled in each.items()},
        }
        if whole.curve.energy_gaps:
            sides["out_of_distribution"] = whole.curve.out_of_distribution
        curves = {f"{ON}{name}": sampled.curve for name, sampled in each.items()}
        return Score(whole.auc, whole.curve, sides, curves)


@METRICS.register
@dataclass(frozen=True)
class Deletion(Area):
    """Area under the probability while pixels give way to the substrate, highest-ranked first; mean
    over the substrates.
    """

    direction = DELETION
    name = "deletion"
    title = "Deletion"
    better = DELETION.better
    formula = (
        r"\int_0^1 p\bigl(x \text{ with its first share } s \text{ of pixels removed}\bigr)\, ds"
    )
    summary = (
        "Area under the class's probability while the highest-ranked pixels are removed first."
    )
    misleads = (
        "Scattered pixels destroy texture, so speckled maps look good: read it beside the "
        "gains. It also depends on how sure the model is of the clean image, and on the "
        "substrates: see the area on each."
    )

    substrate: str = DELETION.substrate_parameter()


@METRICS.register
@dataclass(frozen=True)
class Insertion(Area):
    """Area under the probability while the substrate gives way to the image, highest-ranked pixels
    first; mean over the substrates.
    """

    direction = INSERTION
    name = "insertion"
    title = "Insertion"
    better = INSERTION.better
    formula = (
        r"\int_0^1 p\bigl(\text{substrate with the first share } s \text{ of the pixels "
        r"of } x\bigr)\, ds"
    )
    summary = (
        "Area under the class's probability while the highest-ranked pixels of a covered "
        "image are uncovered first."
    )
    misleads = (
        "A blob in the middle of the frame scores well on photographs: read it beside the "
        "gains. A class that the model still sees in the blurred image starts high for every "
        "method."
    )

    substrate: str = INSERTION.substrate_parameter()


def kept_walks(metrics: Sequence[Metric]) -> dict[str, Walk]:
    """Of these metrics the rows that carry a curve of the map's own order, with what was walked for
    it: what a second visit to a cell need not walk again.
    """
    areas = [metric for metric in metrics if isinstance(metric, Area)]
    return {
        row: metric.walk("own", name)
        for metric in areas
        for name in metric.substrates
        for row in _rows(metric, name)
    }


def _rows(metric: Area, substrate: str) -> tuple[str, ...]:
    """The rows that have the curve on a substrate; of a set of one, in the stores of before there
    were sets, the metric's own.
    """
    on = f"{metric.name}.{ON}{substrate}"
    return (metric.name, on) if metric.substrates == (substrate,) else (on,)
