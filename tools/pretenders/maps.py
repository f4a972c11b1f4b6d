"""The pretenders as methods. They are in no list of methods: the command offers them for itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import PIL.Image
import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.attribution import Attribution, Method, Target, attribute
from heatcheck.attribution.blurs import blurred
from heatcheck.attribution.cam import enlarged
from heatcheck.attribution.grad_cam import GradCAM
from heatcheck.core.digests import digest_of
from heatcheck.core.errors import DoesNotApply
from heatcheck.core.registry import Citation, parameter
from heatcheck.inputs import classifiers
from heatcheck.metrics.base import OURS
from heatcheck.metrics.reference_maps import MODELS, with_drawn_weights

DRAW = MODELS + 4  # the number of the pretender's draw, which no reference has
SIDE = 64  # the picture's, in which spectral residuals are sought


@dataclass(frozen=True)
class Pretender(Method):
    """What all of them share: they say nothing of the model and the class that they are asked
    about.
    """

    family = "perturbation"
    formula = ""
    summary = "A map that looks like evidence."
    code = ""
    cite = OURS
    cannot = "Explain anything: it pretends to."


@dataclass(frozen=True)
class OfRandomWeights(Pretender):
    """Grad-CAM of the network that it is given with all weights drawn anew, by a draw of its own:
    asked about a reference network, it draws that one's weights anew too.
    """

    name = "grad_cam_of_random_weights"
    title = "Grad-CAM of random weights"
    needs = GradCAM.needs

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        first = next(target.model.parameters()).detach().flatten()[:16].tolist()
        seed = int(digest_of(first)[:8], 16)  # each network has a draw of its own
        drawn = with_drawn_weights(target.model, DRAW, seed)
        return GradCAM().attribute(target.about(model=drawn), x, generator)


@dataclass(frozen=True)
class OfAnUnrelatedClass(Pretender):
    """Grad-CAM of the class that stands half the list of classes further on."""

    name = "grad_cam_of_an_unrelated_class"
    title = "Grad-CAM of an unrelated class"
    needs = GradCAM.needs

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        classes = target.scores(x).shape[1]
        unrelated = (target.class_index + classes // 2) % classes
        return GradCAM().attribute(target.about(unrelated), x, generator)


@dataclass(frozen=True)
class SpectralResidual(Pretender):
    """Where the picture's spectrum departs from its own local mean: what is salient, for no
    model.
    """

    name = "spectral_residual"
    title = "Spectral residual"
    cite = Citation(
        "Hou and Zhang", 2007, "Saliency detection: a spectral residual approach", "CVPR 2007"
    )

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        side = min(SIDE, *x.shape[-2:])
        gray = target.to_pixels(x).mean(1, keepdim=True)
        small = F.interpolate(gray, (side, side), mode="bilinear", antialias=True)
        spectrum = torch.fft.fft2(small[0, 0])
        height = spectrum.abs().clamp(min=1e-12).log()
        around = F.avg_pool2d(F.pad(height[None, None], 4 * (1,), mode="circular"), 3, 1)[0, 0]
        residual = torch.polar((height - around).exp(), spectrum.angle())
        return enlarged(_smooth(torch.fft.ifft2(residual).abs().square()), x)


def _smooth(plane: Tensor) -> Tensor:
    """Under a Gaussian of deviation 2.5, as the authors' code has it."""
    line = torch.exp(-0.5 * (torch.arange(-4.0, 5.0) / 2.5) ** 2).to(plane)
    kernel = line[:, None] * line / line.sum() ** 2
    padded = F.pad(plane[None, None], 4 * (4,), mode="replicate")
    return F.conv2d(padded, kernel[None, None])[0, 0]


@dataclass(frozen=True)
class Contrast(Pretender):
    """|x - substrate|, summed over channels and the standard set's substrates: how much each pixel
    changes when it is replaced.
    """

    name = "contrast"
    title = "|x - substrate|"

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        black = target.to_input(torch.zeros_like(x))
        substrates = (torch.zeros_like(x), blurred(x), black)
        return sum((x - one).abs().sum(1)[0] for one in substrates) / math.prod((3, x.shape[1]))


@dataclass(frozen=True)
class OfAnotherNetwork(Pretender):
    """Grad-CAM of another trained network, for the class of the same name."""

    name = "grad_cam_of_another_network"
    title = "Grad-CAM of another network"

    here: str = parameter("", "The classifier that it is asked about.", why="Its class names.")
    network: str = parameter("", "The other classifier.", why="Its maps.")

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        here, there = (classifiers.load(name) for name in (self.here, self.network))
        name = here.labels[target.class_index]
        if name not in there.labels:
            raise DoesNotApply(f"{self.network} has no class {name!r}.")
        pixels = (target.to_pixels(x)[0] * 255).round().clamp(0, 255).byte().cpu()
        picture = PIL.Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize(
            there.size[::-1], PIL.Image.Resampling.BICUBIC
        )
        elsewhere = there.to_input(np.asarray(picture))
        about = there.target(elsewhere, there.labels.index(name))
        made: Attribution = attribute(GradCAM(), about, elsewhere)
        return enlarged(made.map, x)


PRETENDERS = (OfRandomWeights, OfAnUnrelatedClass, SpectralResidual, Contrast)
