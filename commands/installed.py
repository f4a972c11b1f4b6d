"""What is installed, and what Heatcheck asks for."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Requirement:
    """A package that Heatcheck asks for."""

    package: str
    versions: str  # "" is any, ">=2.14,<3" a range, "==0.1.0" one

    @property
    def installed(self) -> str | None:
        """The version that is here; None where the package is not."""
        try:
            return metadata.version(self.package)
        except metadata.PackageNotFoundError:
            return None

    def allows(self, version: str) -> bool:
        """Whether a version lies in the range."""
        return all(
            _holds(version, sign, bound)
            for sign, bound in re.findall(r"([<>=!~]=|[<>])\s*([^,\s]+)", self.versions)
        )


def own_version() -> str:
    """Heatcheck's own version."""
    try:
        return metadata.version("heatcheck")
    except metadata.PackageNotFoundError:
        return f"{_project().get('version', 'of unknown number')}, not installed"


def requirements() -> list[Requirement]:
    """What pyproject.toml asks for; where that file did not come along, what it asked for when the
    package was built.
    """
    asked: list[str] = _project().get("dependencies") or _built_with()
    return [parsed(line) for line in asked if "extra ==" not in line]


def parsed(line: str) -> Requirement:
    """A requirement from its line.

    >>> parsed("torch>=2.14,<3 ; python_version > '3'")
    Requirement(package='torch', versions='>=2.14,<3')
    """
    parts = re.fullmatch(r"\s*([\w.-]+)(?:\[[^]]*\])?\s*\(?([^;)]*).*", line)
    assert parts, line
    package, versions = parts.groups()
    return Requirement(package, versions.strip())


def _project() -> dict[str, Any]:
    try:
        return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except (OSError, KeyError, ValueError):
        return {}


def _built_with() -> list[str]:
    try:
        return metadata.requires("heatcheck") or []
    except metadata.PackageNotFoundError:
        return []


def _holds(version: str, sign: str, bound: str) -> bool:
    """Whether a version stands so to a bound; numbers alone count, `2.4.0+cpu` is 2.4."""
    length = max(version.count("."), bound.count(".")) + 1
    here, there = _numbers(version, length), _numbers(bound.removesuffix(".*"), length)
    if bound.endswith(".*") or sign == "~=":
        kept = bound.count(".")
        same = here[:kept] == there[:kept]
        return {"==": same, "!=": not same, "~=": same and here >= there}[sign]
    return {
        "==": here == there,
        "!=": here != there,
        ">=": here >= there,
        "<=": here <= there,
        ">": here > there,
        "<": here < there,
    }[sign]


def _numbers(version: str, length: int) -> tuple[int, ...]:
    release = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in release[0].split(".")] if release else []
    return (*numbers, *[0] * (length - len(numbers)))
