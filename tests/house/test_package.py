"""What pyproject.toml declares is what the code needs and what the folders hold."""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from heatcheck.tests.doubles.tree import ROOT, imports, modules, pyproject, tops, tracked

PROJECT = pyproject()["project"]
DECLARED = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = {
    extra: [Requirement(line) for line in lines]
    for extra, lines in PROJECT["optional-dependencies"].items()
}
SCRIPTS = ("pages/", "runs/migrations/versions/")


def pins(file: str) -> dict[str, Requirement]:
    """The lines of a file of requirements, without the file that it includes."""
    lines = (ROOT / file).read_text().splitlines()
    found = [Requirement(line) for line in lines if re.match(r"\w", line)]
    return {canonicalize_name(pin.name): pin for pin in found}


def version(pin: Requirement) -> str:
    (exact,) = pin.specifier
    assert exact.operator == "==", pin
    return exact.version


def test_the_packages_are_the_folders_that_hold_modules() -> None:
    """Scripts are carried as data: Streamlit and Alembic run them by their path, nobody imports
    them.
    """
    folders = {Path(name).parent for name in modules() if not name.startswith(SCRIPTS)}
    found = {".".join(("heatcheck", *folder.parts)) for folder in folders}
    assert found == set(pyproject()["tool"]["setuptools"]["packages"])
    for folder in folders:
        assert (ROOT / folder / "__init__.py").exists(), f"{folder} has no __init__.py"
    assert not [name for name in tracked("__init__.py") if name.startswith(SCRIPTS)]


def test_every_requirement_is_pinned_inside_its_range() -> None:
    pinned = pins("requirements.txt")
    assert set(pinned) == {canonicalize_name(need.name) for need in DECLARED}
    for need in DECLARED:
        assert need.specifier.contains(version(pinned[canonicalize_name(need.name)])), need
    developers = pins("requirements-dev.txt")
    for need in (need for needs in EXTRAS.values() for need in needs):
        pin = developers[canonicalize_name(need.name)]
        assert need.specifier.contains(version(pin)), need
        assert need.extras == pin.extras


def test_every_range_has_both_ends() -> None:
    for need in (*DECLARED, *(need for needs in EXTRAS.values() for need in needs)):
        signs = {part.operator for part in need.specifier}
        assert signs in ({"=="}, {">=", "<"}), need


@pytest.mark.parametrize("name", ["asgi.py", "cli.py", "runs/database.py", "report/build.py"])
def test_the_test_of_imports_sees_some(name: str) -> None:
    assert imports(name)


def test_what_the_code_imports_is_declared() -> None:
    """deptry holds the other direction: what is declared is imported."""
    extras = (need for needs in EXTRAS.values() for need in needs)
    declared = {canonicalize_name(need.name) for need in (*DECLARED, *extras)}
    sources = packages_distributions()
    for name in modules():
        for top in tops(name) - sys.stdlib_module_names - {"heatcheck"}:
            distributions = {canonicalize_name(found) for found in sources.get(top, ())}
            assert distributions & declared, f"{name} imports {top}: pyproject.toml has it not"


def test_what_tests_and_tools_import_is_pinned() -> None:
    pinned = {*pins("requirements.txt"), *pins("requirements-dev.txt")}
    sources = packages_distributions()
    for name in (name for name in tracked(".py") if name not in modules()):
        for top in tops(name) - sys.stdlib_module_names - {"heatcheck"}:
            distributions = {canonicalize_name(found) for found in sources.get(top, ())}
            assert distributions & pinned, f"{name} imports {top}: requirements-dev.txt has it not"


def test_the_product_imports_nothing_of_tests_and_tools() -> None:
    for name in modules():
        for module in imports(name):
            assert not module.startswith(("heatcheck.tests", "heatcheck.tools")), (name, module)
