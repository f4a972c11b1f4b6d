"""Gradients: the derivative of scores, or the reason why a model gives none."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from heatcheck.core.errors import DoesNotApply


def gradients_of(scores: Tensor, to: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """d sum(`scores[N]`) / d each of `to`, each of the shape of its own.

    Raises:
        DoesNotApply: the model cuts its gradients off.
    """
    if not scores.requires_grad:
        raise DoesNotApply(
            "it needs gradients, and the model's output carries none. Something in it "
            "detaches or runs without gradients."
        )
    with torch.enable_grad():
        gradients = torch.autograd.grad(scores.sum(), to, allow_unused=True)
    if any(gradient is None for gradient in gradients):
        raise DoesNotApply(
            "it needs gradients, and the model's score does not depend on what it would "
            "differentiate."
        )
    return gradients
