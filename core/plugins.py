"""Plugins: modules of others that register methods and metrics with our decorators.

They are named on the command line or in a spec file, and travel to every process in the environment
variable `HEATCHECK_PLUGINS`; or an installed package names them as entry points of the groups
`heatcheck.methods` and `heatcheck.metrics`. One that cannot be loaded takes nothing else away.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from heatcheck.core.errors import BadParameter, shown
from heatcheck.core.foreign_modules import imported

log = logging.getLogger("heatcheck.plugins")

VARIABLE = "HEATCHECK_PLUGINS"  # JSON: a list of pairs, module and folder
METHOD_GROUP, METRIC_GROUP = "heatcheck.methods", "heatcheck.metrics"
OWN = "heatcheck."

_problems: dict[str, str] = {}  # why a plugin could not be loaded, by its name


@dataclass(frozen=True)
class Plugin:
    """A module by its name, and the folder in which it may lie."""

    module: str
    folder: str


def ask_for(modules: Sequence[str]) -> None:
    """Name plugins for this process and those that it starts; they lie in the working folder, or
    are installed.

    Raises:
        BadParameter: a name is none of a module.
    """
    for module in modules:
        if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", module):
            raise BadParameter(
                f"Expected the name of a module as a plugin, as my_methods. Got {shown(module)}. "
                "Leave .py and the folder out, and start where it lies."
            )
    known = named()
    asked = [Plugin(module, str(Path.cwd())) for module in modules]
    fresh = [one for one in asked if one.module not in {plugin.module for plugin in known}]
    pairs = [[plugin.module, plugin.folder] for plugin in (*known, *fresh)]
    os.environ[VARIABLE] = json.dumps(pairs)


def named() -> list[Plugin]:
    """The plugins that the environment names; none where it is not ours to read."""
    try:
        return [Plugin(module, folder) for module, folder in json.loads(os.environ[VARIABLE])]
    except (KeyError, ValueError, TypeError):
        return []


def load_named() -> None:
    """Import what the environment names. What cannot be imported is kept for `check`."""
    for plugin in named():
        _try(plugin.module, partial(imported, plugin.module, plugin.folder, bool))


def load_installed(group: str, register: Callable[[Any], object], kind: type) -> None:
    """Load the entry points of a group: a module that registers its own, or a class, which is
    registered here where it has not done so.
    """
    for entry in entry_points(group=group):
        _try(f"{entry.name} = {entry.value}", partial(_load, entry, register, kind))


def _load(entry: EntryPoint, register: Callable[[Any], object], kind: type) -> None:
    loaded = entry.load()
    if isinstance(loaded, type) and issubclass(loaded, kind):
        register(loaded)


def _try(name: str, load: Callable[[], object]) -> None:
    try:
        load()
        _problems.pop(name, None)
    except Exception as error:
        _problems[name] = f"{type(error).__name__}: {error}"
        log.warning("plugin %s cannot be loaded: %s", name, _problems[name])


def problems() -> dict[str, str]:
    """Why plugins could not be loaded, by their names."""
    return dict(_problems)


def check(modules: Iterable[str]) -> None:
    """Raises BadParameter where one of these could not be loaded."""
    for module in modules:
        if module in _problems:
            raise BadParameter(
                f"Expected the plugin {module} to import. It raised {_problems[module]}. Mend it, "
                "or start without it."
            )


def source_of(cls: type) -> tuple[str, str] | None:
    """The module of a class that is not ours, and the sha256 of its source; None of one of ours."""
    if cls.__module__.startswith(OWN):
        return None
    try:
        return cls.__module__, hashlib.sha256(Path(inspect.getfile(cls)).read_bytes()).hexdigest()
    except (OSError, TypeError):
        return cls.__module__, ""
