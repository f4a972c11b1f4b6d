"""Attention x Gradient by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from heatcheck.attribution import METHODS, Target


def test_attention_is_followed_through_the_blocks_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    random = torch.Generator().manual_seed(0)
    attention = [torch.rand(2, 5, 5, generator=random) for _ in range(3)]
    gradients = [torch.randn(2, 5, 5, generator=random) for _ in range(3)]
    target = Target(nn.Identity(), 0, torch.zeros(1, 3, 8, 8))
    monkeypatch.setattr(target, "attention", lambda x: (attention, gradients))
    heat = METHODS.build("attention_gradients").attribute(
        target, torch.zeros(1, 3, 2, 2), torch.Generator()
    )
    steps = [
        torch.eye(5) + (weights * gradient).clamp_min(0).mean(0)
        for weights, gradient in zip(attention, gradients, strict=True)
    ]
    expected = (steps[2] @ steps[1] @ steps[0])[0, 1:].reshape(2, 2)
    torch.testing.assert_close(heat, expected)
