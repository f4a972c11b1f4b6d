"""Score-CAM: feature maps weighted by what the model says of the image seen through each of
them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.cam import enlarged, layer_parameter
from heatcheck.attribution.target import BATCH, Target
from heatcheck.core.registry import Citation, parameter


@METHODS.register
@dataclass(frozen=True)
class ScoreCAM(Method):
    """ReLU(sum_k softmax_k(f(x * m_k)) A_k), m_k the feature map A_k enlarged and then stretched to
    [0, 1], f the class's logit.

    It asks for no gradient, and for one forward pass a channel. A masked pixel becomes zero as the
    model takes it, its training data's mean colour; what the model says of that alone cancels in
    the softmax. With `channels` below the layer's count only those that vary most over the image
    are asked, a choice of ours.
    """

    name = "score_cam"
    title = "Score-CAM"
    family = "CAM"
    formula = (
        r"\mathrm{ReLU}\Bigl(\sum_k w_k A_k\Bigr), \quad w_k \propto \exp f\bigl(x \odot "
        r"\tfrac{A_k - \min A_k}{\max A_k - \min A_k}\bigr)"
    )
    summary = (
        "Feature maps weighted by the class's score when only what each shows is left; no "
        "gradients."
    )
    code = (
        "w = torch.stack([model(x * stretch(A[:, k]))[0, c] for k in "
        "range(K)]).softmax(0)\nheatmap = (w[:, None, None] * A[0]).sum(0).relu()"
    )
    cite = Citation(
        "Wang et al.",
        2020,
        "Score-CAM: score-weighted visual explanations for convolutional neural networks",
        "https://arxiv.org/abs/1910.01279",
    )
    cannot = (
        "Weigh channels evenly: the softmax of logits gives nearly all to the few masks that "
        "score highest. One pass a channel is slow."
    )
    needs = frozenset({"spatial features"})
    reference = (
        "No path: masked pixels become zero after normalisation, which is the substrate `mean`. "
        "That is part of the question."
    )

    layer: str = layer_parameter()
    channels: int = parameter(
        5000,
        "Feature maps that are asked, those that vary most; the rest weigh nothing.",
        low=1,
        high=5000,
        unit="maps",
        why="More than any common layer has: all maps, as published.",
    )

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        features = target.activations(x, self.layer)[0]
        chosen = features[
            features.flatten(1)
            .std(1)
            .argsort(descending=True, stable=True)[: self.channels]
            .sort()
            .values
        ]
        scores = []
        for maps in chosen.split(BATCH):
            scores.append(target.score(x * self.masks(maps, x)))
        weights = torch.cat(scores).softmax(0)
        return enlarged((weights[:, None, None] * chosen).sum(0).relu(), x)

    def masks(self, maps: Tensor, x: Tensor) -> Tensor:
        """Feature maps `[n,h,w]` as masks `[n,1,H,W]`: enlarged to the image, then each stretched
        to [0, 1]. A flat map hides all.
        """
        large = F.interpolate(
            maps[:, None], size=x.shape[-2:], mode="bilinear", align_corners=False
        )
        low, high = large.amin((2, 3), keepdim=True), large.amax((2, 3), keepdim=True)
        return (large - low) / (high - low).clamp_min(1e-8)
