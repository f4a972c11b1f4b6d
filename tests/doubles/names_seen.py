"""Put into every process of a Python: writes down under which names our modules are found there.

A line of JSON, when a page runs and when the process ends, into the file that HEATCHECK_NAMES_SEEN
names. It is copied into the environment that is watched, so it stands alone.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

SCRIPTS = ("__main__", "__mp_main__")  # what a process was started with has no other name


def lies_in(home: Path, place: str | None) -> bool:
    """Whether a file or folder is of our package; what is installed in .venv below it is not."""
    if not place or not Path(place).is_absolute():
        return False
    path = Path(place).resolve()
    return path.is_relative_to(home) and path.relative_to(home).parts[:1] != (".venv",)


def without_prefix(home: Path) -> list[str]:
    """The names under which Python finds something in our folder without `heatcheck.` before it."""
    found = []
    stems = {path.stem for path in home.iterdir() if path.stem.isidentifier()}
    for name in sorted(stems - {"heatcheck"}):  # as in heatcheck.egg-info
        if spec := importlib.util.find_spec(name):
            places = [*(spec.submodule_search_locations or ()), spec.origin]
            if any(lies_in(home, place) for place in places):
                found.append(name)
    return found


def names_seen(where: str) -> dict[str, Any]:
    """What of ours is found without `heatcheck.` before it, and what of that is imported."""
    package = sys.modules.get("heatcheck")
    home = Path(package.__file__).resolve().parent if package and package.__file__ else None
    files = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}
    return {
        "where": where,
        "argv": sys.orig_argv,
        "package": home and str(home),
        "found": home and without_prefix(home),
        "imported": sorted(
            name
            for name, file in files.items()
            if home
            and lies_in(home, file)
            and name.partition(".")[0] != "heatcheck"
            and name not in SCRIPTS
        ),
        "modules": sum(name.startswith("heatcheck.") for name in files),
    }


def write(where: str) -> None:
    """Add a line."""
    line = json.dumps(names_seen(where)) + "\n"
    with Path(os.environ["HEATCHECK_NAMES_SEEN"]).open("a") as lines:
        lines.write(line)


def on_event(event: str, given: tuple[Any, ...]) -> None:
    """Streamlit runs a page with `exec`, which Python tells."""
    if event == "exec" and (path := getattr(given[0], "co_filename", "")).endswith(".py"):
        folders = Path(path).parts[-4:]
        if folders[0] == "heatcheck" and "pages" in folders:
            write("page " + "/".join(folders[-2:]))


def watch() -> None:
    """From now to the end of the process."""
    atexit.register(write, "end")
    sys.addaudithook(on_event)


if os.environ.get("HEATCHECK_NAMES_SEEN"):
    watch()
