"""Inverted: a method's map turned upside down, a control that knows exactly what the method
knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, Answer, Method, with_baselines, wrapped
from heatcheck.attribution.target import Target
from heatcheck.core.registry import Citation, parameter


def others() -> tuple[str, ...]:
    """What can be inverted: everything but this."""
    return with_baselines(name for name in METHODS if name != Inverted.name)


@METHODS.register
@dataclass(frozen=True)
class Inverted(Method):
    """The negative of another method's map. A score that does not suffer from it does not see the
    map's order.
    """

    name = "inverted"
    title = "Inverted"
    family = "control"
    formula = r"-m_{ij}"
    summary = "Another method's map upside down: what a faithfulness score must punish."
    code = "heatmap = -other_method(x)"
    cite = Citation(
        "Bluecher et al.",
        2024,
        "Decoupling pixel flipping and occlusion strategy for consistent XAI benchmarks",
        "https://arxiv.org/abs/2401.06654",
    )
    cannot = "Explain: it says where the evidence is not."
    signed = True
    reference = "That of the method in `of`; `integrated_gradients:black` names another."

    of: str = parameter(
        "grad_cam",
        "The method that is inverted, with its defaults.",
        choices=others,
        why="The method whose order faithfulness scores know best.",
    )

    def check(self, target: Target) -> str | None:
        return self.wrapped.check(target)

    @property
    def wrapped(self) -> Method:
        """The method that is inverted."""
        return wrapped(self.of)

    @property
    def starts_from(self) -> frozenset[str]:
        return self.wrapped.starts_from

    @property
    def asked_anew(self) -> bool:
        return self.wrapped.asked_anew

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Answer:
        answer = self.wrapped.attribute(target, x, generator)
        return (-answer[0], answer[1]) if isinstance(answer, tuple) else -answer
