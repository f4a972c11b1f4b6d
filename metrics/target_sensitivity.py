"""Target sensitivity: whether another class gets another map."""

from __future__ import annotations

from dataclasses import dataclass

from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, OTHER_CLASSES, Case, Metric, Score, Side
from heatcheck.metrics.reference_maps import of_another_class, runner_up
from heatcheck.metrics.similarity import rank_correlation


@METRICS.register
@dataclass(frozen=True)
class TargetSensitivity(Metric):
    """One minus the rank correlation between the absolute maps of the class and of the model's most
    probable other class.

    After the random logit test of Sixt et al., with a rival that the model itself finds in the
    picture. 0: the same map for both; 1: unrelated ones.
    """

    name = "target_sensitivity"
    title = "Target sensitivity"
    family = "sanity"
    unit = "1 - rank correlation"
    better = "higher"
    bounds = (0.0, 2.0)
    remakes = True
    formula = (
        r"1 - \rho\bigl(\lvert m_c \rvert, \lvert m_{c'} \rvert\bigr), \quad c' = "
        r"\operatorname{arg\,max}_{k \neq c} y_k"
    )
    summary = (
        "How different the map becomes when it is asked about the model's second guess instead."
    )
    misleads = (
        "Two breeds of dog share their pixels: like classes rightly get like maps. A map "
        "that is mostly noise of its own looks sensitive."
    )
    cite = Citation(
        "Sixt et al.",
        2020,
        "When explanations lie: why many modified BP attributions fail",
        "https://arxiv.org/abs/1912.09818",
    )
    sides = {
        "rank_correlation": Side(
            "rank correlation", "Spearman's, between the absolute maps of the two classes."
        )
    }

    needs = frozenset({OTHER_CLASSES})

    def score(self, case: Case) -> Score:
        rival = of_another_class(case, runner_up(case))
        correlation = rank_correlation(case.map.abs(), rival.map.abs())
        return Score(1 - correlation, sides={"rank_correlation": correlation})
