"""Networks of timm with random weights."""

from __future__ import annotations

import timm
import torch
from torch import nn

VIT = {"img_size": 64, "depth": 2, "embed_dim": 48, "num_heads": 3}


def timm_model(name: str, **options: object) -> nn.Module:
    torch.manual_seed(0)
    made: nn.Module = timm.create_model(name, num_classes=7, **options)
    if isinstance(head := made.get_classifier(), nn.Linear):  # type: ignore[operator]
        nn.init.normal_(head.weight)  # some come with zeros
    return made.eval()


def fused(model: nn.Module) -> nn.Module:
    """With attention as one function, which timm's Swin has as an option."""
    for module in model.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = True
    return model
