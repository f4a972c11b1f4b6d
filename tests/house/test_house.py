"""The house: what pages may import, where dangers live, and that docs name everything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from heatcheck.attribution import METHODS
from heatcheck.tests.doubles.tree import ROOMS, ROOT, tops

SOURCES = [path for folder in (*ROOMS, "pages") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_only_one_file_sets_hooks_and_only_one_seeds() -> None:
    setting = re.compile(r"register_\w*hook|_(forward|backward)_(pre_)?hooks\b")
    for path in SOURCES:
        text = path.read_text()
        hooks = path.relative_to(ROOT) == Path("attribution/hooks.py")
        assert bool(setting.search(text)) == hooks, path
        if path.name != "randomness.py":
            assert "manual_seed(" not in text or "Generator().manual_seed" in text, path
        assert "torch.manual_seed" not in text, path
        assert "np.random.seed" not in text, path


def test_the_command_line_and_the_server_import_nothing_heavy_at_their_head() -> None:
    """`heatcheck --help` is quick, and a worker that imports the file again draws no page."""
    loaded = (
        "import sys; before = set(sys.modules); from heatcheck import cli; "
        "early = set(sys.modules) - before; cli.parser(); "
        "print({'argparse', 'pathlib'} & early, {'torch', 'numpy', 'pandas', 'sqlalchemy', "
        "'heatcheck.runs', 'heatcheck.inputs', 'heatcheck.metrics'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout == "set() set()\n"
    assert "torch" not in tops("asgi.py")


@pytest.mark.parametrize(
    "module", sorted(path.stem for path in (ROOT / "metrics").glob("[!_]*.py"))
)
def test_every_file_of_metrics_has_its_file_of_tests(module: str) -> None:
    assert "def test_" in (ROOT / "tests" / "metrics" / f"test_{module}.py").read_text()


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_a_test_beside_those_that_all_methods_have(name: str) -> None:
    everyone = ("test_registry.py", "test_methods.py")
    texts = [
        path.read_text()
        for path in (ROOT / "tests" / "attribution").glob("test_*.py")
        if path.name not in everyone
    ]
    assert any(f'"{name}"' in text or METHODS[name].__name__ in text for text in texts)


DROPPED = """
from dataclasses import dataclass
from heatcheck.attribution.base import METHODS, Method
from heatcheck.core.registry import Citation, parameter

@METHODS.register
@dataclass(frozen=True)
class Dropped(Method):
    \"\"\"A method in a file of its own.\"\"\"
    name = "dropped_in"
    title = "Dropped In"
    family = "gradient"
    formula = "1"
    summary = "One."
    code = "one"
    cannot = "Do anything."
    cite = Citation("A", 2020, "B")
    power: float = parameter(1.0, "Power.", low=0.0, high=2.0, unit="powers", why="One.")

    def attribute(self, target, x, generator):
        return target.gradient(x)[0].abs().amax(0) ** self.power
"""
FINDS = """
import torch
from streamlit.testing.v1 import AppTest
from heatcheck.attribution import METHODS, Target, attribute
from heatcheck import attribution
assert attribution.__file__.startswith(HERE), attribution.__file__
assert "dropped_in" in METHODS
model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
x = torch.ones(1, 3, 2, 2)
assert attribute(METHODS.build("dropped_in"), Target(model, 0, x), x).map.shape == (2, 2)
from heatcheck.runs import specs
asked = specs.ask(methods=["dropped_in", "random"])
assert [method.name for method in asked.methods] == ["dropped_in", "random"]
assert "dropped_in" not in [method.name for method in specs.ask().methods]
page = AppTest.from_file(HERE + "/pages/evaluate/runs.py", default_timeout=60).run()
assert not page.exception, page.exception
(methods,) = [one for one in page.multiselect if one.label == "Methods"]
assert "Dropped In" in methods.options
page = AppTest.from_file(HERE + "/pages/explore/methods.py", default_timeout=60).run()
assert not page.exception, page.exception
assert "Dropped In" in [one.value for one in page.subheader]
"""


def test_a_new_method_is_one_file(tmp_path: Path) -> None:
    """In a copy of the project: the file is dropped in, and the registry, the runs, the command
    line and the pages have it.
    """
    copy = tmp_path / "heatcheck"
    for name in (*ROOMS, "pages"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("__init__.py", "cli.py"):
        shutil.copy(ROOT / name, copy)
    (copy / "attribution" / "dropped.py").write_text(DROPPED)
    (tmp_path / "finds.py").write_text(f"HERE = {str(copy)!r}\n{FINDS}")
    settings = {
        **os.environ,
        "HEATCHECK_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "PYTHONPATH": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "finds.py"],
        cwd=tmp_path,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    asked = [
        sys.executable,
        "-m",
        "heatcheck.cli",
        "run",
        "--methods",
        "dropped_in",
        "--points",
        "1",
    ]  # one point is refused, after the name is known
    refused = subprocess.run(
        asked, cwd=tmp_path, env=settings, capture_output=True, text=True, check=False, timeout=300
    )
    assert refused.returncode == 2
    assert "points" in refused.stderr
    assert "dropped_in" not in refused.stderr


def test_nothing_in_the_project_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    for name in filter(None, listed):
        path = ROOT / name
        if (
            path.suffix in (".png", ".npy")
            or name == "tests/house/test_house.py"
            or not path.is_file()
        ):
            continue
        assert not re.search(
            r"/(work|farm|root)/|pypi\.org|registry\.npmjs|deb\.debian", path.read_text()
        ), name
