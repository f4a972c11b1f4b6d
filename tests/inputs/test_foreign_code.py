"""The user's code: it gets its own modules, we get ours and the libraries'; in real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from heatcheck.core.errors import BadParameter, ClassifierUnavailable
from heatcheck.inputs import foreign_code, own_networks
from heatcheck.runs.store import Store

ROOT = Path(__file__).parent.parent.parent
OURS = sorted(path.stem for path in ROOT.iterdir() if path.suffix == ".py" and path.stem[0] != "_")
ROOMS = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
STARTS = {
    "console script": [str(Path(sys.executable).parent / "heatcheck")],
    "python -m": [sys.executable, "-m", "heatcheck.cli"],
}
NEIGHBOURS = ("metrics.py", "evaluation/__init__.py", "ui.py", "report.py", "cli.py", "utils.py")
NETWORK = """
import torch
import metrics, evaluation, ui, report, cli, utils

ALL = ("metrics", "evaluation", "ui", "report", "cli", "utils")

def check():
    import metrics, evaluation, ui, report, cli, utils
    for module in (metrics, evaluation, ui, report, cli, utils):
        assert module.MINE == module.__name__, module
    from heatcheck import metrics as ours
    assert len(ours.METRICS) > 20 and not hasattr(ours, "MINE")
    import timm
    assert timm.create_model

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 5, 4), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1),
            torch.nn.Flatten(), torch.nn.Linear(4, 3),
        )

    def forward(self, x):
        check()
        return self.layers(x)

def make():
    check()
    torch.manual_seed(0)
    return Network(), {"size": 48, "mean": [0.5] * 3, "std": [0.5] * 3}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder: a network, modules with names that we have too, a timm.py, photographs."""
    for name in NEIGHBOURS:
        path = tmp_path / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("MINE = __name__\n")
    work = tmp_path / "work"
    (work / "timm.py").write_text("raise SystemExit('the timm.py of the user ran')\n")
    (work / "network.py").write_text(NETWORK)
    (work / "photos").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    PIL.Image.fromarray(pixels).save(work / "photos" / "one.png")
    return work


def started(
    command: list[str], folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def run_of(classifier: str, store: Path, start: str, *words: str) -> list[str]:
    return [
        *STARTS[start],
        "run",
        "--classifier",
        classifier,
        "--methods",
        "vanilla_gradients,random",
        "--metrics",
        "total_variation",
        "--points",
        "3",
        "--store",
        f"sqlite:///{store}",
        *words,
    ]


@pytest.mark.parametrize("start", STARTS)
def test_a_network_among_modules_with_our_names_runs(start: str, folder: Path) -> None:
    place = folder.parent / "store.db"
    done = started(run_of("network:make", place, start, "--images", "photos"), folder)
    assert done.returncode == 0, done.stderr
    store = Store(f"sqlite:///{place}")
    (run,) = store.runs.all()
    table = store.results.table(run.id)
    store.engine.dispose()
    assert run.status == "finished"
    assert set(table["method"]) == {"vanilla_gradients", "random"}
    assert table["value"].notna().all()


@pytest.mark.parametrize(
    ("start", "name", "whose"),
    [("console script", "json", "Python's own module"), ("python -m", "scipy", "another module")],
)
def test_a_module_with_the_name_of_a_library_is_told_and_not_run(
    start: str, name: str, whose: str, folder: Path
) -> None:
    (folder / f"{name}.py").write_text("raise SystemExit('ran')\n")
    done = started(run_of(f"{name}:make", folder / "s.db", start), folder)
    assert done.returncode == 2, done.stderr
    assert f"expected to import {folder / name}.py, got {whose} named {name}" in done.stderr
    assert "Rename the file" in done.stderr


SPY = """
import importlib.util, os, sys, torch

NAMES = {names!r}

def note(where):
    known = []
    for name in NAMES:
        if name in sys.modules or importlib.util.find_spec(name):
            known.append(name)
    with open({told!r}, "a") as file:
        file.write(f"{{where}} {{os.getpid()}} {{known}}\\n")

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = torch.nn.Linear(3, 2)

    def forward(self, x):
        note("forward")
        return self.head(x.mean((2, 3)))

def make():
    note("make")
    torch.manual_seed(0)
    return Network(), {{"size": 48, "mean": [0.5] * 3, "std": [0.5] * 3}}
"""


@pytest.mark.parametrize("start", STARTS)
def test_started_in_our_folder_no_module_of_ours_has_two_names(start: str, tmp_path: Path) -> None:
    """In the process of the command, where the network is made, and in the worker's."""
    told = tmp_path / "told.txt"
    (tmp_path / "spy.py").write_text(SPY.format(names=[*OURS, *ROOMS], told=str(told)))
    command = run_of("spy:make", tmp_path / "s.db", start, "--only", "photo_00")
    done = started(command, ROOT, {"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 2) for line in told.read_text().splitlines()]
    assert {where for where, _, _ in lines} == {"make", "forward"}
    assert len({process for _, process, _ in lines}) == 2
    assert {known for _, _, known in lines} == {"[]"}


def test_a_page_of_the_server_leaves_the_path_as_it_is() -> None:
    """Streamlit would put our folder first while a page runs."""
    told = started(
        [
            sys.executable,
            "-P",
            "-c",
            textwrap.dedent(
                f"""
                import importlib.util, sys
                from heatcheck import asgi
                from streamlit.runtime.scriptrunner import script_runner
                before = list(sys.path)
                with script_runner.modified_sys_path({str(ROOT / "dashboard.py")!r}):
                    assert sys.path == before
                    names = {[*OURS, *ROOMS]!r}
                    print([name for name in names if importlib.util.find_spec(name)])
                """
            ),
        ],
        ROOT,
    )
    assert told.stdout.strip() == "[]", told.stderr


# -- in this process -------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def path_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", sys.modules)


def test_the_folder_and_what_the_code_puts_first_come_last(tmp_path: Path) -> None:
    (tmp_path / "pushes_itself.py").write_text(
        "import sys\nsys.path.insert(0, '/pushed')\ndef make():\n    return sys.path[0]\n"
    )
    before = list(sys.path)
    assert foreign_code.call("pushes_itself:make", str(tmp_path)) == "/pushed"
    assert sys.path[: len(before)] == before
    assert set(sys.path[len(before) :]) == {"/pushed", str(tmp_path)}


def test_the_folder_is_left_off_where_the_module_is_elsewhere(tmp_path: Path) -> None:
    before = list(sys.path)
    assert foreign_code.call("platform:python_version", str(tmp_path))
    assert sys.path == before


def test_two_networks_of_one_name_are_not_taken_for_each_other(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same_name_twice.py").write_text(f"def make():\n    return {name!r}\n")
    assert foreign_code.call("same_name_twice:make", str(tmp_path / "first")) == "first"
    assert foreign_code.call("same_name_twice:make", str(tmp_path / "first")) == "first"
    with pytest.raises(BadParameter, match=r"second.same_name_twice.py, got another module named"):
        foreign_code.call("same_name_twice:make", str(tmp_path / "second"))


def test_a_network_among_our_own_modules_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(ClassifierUnavailable, match="in a folder of its own, got the folder of"):
        own_networks.asked("dashboard:main")
    assert str(ROOT) not in sys.path[1:]
