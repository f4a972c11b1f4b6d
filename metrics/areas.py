"""Deletion and insertion: does the class's probability fall when the pixels the map ranks highest
are taken away, and does it rise when they are uncovered?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.curves import AUC_ERROR, CurveMetric
from heatcheck.metrics.direction import DELETION, INSERTION
from heatcheck.metrics.orders import tie_share
from heatcheck.metrics.walks import Walk


@dataclass(frozen=True)
class Area(CurveMetric):
    """The area under the curve of the map's own order."""

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
        "points": Side("points", "Points of the curve that were evaluated."),
        "tie_share": Side(
            "share", "Pixels whose value another pixel has too; their order is drawn."
        ),
        "out_of_distribution": Side(
            "nats",
            "Mean over the curve of how much less the model finds in the pictures than in "
            "the clean one, for any class.",
        ),
    }
    standard = True

    @property
    def walk(self) -> Walk:
        """The walk that it is read off; its score carries the curve."""
        return self.direction.walk(self.substrate, patch=self.patch)

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return {"own": self.walk}

    def score(self, case: Case) -> Score:
        own = self.curves(case)["own"]
        sides = {
            "auc_error": own.error,
            "points": float(len(own.curve.fractions)),
            "tie_share": tie_share(case.map),
            "out_of_distribution": own.curve.out_of_distribution,
        }
        return Score(own.auc, own.curve, sides)


@METRICS.register
@dataclass(frozen=True)
class Deletion(Area):
    """Area under the probability while pixels give way to the substrate, highest-ranked first."""

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
        "gains. It also depends on how sure the model is of the clean image."
    )

    substrate: str = DELETION.substrate_parameter()


@METRICS.register
@dataclass(frozen=True)
class Insertion(Area):
    """Area under the probability while the blurred image gives way to the image, highest-ranked
    pixels first.
    """

    direction = INSERTION
    name = "insertion"
    title = "Insertion"
    better = INSERTION.better
    formula = (
        r"\int_0^1 p\bigl(\text{blurred } x \text{ with its first share } s \text{ of pixels "
        r"uncovered}\bigr)\, ds"
    )
    summary = (
        "Area under the class's probability while the highest-ranked pixels of a blurred "
        "image are sharpened first."
    )
    misleads = (
        "A blob in the middle of the frame scores well on photographs: read it beside the "
        "gains. A class that the model still sees in the blurred image starts high for every "
        "method."
    )

    substrate: str = INSERTION.substrate_parameter()


def kept_walks(metrics: Sequence[Metric]) -> dict[str, Walk]:
    """Of these metrics those whose score carries the map's own curve, with what was walked for it:
    what a second visit to a cell need not walk again.
    """
    return {metric.name: metric.walk for metric in metrics if isinstance(metric, Area)}
