"""Parameter randomisation: what is left of a map when what the model has learned is taken away,
from the head on.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.core.registry import Citation, parameter
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.similarity import rank_correlation, ssim


@METRICS.register
@dataclass(frozen=True)
class Randomisation(Metric):
    """The rank correlation of the absolute map with those of ever more random models, mean over the
    stages of the cascade.

    Each stage draws one more group of modules anew; those above it stay random. A map that is
    constant or cannot be made any more counts as correlation 0 and SSIM 0: nothing is left of it.
    Every method meets the same random models on an image.
    """

    name = "randomisation"
    title = "Parameter randomisation"
    family = "sanity"
    unit = "rank correlation"
    better = "lower"
    bounds = (-1.0, 1.0)
    remakes = True
    formula = (
        r"\frac{1}{n} \sum_{k=1}^{n} \rho\bigl(\lvert m_f \rvert, \lvert m_{f_k} "
        r"\rvert\bigr), \quad f_k: \text{the last } k \text{ of } n \text{ parts random}"
    )
    summary = (
        "How much of the map survives when the model's parameters are replaced by noise, "
        "from the head on; near 1 it shows no learning."
    )
    misleads = (
        "A map that follows the picture's edges keeps some likeness under any model. "
        "Noise in a map lowers the value as understanding would. "
        "Depth is the order in which the model defines its modules; batch statistics and "
        "parameters that are all alike, such as zero biases, stay."
    )
    cite = Citation(
        "Adebayo et al.",
        2018,
        "Sanity checks for saliency maps",
        "https://arxiv.org/abs/1810.03292",
    )
    sides = {
        "last": Side(
            "rank correlation", "With the map of the model whose every parameter is random."
        ),
        "ssim": Side(
            "SSIM",
            "Structural similarity of the absolute maps at unit maximum, mean over the stages.",
        ),
        "ssim_last": Side(
            "SSIM", "The same with the map of the model whose every parameter is random."
        ),
    }

    stages: int = parameter(
        5,
        "Groups of modules that become random one after the other.",
        low=1,
        high=100,
        unit="stages",
        why="Enough to see where along the depth a map changes, at five more maps.",
    )

    def score(self, case: Case) -> Score:
        plane = case.map.abs()
        if plane.amax() == plane.amin():
            raise DegenerateMap(
                "Expected a map that varies in size. Got one that does not: its likeness "
                "to others is not defined."
            )
        model = copied(case.target.model)
        cascade = groups(model, self.stages)
        if not cascade:
            raise DoesNotApply(
                "it makes the model's parameters random, and this model has none. Leave "
                "this metric out."
            )
        stream = case.generator("randomisation", whatever_method=True)
        likeness = []
        for modules in cascade:
            randomise(model, modules, stream)
            likeness.append(_likeness(case, model))
        correlation, structure = np.mean(likeness, axis=0).tolist()
        last, ssim_last = likeness[-1]
        return Score(correlation, sides={"last": last, "ssim": structure, "ssim_last": ssim_last})


def _likeness(case: Case, model: nn.Module) -> tuple[float, float]:
    """Rank correlation and SSIM of the case's map and its counterpart under another model."""
    try:
        other = case.again(case.target.about(model=model)).map
        return rank_correlation(case.map.abs(), other.abs()), ssim(case.map, other)
    except (DegenerateMap, DoesNotApply):
        return 0.0, 0.0


def copied(model: nn.Module) -> nn.Module:
    """A copy of a model whose parameters may be changed. Raises DoesNotApply where it cannot be
    copied.
    """
    try:
        return copy.deepcopy(model)
    except Exception as error:
        raise DoesNotApply(
            f"it changes the parameters of a copy, and this model cannot be copied "
            f"({type(error).__name__}: {error}). Leave this metric out."
        ) from error


def groups(model: nn.Module, stages: int) -> list[list[str]]:
    """The names of the modules that own parameters, head first, in at most `stages` consecutive
    groups of about equal count.
    """
    owners = [
        name
        for name, module in model.named_modules()
        if any(True for _ in module.parameters(recurse=False))
    ][::-1]
    total, count = len(owners), min(stages, len(owners))
    return [owners[total * k // count : total * (k + 1) // count] for k in range(count)]


def randomise(model: nn.Module, modules: Sequence[str], generator: torch.Generator) -> None:
    """Draw the parameters that these modules own anew, in place: normal, with each tensor's own
    mean and deviation. Buffers stay.

    A tensor of one element has no deviation; its absolute value serves.
    """
    with torch.no_grad():
        for name in modules:
            for values in model.get_submodule(name).parameters(recurse=False):
                deviation = values.std(correction=0) if values.numel() > 1 else values.abs()
                drawn = torch.randn(values.shape, generator=generator).to(values)
                values.copy_(values.mean() + deviation * drawn)
