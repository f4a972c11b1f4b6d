"""Symmetric relevance gain: least relevant pixels first against most relevant first."""

from __future__ import annotations

from dataclasses import dataclass

from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case
from heatcheck.metrics.direction import ALONE, DELETION
from heatcheck.metrics.gains import Gain, sides_of


@METRICS.register
@dataclass(frozen=True)
class RelevanceGain(Gain):
    """Deletion AUC in the map's reversed order, minus its AUC in the map's own order."""

    direction = DELETION
    reference = "last_first"
    name = "relevance_gain"
    title = "Symmetric relevance gain"
    family = "faithfulness"
    formula = r"\text{deletion}(\text{last first}) - \text{deletion}(\text{first first})"
    summary = (
        "How much longer the class survives when the lowest-ranked pixels go first than when "
        "the highest-ranked do."
    )
    misleads = (
        "What the substrate does to any picture cancels; grain, and the place that pictures "
        "share, do not. A map that ranks only its top well gains little."
    )
    cite = Citation(
        "Bluecher et al.",
        2024,
        "Decoupling pixel flipping and occlusion strategy for consistent XAI benchmarks",
        "https://arxiv.org/abs/2401.06654",
    )
    sides = sides_of("last_first", "Deletion AUC when the lowest-ranked pixels go first.")
    standard = True

    substrate: str = DELETION.substrate_parameter("mean", ALONE)

    def references(self, case: Case) -> tuple[str, ...]:
        return ("last first",)
