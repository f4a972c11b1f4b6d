"""What `torch.save` wrote, read without running code: weights, and inert stand-ins for the rest.

`torch.load` with `weights_only` refuses a file as soon as it names a class that torch does not
know: a Namespace of arguments, a path, a history of losses. Such objects lie beside the weights.
Each class that a file names is given to torch as a stand-in of ours, which keeps what it is handed
and does nothing; numpy's arrays and numbers are read as what they are.
"""

from __future__ import annotations

import importlib
import pickletools
import warnings
import zipfile
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

LEGACY = 5  # pickles before the storages in a file of the format before torch 1.6
MODULES = ("OptimizedModule", "GraphModule")  # whose state is not that of a module
KIND = "_heatcheck_stands_for"


def load(path: Path) -> Any:
    """What the file holds. Raises what torch raises."""
    arrays = _arrays()
    names = sorted(_globals(path) - {name for _, name in arrays})
    try:
        return _load(path, [*arrays, *((_mapping(name), name) for name in names)])
    except Exception:
        return _load(path, [*arrays, *((_thing(name), name) for name in names)])


def stood_for(value: Any) -> str:
    """The class that a stand-in stands for, as `package.module.Class`; empty for a real value."""
    return str(getattr(value, "__dict__", {}).get(KIND, ""))


def is_module(value: Any) -> bool:
    """Whether it stands for a whole `nn.Module`."""
    kind = stood_for(value)
    return bool(kind) and ("_modules" in value.__dict__ or kind.endswith(MODULES))


def _load(path: Path, allowed: list[Callable[..., Any] | tuple[Callable[..., Any], str]]) -> Any:
    with warnings.catch_warnings(), torch.serialization.safe_globals(allowed):
        warnings.simplefilter("ignore")  # about old formats, which are read all the same
        return torch.load(path, map_location="cpu", weights_only=True)


# -- stand-ins -------------------------------------------------------------------------------------


def _mapping(name: str) -> type:
    """Stands for a class whose objects are mappings or have a mapping as state."""

    def new(cls: type, *args: Any, **words: Any) -> Any:
        value: OrderedDict[str, Any] = OrderedDict()
        value.__dict__[KIND] = name
        return value

    return type("StandIn", (), {"__new__": new})


def _thing(name: str) -> type:
    """Stands for a class whose objects are lists, or have any other state."""

    def new(cls: type, *args: Any, **words: Any) -> Any:
        value: Any = list.__new__(cls)
        value.__dict__[KIND] = name
        return value

    def take(self: Any, state: Any) -> None:
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict):
                self.__dict__.update({str(key): value for key, value in part.items()})

    return type("StandIn", (list,), {"__new__": new, "__init__": _ignore, "__setstate__": take})


def _ignore(self: Any, *args: Any, **words: Any) -> None:
    pass


# -- classes that a file names ---------------------------------------------------------------------


def _arrays() -> list[tuple[Any, str]]:
    """What numpy's arrays and numbers are made of, under the names of numpy 1 and 2."""
    multiarray: Any = importlib.import_module("numpy._core.multiarray")
    makers = [(name, getattr(multiarray, name)) for name in ("_reconstruct", "scalar")]
    return [
        *(
            (maker, f"numpy.{core}.multiarray.{name}")
            for core in ("core", "_core")
            for name, maker in makers
        ),
        (np.ndarray, "numpy.ndarray"),
        (np.dtype, "numpy.dtype"),
        *(
            (kind, f"numpy.dtypes.{name}")
            for name in np.dtypes.__all__
            for kind in [getattr(np.dtypes, name)]
        ),
    ]


def _globals(path: Path) -> set[str]:
    """The classes and functions that a file names, as `package.module.name`."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            inner = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            with archive.open(inner[0]) as file:
                return _named_in(file)
    with path.open("rb") as file:
        return set().union(*(_named_in(file) for _ in range(LEGACY)))


def _named_in(file: IO[bytes]) -> set[str]:
    names = set()
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name == "STACK_GLOBAL":
            raise ValueError(
                "expected pickle protocol 2, got 4 or newer: leave out pickle_protocol"
            )
        if opcode.name == "GLOBAL":
            module, _, name = str(argument).partition(" ")
            module, name = NAME_MAPPING.get(
                (module, name), (IMPORT_MAPPING.get(module, module), name)
            )
            names.add(f"{module}.{name}")
    return names
