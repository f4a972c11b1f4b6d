"""Modules as people's code hands them over -> modules that methods can look into.

What only carries a network (DataParallel, compiled) is taken off; weights that are not float32 are
cast; what cannot be looked into (TorchScript, quantised) is refused in a sentence.
"""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from heatcheck.core.errors import ClassifierUnavailable, first_line

PRECISIONS = {
    torch.float16: "half precision (float16)",
    torch.bfloat16: "bfloat16",
    torch.float64: "double precision (float64)",
}


def plain(model: nn.Module) -> tuple[nn.Module, tuple[str, ...]]:
    """The network itself, in float32 and evaluation mode, and what was changed, a sentence each.

    Raises:
        ClassifierUnavailable: no method could look into it; the text is the reason, without the
        network's name.
    """
    network, notes = carried(model)
    if reason := why_closed(network):
        raise ClassifierUnavailable(reason)
    kinds = [
        words
        for dtype, words in PRECISIONS.items()
        if any(value.dtype == dtype for value in (*network.parameters(), *network.buffers()))
    ]
    if kinds:
        network = _copied(network, kinds).float()  # the module of whoever gave it stays as it is
        notes = (*notes, f"Its weights are in {' and '.join(kinds)}; they are cast to float32.")
    return network.cpu().eval(), notes


def _copied(network: nn.Module, kinds: list[str]) -> nn.Module:
    try:
        return copy.deepcopy(network)
    except Exception as error:
        why = first_line(error)
        raise ClassifierUnavailable(
            f"its weights are in {' and '.join(kinds)}, and a copy in float32 cannot be made "
            f"({why}). Give it in float32: model.float()."
        ) from error


def carried(model: nn.Module) -> tuple[nn.Module, tuple[str, ...]]:
    """The network that a wrapping of torch's carries, the same function, and what is said of it."""
    notes: tuple[str, ...] = ()
    while True:
        compiled = getattr(model, "_orig_mod", None)
        if isinstance(compiled, nn.Module):
            notes = ("It is compiled; the module that it was compiled from is used.",)
            model = compiled
        elif isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        else:
            return model, notes


def why_closed(model: nn.Module) -> str | None:
    """Why no method could look into a module, in a sentence; None where they can."""
    modules = list(model.modules())
    if any(isinstance(module, torch.jit.ScriptModule) for module in modules):
        return (
            "it is TorchScript (scripted or traced), whose layers and gradients methods cannot "
            "reach. Give the module that it was made from."
        )
    if any("quantized" in type(module).__module__ for module in modules):
        return (
            "it is quantised, and its whole numbers have no gradient. Give the float32 network "
            "that it was made from."
        )
    entries = dict([*model.named_parameters(), *model.named_buffers()])
    if lazy := [name for name, value in entries.items() if is_lazy(value)]:
        return (
            f"its entry {lazy[0]} has no size yet (a lazy layer). Pass a picture through it "
            "before it is returned."
        )
    if empty := [name for name, value in entries.items() if value.is_meta]:
        return (
            f"its entry {empty[0]} has no values (device meta). Load its weights before it is "
            "returned."
        )
    return None
