"""Digests: what a network answers, in sixty-four digits. The same in every process."""

from __future__ import annotations

import hashlib
import types

import numpy as np
import torch
from torch import Tensor, nn

LIBRARIES = ("torch", "torchvision", "timm", "transformers")  # whose code its version tells
OF_EVERY_MODULE = frozenset(vars(nn.Module()))


def of_values(model: nn.Module) -> str:
    """sha256 of a network's entries, names and values."""
    total = hashlib.sha256()
    for key, value in model.state_dict().items():
        total.update(key.encode())
        if isinstance(value, Tensor):
            total.update(_raw(value))
        else:  # what a module keeps beside its tensors
            total.update(_bytes(value))
    return total.hexdigest()


def of_answers(model: nn.Module, settings: str) -> str:
    """sha256 of what decides a model's answers: its values, how its parts are put together, plain
    attributes, and the code of parts that come from no library.
    """
    total = hashlib.sha256(settings.encode())
    for path, module in model.named_modules(remove_duplicate=False):
        kind = type(module)
        words = f"{path} {kind.__module__}.{kind.__qualname__} {module.extra_repr()}"
        total.update(words.encode())
        tensors = [
            *module.named_parameters(recurse=False),
            *module.named_buffers(recurse=False),
        ]
        for name, value in [*tensors, *sorted(vars(module).items())]:
            if name not in OF_EVERY_MODULE and not isinstance(value, nn.Module):
                total.update(name.encode())
                total.update(_bytes(value))
        for base in kind.__mro__[: kind.__mro__.index(nn.Module)]:
            if base.__module__.partition(".")[0] not in LIBRARIES:
                for name, value in sorted(vars(base).items()):
                    if not name.startswith("__"):
                        total.update(name.encode())
                        total.update(_bytes(value))
    return total.hexdigest()


def _bytes(value: object) -> bytes:
    """Bytes that are the same for the same value in every process."""
    if isinstance(value, Tensor):
        return f"{value.dtype} {tuple(value.shape)}".encode() + _raw(value)
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        return _bytes(value.tolist())
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}".encode() + value.tobytes()
    if isinstance(value, staticmethod | classmethod | types.MethodType):
        return _bytes(value.__func__)
    if isinstance(value, property):
        return _bytes(value.fget)
    if isinstance(value, types.FunctionType):
        return _code(value.__code__) + _bytes(value.__defaults__) + _enclosed(value)
    if isinstance(value, list | tuple):
        return b"[" + b",".join(map(_bytes, value)) + b"]"
    if isinstance(value, dict):
        return b"{" + b",".join(_bytes(key) + b":" + _bytes(value[key]) for key in value) + b"}"
    if isinstance(value, set | frozenset):
        return b"{" + b",".join(sorted(map(_bytes, value))) + b"}"
    if isinstance(value, bool | int | float | complex | str | bytes | None):
        return repr(value).encode()
    return type(value).__qualname__.encode()


def _code(code: types.CodeType) -> bytes:
    """What a function does: its instructions, names and constants; not where it was written."""
    parts = [code.co_code, repr(code.co_names).encode()]
    for constant in code.co_consts:
        inner = isinstance(constant, types.CodeType)
        parts.append(_code(constant) if inner else _bytes(constant))
    return b"|".join(parts)


def _enclosed(function: types.FunctionType) -> bytes:
    """What a function takes along from where it was made: values, and the code of the function that
    it decorates.
    """
    parts = []
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:  # it is empty still
            continue
        if isinstance(content, types.FunctionType):
            parts.append(_code(content.__code__))
        elif isinstance(content, Tensor | np.ndarray | int | float | complex | str | bytes):
            parts.append(_bytes(content))
    return b"|".join(parts)


def _raw(value: Tensor) -> bytes:
    plain = value.detach().cpu().contiguous().flatten()
    return plain.view(torch.uint8).numpy().tobytes() if plain.numel() else b""  # has no bfloat16
