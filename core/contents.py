"""Values of a program as bytes, the same for the same value in every process: what a digest of
something that has no file is taken of.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable
from pathlib import PurePath

import numpy as np
import torch
from torch import Tensor, nn

PLAIN = (bool, int, float, complex, str, bytes, types.NoneType)
SAID = (np.generic, torch.dtype, torch.device, PurePath)  # what their text tells
COLLECTIONS = (list, dict, set)
DEPTH = 2  # of objects in objects, and of functions in functions


def bytes_of(value: object, depth: int = DEPTH) -> bytes:
    """Numbers, texts and arrays by their content; functions and classes by their code and what they
    hold; other objects by their attributes. What lies deeper than `depth` counts by its kind alone.
    """
    if isinstance(value, PLAIN):
        return repr(value).encode()
    if isinstance(value, Tensor):
        return f"{value.dtype} {tuple(value.shape)}".encode() + raw(value)
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        return bytes_of(value.tolist(), depth)
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}".encode() + value.tobytes()
    if isinstance(value, SAID):
        return repr(value).encode()
    if isinstance(value, list | tuple):
        return b"[" + b",".join(bytes_of(one, depth) for one in value) + b"]"
    if isinstance(value, dict):
        pairs = (bytes_of(key, depth) + b":" + bytes_of(value[key], depth) for key in value)
        return b"{" + b",".join(pairs) + b"}"
    if isinstance(value, set | frozenset):
        return b"{" + b",".join(sorted(bytes_of(one, depth) for one in value)) + b"}"
    if isinstance(value, staticmethod | classmethod | types.MethodType):
        return bytes_of(value.__func__, depth)
    if isinstance(value, property):
        return bytes_of(value.fget, depth)
    if isinstance(value, functools.partial):
        return bytes_of((value.func, value.args, value.keywords), depth)
    if isinstance(value, types.FunctionType):
        return code_of(value) + (bytes_of(_held(value), depth - 1) if depth else b"")
    if isinstance(value, types.ModuleType):
        return value.__name__.encode()
    return _of_object(value, depth)


def raw(value: Tensor) -> bytes:
    """A tensor's numbers, in order, as they lie in memory."""
    plain = value.detach().cpu().contiguous().flatten()
    return plain.view(torch.uint8).numpy().tobytes() if plain.numel() else b""  # has no bfloat16


def of_hook(hook: Callable[..., object]) -> bytes:
    """As `bytes_of`, without the lists, dicts and sets that a function closes over: a hook collects
    in them.
    """
    if not isinstance(hook, types.FunctionType):
        return bytes_of(hook)
    held = [one for one in _held(hook) if not isinstance(one, COLLECTIONS)]
    return code_of(hook) + bytes_of(held, DEPTH - 1)


def members_of(cls: type, *, special: bool = False) -> Iterable[bytes]:
    """What a class itself defines, by name; its methods with two underscores where `special`."""
    for name, value in sorted(vars(cls).items()):
        if not name.startswith("__") or (special and isinstance(value, types.FunctionType)):
            yield name.encode()
            yield bytes_of(value, 1)


def code_of(function: types.FunctionType) -> bytes:
    """What a function does, with its defaults; not what it closes over."""
    return _code(function.__code__) + bytes_of((function.__defaults__, function.__kwdefaults__), 1)


def _held(function: types.FunctionType) -> list[object]:
    """What a function closes over, as far as it is there already."""
    held = []
    for cell in function.__closure__ or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:
            continue
    return held


def _code(code: types.CodeType) -> bytes:
    """Instructions, names and constants; not where it was written."""
    parts = [code.co_code, repr(code.co_names).encode()]
    for constant in code.co_consts:
        inner = isinstance(constant, types.CodeType)
        parts.append(_code(constant) if inner else bytes_of(constant))
    return b"|".join(parts)


def _of_object(value: object, depth: int) -> bytes:
    kind = value if isinstance(value, type) else type(value)
    name = f"{kind.__module__}.{kind.__qualname__}".encode()
    if not depth:
        return name
    if isinstance(value, type):
        own = (base for base in value.__mro__ if base.__module__ != "builtins")
        return name + b"|".join(part for base in own for part in members_of(base, special=True))
    held = value.state_dict() if isinstance(value, nn.Module) else getattr(value, "__dict__", {})
    return name + bytes_of(dict(sorted(held.items())), depth - 1)
