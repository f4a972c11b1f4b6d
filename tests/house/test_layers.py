"""Imports run downwards only, and what is dangerous to import stays where it belongs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from heatcheck.tests.doubles.tree import (
    RANK,
    ROOT,
    imports,
    modules,
    room_of,
    tops,
)

PAGES = tuple(name for name in modules() if name.startswith("pages/"))


def imported_rooms(name: str) -> set[str]:
    """The rooms of ours that a file imports, anywhere in it, its own aside."""
    ours = {module.split(".")[1] for module in imports(name) if module.startswith("heatcheck.")}
    return ours - {room_of(name)}


@pytest.mark.parametrize("name", [name for name in modules() if room_of(name) in RANK])
def test_no_import_runs_up_or_sideways(name: str) -> None:
    """So there is no circle of rooms. Pages are in no package and import-linter sees none of
    them: this test does.
    """
    for room in imported_rooms(name):
        assert RANK[room] < RANK[room_of(name)], f"{name} imports heatcheck.{room}"


def test_import_linter_keeps_its_contracts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as l; l()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def heads(name: str) -> Iterator[str]:
    """What a module imports when it is imported itself, as modules of ours."""
    known = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in modules()
    }
    for node in ast.parse((ROOT / name).read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("heatcheck"):
            place = (node.module or "").partition(".")[2]
            inner = [f"{place}.{alias.name}".strip(".") for alias in node.names]
            yield from (module if module in known else place for module in inner)


def test_no_two_modules_import_each_other() -> None:
    """A circle of modules within a room; a room's __init__, which gathers its modules, aside."""
    graph = {
        name.removesuffix(".py").replace("/", "."): set(heads(name))
        for name in modules()
        if not name.endswith("__init__.py")
    }
    done: set[str] = set()

    def walk(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join((*above, module))
        if module not in done:
            for lower in graph.get(module, ()):
                walk(lower, (*above, module))
            done.add(module)

    for module in graph:
        walk(module, ())


@pytest.mark.parametrize("name", [*PAGES, "dashboard.py"])
def test_pages_do_not_touch_torch_sql_or_plotly(name: str) -> None:
    assert not tops(name) & {"torch", "sqlalchemy", "plotly", "timm", "torchvision"}


@pytest.mark.parametrize("name", PAGES)
def test_pages_have_no_functions(name: str) -> None:
    assert not [
        node
        for node in ast.walk(ast.parse((ROOT / name).read_text()))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ], "a page that needs a function: it belongs in ui/"


def test_no_script_lies_directly_in_pages() -> None:
    assert not list((ROOT / "pages").glob("*.py"))
