"""Symmetric relevance gain: least relevant pixels first against most relevant first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Score, Side
from heatcheck.metrics.curves import AUC_ERROR, CurveMetric, Walk, joint_error
from heatcheck.metrics.deletion import REMOVED, WHY_MEAN
from heatcheck.metrics.substrates import CLEAN, substrate_parameter


@METRICS.register
@dataclass(frozen=True)
class RelevanceGain(CurveMetric):
    """Deletion AUC in the map's reversed order, minus its AUC in the map's own order."""

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

    substrate: str = substrate_parameter("mean", REMOVED, WHY_MEAN)

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return {
            order: Walk(CLEAN, self.substrate, order, self.patch) for order in ("own", "last first")
        }

    def score(self, case: Case) -> Score:
        found = self.curves(case)
        own, last = found["own"], found["last first"]
        return Score(
            last.auc - own.auc,
            last.curve,
            {"last_first": last.auc, "auc_error": joint_error(found.values())},
        )
