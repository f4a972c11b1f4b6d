"""Modules of the user: how one is imported so that it finds its neighbours, and never stands before
ours or a library's.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from heatcheck.core.errors import BadParameter

T = TypeVar("T")
OURS = Path(__file__).resolve().parent.parent


def imported(module: str, folder: str, use: Callable[[ModuleType], T]) -> T:
    """What `use` makes of a module, imported by its name.

    The folder is where the module may lie; it stays on the path behind everything else, since the
    code may import its neighbours at any time. So does what the code itself puts on the path.

    Raises:
        BadParameter: the module has the name of another one, or lies among ours. What the user's
        code raises is not caught.
    """
    import timm  # noqa: F401  before any code that could bring one of its own
    import torchvision  # noqa: F401

    importlib.invalidate_caches()
    beside = PathFinder.find_spec(module.partition(".")[0], [folder]) if folder else None
    if beside is not None:
        _check_place(folder, module)
    before = list(sys.path)
    if beside is not None and folder not in before:
        sys.path.append(folder)
    try:
        if beside is not None and beside.origin:
            _check_name(beside)
        return use(importlib.import_module(module))
    finally:
        sys.path[:] = [*before, *(entry for entry in sys.path if entry not in before)]


def _check_place(folder: str, module: str) -> None:
    """Refuse a module among ours: with our folder on the path, ours would have two names."""
    if Path(folder).resolve() == OURS:
        raise BadParameter(
            f"expected {module} in a folder of its own, got the folder of Heatcheck. Move it to "
            "another one and start there."
        )


def _check_name(beside: ModuleSpec) -> None:
    """Refuse a module where Python would import another one of that name."""
    loaded = sys.modules.get(beside.name)
    if loaded is None:
        spec = importlib.util.find_spec(beside.name)
        origin = None if spec is None else spec.origin
    else:
        origin = getattr(loaded, "__file__", None)
    assert beside.origin is not None
    if origin and Path(origin).is_file() and Path(origin).samefile(beside.origin):
        return
    whose = "Python's own" if beside.name in sys.stdlib_module_names else "another"
    raise BadParameter(
        f"expected to import {beside.origin}, got {whose} module named {beside.name}"
        f"{f', {origin}' if origin else ''}. Rename the file."
    )
