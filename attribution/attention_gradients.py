"""Attention x Gradient: a transformer's attention, weighted by its gradients and followed through
the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.cam import enlarged
from heatcheck.attribution.target import Target
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class AttentionGradients(Method):
    """R <- R + mean_heads(ReLU(dy/dA * A)) R over the blocks, from the identity; the class token's
    row, on the image's grid.

    Where a model pools all tokens and has no class token, the mean over rows. Attention is computed
    step by step so that its weights are at hand; the model's answer stays the same.
    """

    name = "attention_gradients"
    title = "Attention x Gradient"
    family = "attention"
    formula = (
        r"R \leftarrow R + \mathbb{E}_h\Bigl[\mathrm{ReLU}\Bigl(\frac{\partial y}{\partial A} "
        r"\odot A\Bigr)\Bigr] R"
    )
    summary = (
        "For vision transformers: attention weighted by its gradients, carried from block to block."
    )
    code = (
        "R = torch.eye(tokens)\nfor A, g in zip(attentions, gradients):\n    R = R + (g * "
        "A).relu().mean(0) @ R\nheatmap = R[0, 1:].reshape(h, w)"
    )
    cite = Citation(
        "Chefer et al.",
        2021,
        "Generic attention-model explainability for interpreting bi-modal and "
        "encoder-decoder transformers",
        "https://arxiv.org/abs/2103.15679",
    )
    cannot = (
        "Explain a network without attention from all tokens to all tokens: no CNN, no "
        "windowed transformer such as Swin."
    )
    needs = frozenset({"gradients", "attention"})

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        attention, gradients = target.attention(x)
        tokens = attention[0].shape[-1]
        relevance = torch.eye(tokens, device=x.device, dtype=x.dtype)
        for weights, gradient in zip(attention, gradients, strict=True):
            relevance = relevance + (gradient * weights).relu().mean(0) @ relevance
        rows, columns, prefix = target.extent.grid_of(tokens)
        read = relevance[0] if prefix else relevance.mean(0)
        return enlarged(read[prefix:].reshape(rows, columns), x)
