"""The wheel: what it carries, and that it works away from the checkout, where nothing of ours has a
second name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from heatcheck.tests.doubles import names_seen
from heatcheck.tests.doubles.browsing import NEEDS_CHROMIUM, PAGES, ROOT, opened, server, settled
from heatcheck.tests.doubles.tree import of_product, pyproject, tracked

ASKED = (
    *("--only", "photo_00,photo_01", "--methods", "vanilla_gradients,random"),
    *("--metrics", "deletion,total_variation", "--points", "3"),
)


@dataclass(frozen=True)
class Installed:
    """A fresh environment with the wheel in it, and a folder of a user's own."""

    wheel: Path
    environment: Path
    folder: Path
    settings: dict[str, str]

    def heatcheck(self, *arguments: str) -> str:
        """What the installed command prints, in the user's folder."""
        return said([self.command, *arguments], self.folder, self.settings)

    @property
    def command(self) -> Path:
        return self.environment / "bin" / "heatcheck"

    @property
    def package(self) -> Path:
        (found,) = self.environment.glob("lib/python*/site-packages/heatcheck")
        return found

    def seen(self) -> list[dict[str, Any]]:
        """What each process wrote about the names of our modules."""
        lines = Path(self.settings["HEATCHECK_NAMES_SEEN"]).read_text().splitlines()
        return [line for line in map(json.loads, lines) if line["package"]]


def said(command: list[str | Path], cwd: Path, settings: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=settings, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def folders_of_dependencies() -> list[Path]:
    """Where the tests' environment keeps what Heatcheck needs; our own package is not there."""
    needs = [Requirement(line) for line in pyproject()["project"]["dependencies"]]
    return sorted({Path(str(distribution(need.name).locate_file(""))) for need in needs})


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel of a clean copy of the tracked files, in an environment of its own."""
    top = tmp_path_factory.mktemp("wheel")
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    settings["HEATCHECK_DATABASE_URL"] = f"sqlite:///{top / 'browser.db'}"
    settings["HEATCHECK_NAMES_SEEN"] = str(top / "names-seen.jsonl")

    for name in tracked():
        (top / "clean" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, top / "clean" / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    offline = ["--no-deps", "--no-index"]
    build = [*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", top / "made", "."]
    said(build, top / "clean", settings)
    (wheel,) = (top / "made").iterdir()

    environment = top / "environment"
    said([sys.executable, "-m", "venv", "--without-pip", environment], top, settings)
    python = environment / "bin" / "python"
    said([*pip, "--python", python, "install", *offline, wheel], top, settings)
    (packages,) = environment.glob("lib/python*/site-packages")
    shutil.copy(names_seen.__file__, packages)
    shared = "\n".join(str(folder) for folder in folders_of_dependencies())
    (packages / "shared.pth").write_text(f"{shared}\nimport names_seen\n")
    (top / "elsewhere").mkdir()
    yield Installed(wheel, environment, top / "elsewhere", settings)
    shutil.rmtree(environment)


def test_the_wheel_carries_the_product_and_nothing_else(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
        (top,) = [name for name in names if name.endswith(".dist-info/top_level.txt")]
        assert wheel.read(top).decode().split() == ["heatcheck"]
    carried = {name for name in names if ".dist-info/" not in name}
    assert carried == {f"heatcheck/{name}" for name in tracked() if of_product(name)}
    for name in ("dashboard.py", "asgi.py", "cli.py", ".streamlit/config.toml", "ui/icon.png"):
        assert f"heatcheck/{name}" in carried
    assert {"heatcheck/report/page.html", "heatcheck/pages/explore/compare.py"} <= carried


def test_the_shared_folders_hold_no_heatcheck() -> None:
    """Or the test below might run the checkout instead of the wheel."""
    for folder in folders_of_dependencies():
        assert not (folder / "heatcheck").exists()


@pytest.fixture(scope="module")
def run(installed: Installed) -> str:
    """The id of a small run that the installed command made."""
    printed = installed.heatcheck("run", *ASKED)
    assert re.search(r"^4 maps, 0 scores failed", printed, re.M), printed
    return printed.split()[-1]


def test_the_wheel_runs_and_reports_from_another_folder(installed: Installed, run: str) -> None:
    assert f"{run}  finished" in installed.heatcheck("list")
    installed.heatcheck("report", run, "--out", "report.html")
    assert "Vanilla Gradients" in (installed.folder / "report.html").read_text()
    workers, commands = [], []
    for process in installed.seen():
        (workers if "--multiprocessing-fork" in process["argv"] else commands).append(process)
    assert_one_name(installed, [process for process in commands if "run" in process["argv"]])
    assert_one_name(installed, workers)


@pytest.mark.browser
@NEEDS_CHROMIUM
def test_the_wheel_serves_every_page_from_another_folder(
    installed: Installed, run: str, browser: Any
) -> None:
    command, folder = [installed.command], installed.folder
    top = installed.environment.parent  # where the run's store is
    settings = {
        "PYTHONPATH": "",
        "HEATCHECK_NAMES_SEEN": installed.settings["HEATCHECK_NAMES_SEEN"],
    }
    with server(top, command, folder, **settings) as url, opened(browser, url) as page:
        for path, heading in PAGES.items():
            page.goto(f"{url}{path}")
            page.get_by_role("heading", name=heading).wait_for(timeout=120_000)
            settled(page)
            assert page.get_by_test_id("stException").count() == 0
        assert run[:6] in page.content()
    pages = [process for process in installed.seen() if process["where"].startswith("page")]
    assert {process["where"] for process in pages} == {
        "page " + "/".join(Path(name).parts[1:]) for name in tracked(".py") if "pages/" in name
    }
    assert_one_name(installed, pages)


def assert_one_name(installed: Installed, processes: list[dict[str, Any]]) -> None:
    """Each ran the wheel's modules, and found them as `heatcheck.*` alone."""
    assert processes
    for process in processes:
        assert process["package"] == str(installed.package.resolve())
        assert process["modules"] > 10
        assert process["found"] == [], process
        assert process["imported"] == [], process
