"""Methods and metrics of others: loaded in every process, refused by name where they are broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from heatcheck.attribution import METHODS, Method
from heatcheck.core import plugins
from heatcheck.core.errors import BadParameter, RunProblem, UnknownName
from heatcheck.metrics import METRICS
from heatcheck.runs import questions, spec_files, specs
from heatcheck.runs.specs import RunSpec

CODE = """
from dataclasses import dataclass

from heatcheck.attribution import METHODS, Method
from heatcheck.core.registry import Citation, parameter

@METHODS.register
@dataclass(frozen=True)
class Mine(Method):
    name = "{name}"
    title = "Mine"
    family = "gradient"
    formula = "x"
    summary = "The picture itself."
    code = "x.sum(1)"
    cite = Citation("Me", 2026, "Mine")
    cannot = "Explain."

    power: float = parameter(1.0, "A power.", low=0.0)

    def attribute(self, target, x, generator):
        return x.sum(1)[0].abs() ** self.power
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing of a plugin stays behind."""
    monkeypatch.setenv(plugins.VARIABLE, "[]")
    monkeypatch.setattr(plugins, "_problems", {})
    monkeypatch.chdir(tmp_path)
    before, path = set(sys.modules), list(sys.path)
    with METHODS.also(), METRICS.also():
        yield
    sys.path[:] = path
    for module in set(sys.modules) - before:
        if not module.startswith(("heatcheck", "timm", "torch")):
            del sys.modules[module]


def test_a_method_of_ones_own_is_asked_for_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "plug_asked.py").write_text(CODE.format(name="mine"))
    questions.plugged(["plug_asked"])
    assert "mine" in METHODS
    spec = specs.ask(methods=["mine", {"name": "mine", "power": 2}], metrics=["sparseness"])
    assert [module for module, _ in spec.plugins] == ["plug_asked"]
    assert RunSpec.from_json(spec.as_json()) == spec
    assert spec.as_asked["plugins"] == ["plug_asked"]
    plain = specs.ask(methods=["mine"], metrics=["sparseness"])
    assert "--plugin plug_asked" in plain.command
    written = tmp_path / "asked.json"
    written.write_text(json.dumps(plain.as_asked))
    assert spec_files.read(written).id == plain.id
    assert specs.ask(methods=["random"]).plugins == ()


def test_other_code_is_another_question_and_a_run_does_not_go_on_with_it(tmp_path: Path) -> None:
    code = tmp_path / "plug_changed.py"
    code.write_text(CODE.format(name="mine"))
    questions.plugged(["plug_changed"])
    spec = specs.ask(methods=["mine"], metrics=["sparseness"])
    questions.check_sources(spec.methods, spec.plugins)
    code.write_text(CODE.format(name="mine") + "# changed")
    assert specs.ask(methods=["mine"], metrics=["sparseness"]).id != spec.id
    with pytest.raises(RunProblem, match=r"the plugin plug_changed .*Its code has changed"):
        questions.check_sources(spec.methods, spec.plugins)


def test_a_run_whose_plugin_is_gone_says_which_one_to_load(tmp_path: Path) -> None:
    (tmp_path / "plug_gone.py").write_text(CODE.format(name="mine"))
    with METHODS.also():
        questions.plugged(["plug_gone"])
        stored = specs.ask(methods=["mine"], metrics=["sparseness"]).as_json()
    with pytest.raises(UnknownName, match=r"Got 'mine'.* Say --plugin plug_gone"):
        RunSpec.from_json(stored)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        (CODE.format(name="grad_cam"), "Expected a new method name"),
    ],
)
def test_a_broken_plugin_is_named_and_takes_nothing_else_away(
    tmp_path: Path, code: str, words: str
) -> None:
    (tmp_path / "plug_broken.py").write_text(code)
    (tmp_path / "plug_whole.py").write_text(CODE.format(name="mine"))
    with pytest.raises(BadParameter, match=f"the plugin plug_broken .*{words}"):
        questions.plugged(["plug_broken", "plug_whole"])
    assert "mine" in METHODS


@pytest.mark.parametrize("name", ["my-methods", "methods.py:make", "../mine", "", "a b"])
def test_a_plugin_has_the_name_of_a_module(name: str) -> None:
    with pytest.raises(BadParameter, match="the name of a module"):
        questions.plugged([name])


def test_a_plugin_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadParameter, match=r"the plugin plug_nowhere .*No module named"):
        questions.plugged(["plug_nowhere"])


def test_other_processes_load_what_the_environment_names(tmp_path: Path) -> None:
    (tmp_path / "plug_worker.py").write_text(CODE.format(name="mine"))
    plugins.ask_for(["plug_worker"])
    asked = "import heatcheck.metrics; from heatcheck.attribution import METHODS"
    worked = subprocess.run(
        [sys.executable, "-c", f"{asked}; print(METHODS['mine'].title)"],
        cwd="/",
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    assert worked.stdout == "Mine\n"


def test_installed_packages_name_their_methods(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that registers its own, a class that does not, and a broken one."""
    (tmp_path / "plug_entry.py").write_text(CODE.format(name="mine"))
    bare = CODE.format(name="other").replace("@METHODS.register\n", "")
    (tmp_path / "plug_class.py").write_text(bare)
    monkeypatch.syspath_prepend(str(tmp_path))
    values = {"a": "plug_entry", "b": "plug_class:Mine", "c": "plug_none", "d": "plug_entry:Mine"}
    points = [EntryPoint(name, value, plugins.METHOD_GROUP) for name, value in values.items()]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    plugins.load_installed(plugins.METHOD_GROUP, METHODS.adopt, Method)
    assert {"mine", "other"} <= set(METHODS)
    assert list(plugins.problems()) == ["c = plug_none"]
