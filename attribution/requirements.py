"""Requirements: what methods need of a model, and why a model does not have it, in a sentence."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heatcheck.attribution.grids import Extent
from heatcheck.attribution.hooks import evaluating
from heatcheck.attribution.overrides import KeptAttention, WatchedActivations
from heatcheck.attribution.spatial_layer import SpatialOutputs


def why_not_guided(model: nn.Module, blank: Tensor) -> str | None:
    """Why the guided rule does not apply to a model; None where it does. `blank` is a picture for
    one pass, `[1,C,H,W]`.
    """
    with torch.no_grad(), evaluating(model), WatchedActivations() as watch:
        model(blank)
    if watch.others:
        others = ", ".join(sorted(watch.others))
        return f"its rule is defined for ReLU and ReLU6, and this model also uses {others}."
    return (
        None if watch.relus else "it changes how ReLUs pass gradients on, and this model has none."
    )


def why_no_features(model: nn.Module, outputs: SpatialOutputs, layer: str) -> str | None:
    """Why a model, or its layer where one is named, offers no spatial features; None where it
    does.
    """
    if not layer:
        return (
            None
            if outputs.paths
            else "it needs a layer with a spatial output [N,K,h,w], and this model has none."
        )
    if layer not in dict(model.named_modules()):
        return f"the model has no layer {layer!r}. See model.named_modules() for the names."
    return (
        None
        if layer in outputs.paths
        else f"the output of layer {layer!r} has no spatial extent [N,K,h,w]."
    )


def why_no_attention(model: nn.Module, blank: Tensor) -> str | None:
    """Why a model offers no attention over the image; None where it does. `blank` is a picture for
    one pass, `[1,C,H,W]`.
    """
    with torch.no_grad(), evaluating(model), KeptAttention() as kept:
        model(blank)
    shapes = {
        (weights.shape[0] if weights.ndim == 4 else 1, *weights.shape[-2:])
        for weights in kept.weights
    }
    if not shapes:
        return "it reads a transformer's attention, and this model has none that can be read."
    extent = Extent(*blank.shape[-2:])
    if len(shapes) > 1 or any(
        batch != 1 or rows != columns or not extent.token_grid(rows)
        for batch, rows, columns in shapes
    ):
        return (
            "it needs attention of all tokens to all tokens over one grid; this model "
            "attends within windows, or pools between."
        )
    return None
