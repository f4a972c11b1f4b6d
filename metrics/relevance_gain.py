"""Symmetric relevance gain: least relevant pixels first against most relevant first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Score, Side
from heatcheck.metrics.curves import AUC_ERROR, CurveMetric
from heatcheck.metrics.direction import DELETION
from heatcheck.metrics.walks import Walk, joint_error


@METRICS.register
@dataclass(frozen=True)
class RelevanceGain(CurveMetric):
    """Deletion AUC in the map's reversed order, minus its AUC in the map's own order."""

    direction = DELETION
    name = "relevance_gain"
    title = "Symmetric relevance gain"
    family = "faithfulness"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    formula = r"\text{deletion}(\text{last first}) - \text{deletion}(\text{first first})"
    summary = (
        "How much longer the class survives when the lowest-ranked pixels go first than when "
        "the highest-ranked do."
    )
    misleads = (
        "What the substrate does to any picture cancels; grain and framing do not. A map "
        "that ranks only its top well gains little."
    )
    cite = Citation(
        "Bluecher et al.",
        2024,
        "Decoupling pixel flipping and occlusion strategy for consistent XAI benchmarks",
        "https://arxiv.org/abs/2401.06654",
    )
    sides = {
        "last_first": Side("probability", "Deletion AUC when the lowest-ranked pixels go first."),
        "auc_error": AUC_ERROR,
    }
    standard = True

    substrate: str = DELETION.substrate_parameter()

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return self.in_orders("own", "last first")

    def score(self, case: Case) -> Score:
        curves = self.curves(case)
        own, last = curves["own"], curves["last first"]
        return Score(
            self.direction.gain(own.auc, last.auc),
            last.curve,
            {"last_first": last.auc, "auc_error": joint_error((own, last))},
        )
