"""The repository as the tests of its structure read it: rooms, tracked files, imports, metadata."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


def pyproject() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def layers() -> list[tuple[str, ...]]:
    """As import-linter holds them, lowest first; those of one line do not know each other. It sees
    no pages, for they are in no package: they stand on ui.
    """
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    (lines,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    found = [tuple(line.split(" | ")) for line in reversed(lines)]
    found.insert(found.index(("ui",)) + 1, ("pages",))
    return found


RANK = {name: rank for rank, names in enumerate(layers()) for name in names}
ROOMS = tuple(name for name in RANK if (ROOT / name).is_dir() and name != "pages")


@cache
def tracked(ending: str = "") -> tuple[str, ...]:
    """The files that git knows, as paths from the root; a new file counts before it is added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return tuple(
        name for name in sorted(set(listed)) if name.endswith(ending) and (ROOT / name).is_file()
    )


def room_of(name: str) -> str:
    """The room that a path or a dotted name from the root lies in; the module, where it lies in the
    root itself.
    """
    return name.replace("/", ".").removesuffix(".py").partition(".")[0]


BESIDE = ("py.typed", ".streamlit/config.toml", "docs/report.schema.json")


def of_product(name: str) -> bool:
    """Whether a path is part of what is installed."""
    return room_of(name) in (*RANK, "__init__") or name in BESIDE


def modules() -> tuple[str, ...]:
    """The paths of the product's modules."""
    return tuple(name for name in tracked(".py") if of_product(name))


def imports(name: str) -> set[str]:
    """What a file imports, anywhere in it, by its full dotted name: `heatcheck.runs.store`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / name).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}: say heatcheck.ROOM, not a place seen from here"
            assert node.module
            whole = node.module == "heatcheck"  # `from heatcheck import report` imports a room
            found |= {f"heatcheck.{alias.name}" for alias in node.names} if whole else {node.module}
    return found


def tops(name: str) -> set[str]:
    """The top-level packages that a file imports."""
    return {module.partition(".")[0] for module in imports(name)}
