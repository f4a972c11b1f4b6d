"""Digests: what a network answers, in sixty-four digits. The same in every process."""

from __future__ import annotations

import hashlib
import re

from torch import Tensor, nn

from heatcheck.attribution import hooks
from heatcheck.core import contents

LIBRARIES = ("torch", "torchvision", "timm", "transformers")  # whose code its version tells
OF_EVERY_MODULE = frozenset(vars(nn.Module()))


def of_values(model: nn.Module) -> str:
    """sha256 of a network's entries, names and values."""
    total = hashlib.sha256()
    for key, value in model.state_dict().items():
        total.update(key.encode())
        if isinstance(value, Tensor):
            total.update(contents.raw(value))
        else:  # what a module keeps beside its tensors
            total.update(contents.bytes_of(value))
    return total.hexdigest()


def of_answers(model: nn.Module, settings: str) -> str:
    """sha256 of what decides a model's answers: its values, how its parts are put together, plain
    attributes, hooks, and the code of parts that come from no library.
    """
    total = hashlib.sha256(settings.encode())
    for path, module in model.named_modules(remove_duplicate=False):
        kind = type(module)
        words = f"{path} {kind.__module__}.{kind.__qualname__} {module.extra_repr()}"
        total.update(re.sub(r"\b0x[0-9a-f]+", "", words).encode())  # where something lies
        tensors = [
            *module.named_parameters(recurse=False),
            *module.named_buffers(recurse=False),
        ]
        for name, value in [*tensors, *sorted(vars(module).items())]:
            if name not in OF_EVERY_MODULE and not isinstance(value, nn.Module):
                total.update(name.encode())
                total.update(contents.bytes_of(value))
        for when, hook in hooks.found(module):
            total.update(when.encode())
            total.update(contents.of_hook(hook))
        for base in kind.__mro__[: kind.__mro__.index(nn.Module)]:
            if base.__module__.partition(".")[0] not in LIBRARIES:
                for part in contents.members_of(base):
                    total.update(part)
    return total.hexdigest()
