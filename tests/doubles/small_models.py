"""Small models whose answers are known by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Linear(nn.Module):
    """Two classes: a weighted sum of all values plus `bias`, and zero; so a probability is the
    logistic function of the sum. Keeps the pictures that it was shown.
    """

    def __init__(self, weights: Tensor | float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weights, self.bias = weights, bias
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.detach().clone())
        total = (x * self.weights).sum((1, 2, 3)) + self.bias
        return torch.stack([total, torch.zeros_like(total)], 1)


class OnlyDimmed(nn.Module):
    """Answers `answer` to any picture that is not all ones."""

    def __init__(self, answer: float) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, x: Tensor) -> Tensor:
        total = x.amin((1, 2, 3))
        return torch.stack([torch.where(total < 1, self.answer, total), total], 1)


class Channels(nn.Module):
    """One class a channel; its logit is the sum of that channel. Keeps the pictures that it was
    shown.
    """

    def __init__(self, weights: Tensor | None = None) -> None:
        super().__init__()
        self.weights = weights
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.detach().clone())
        sums = x.sum((2, 3))
        return sums if self.weights is None else sums @ self.weights
