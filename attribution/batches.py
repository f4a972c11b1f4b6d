"""Batches that fit the device: where one runs out of memory, half of it is tried, and so on."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable

import torch
from torch import Tensor, nn

from heatcheck.core.errors import DoesNotApply, first_line

log = logging.getLogger("heatcheck.batches")
WORDS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device's memory is full: of CUDA, of MPS, or of the machine."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in WORDS)


def in_parts(
    model: nn.Module, x: Tensor, compute: Callable[[Tensor], tuple[Tensor, ...]]
) -> tuple[Tensor, ...]:
    """What `compute` makes of pictures `[N,C,H,W]`, along its first axis: of all at once, or of as
    many as fit where the memory does not last. What fitted a model is known from then on.

    Raises:
        DoesNotApply: one picture alone does not fit.
    """
    most = _FITTING.get(model, (len(x), ""))[0]
    while True:
        why = ""
        try:
            parts = [compute(part) for part in x.split(max(1, min(most, len(x))))]
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            why = first_line(error)
        if not why:
            return tuple(torch.cat(values) for values in zip(*parts, strict=True))
        tried = min(most, len(x))
        if tried <= 1:
            raise DoesNotApply(
                f"One picture of {list(x.shape[1:])} does not fit into the memory of {x.device} "
                f"({why}). Choose another device, or a smaller size."
            )
        most = tried // 2
        _FITTING[model] = (most, why)
        log.warning("a batch of %d ran out of memory, going on with %d: %s", tried, most, why)
        if x.device.type == "cuda":
            torch.cuda.empty_cache()


def said(model: nn.Module) -> tuple[str, ...]:
    """A sentence on batches that were made smaller for a model; none where all fitted."""
    if model not in _FITTING:
        return ()
    most, why = _FITTING[model]
    return (f"Batches hold {most} of its pictures at most, since more ran out of memory ({why}).",)


# of each model: how many pictures fit, and what was said of more
_FITTING: weakref.WeakKeyDictionary[nn.Module, tuple[int, str]] = weakref.WeakKeyDictionary()
