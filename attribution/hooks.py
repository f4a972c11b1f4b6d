"""Hooks: what is set on a model while it runs, and is gone afterwards: eval mode and forward hooks.

No other file sets a hook or looks for one.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in eval mode; every module's own mode is restored when the last thread that is
    within this has left.
    """
    with _MODES_LOCK:
        inside, training = _MODES.get(model, (0, []))
        if not inside:
            training = [module for module in model.modules() if module.training]
            for module in training:
                module.training = False
        _MODES[model] = (inside + 1, training)
    try:
        yield
    finally:
        with _MODES_LOCK:
            inside, training = _MODES.pop(model)
            if inside > 1:
                _MODES[model] = (inside - 1, training)
            else:
                for module in training:
                    module.training = True


# of each model that is being looked at: how many threads do, and the modules that were training
_MODES: weakref.WeakKeyDictionary[nn.Module, tuple[int, list[nn.Module]]] = (
    weakref.WeakKeyDictionary()
)
_MODES_LOCK = threading.Lock()


@contextmanager
def hooked(hooks: Sequence[tuple[nn.Module, Callable[..., Any]]]) -> Iterator[None]:
    """Forward hooks that act in this thread only and are gone afterwards."""
    owner = threading.get_ident()

    def bound(hook: Callable[..., Any]) -> Callable[..., Any]:
        def run(module: nn.Module, args: Any, output: Any) -> Any:
            return hook(module, args, output) if threading.get_ident() == owner else None

        return run

    handles = []
    try:
        for module, hook in hooks:
            handles.append(module.register_forward_hook(bound(hook)))
        yield
    finally:
        for handle in handles:
            handle.remove()


_KINDS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")


def found(module: nn.Module) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The hooks that somebody else has set on a module itself, each with its kind."""
    for kind in _KINDS:
        for hook in getattr(module, kind).values():
            yield kind, hook
