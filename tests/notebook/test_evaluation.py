"""A model object and images become a run: the numbers that it has by a name, and it stays as it
was.
"""

from __future__ import annotations

import copy
import importlib.util
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest
import torch
from torch import Tensor, nn

import heatcheck
from heatcheck import cli
from heatcheck.core.errors import (
    BadImage,
    BadParameter,
    ClassifierUnavailable,
    HeatcheckError,
    RunProblem,
    UnknownName,
)
from heatcheck.inputs import classifiers, image_sets, memory
from heatcheck.runs import engine, worker
from heatcheck.runs.store import Store
from heatcheck.runs.tables import COLUMNS
from heatcheck.tests.doubles.runs import without_experiments
from heatcheck.tests.doubles.small_runs import SIDE, picture, run_on

FEW: dict[str, Any] = {
    "methods": ["vanilla_gradients", "random"],
    "metrics": ["deletion", "deletion_exchange"],
    "points": 3,
    "progress": False,
}
ALIKE = [column for column in COLUMNS if column not in ("run", "classifier", "seconds")]


@pytest.fixture(autouse=True, scope="module")
def tried_before() -> Iterator[None]:
    """The experiments on small networks take long and are tested elsewhere: planted here."""
    with without_experiments():
        yield


@pytest.fixture(scope="module")
def result(pictures: np.ndarray) -> heatcheck.Result:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 30 * 30, 2))
    return heatcheck.evaluate(
        model,
        pictures,
        labels=["red", "red", 0, 0, "red", "none"],
        classes=["red", "none"],
        **{**FEW, "metrics": None},
    )


def test_the_numbers_are_those_of_the_same_network_by_its_name(tmp_path: Path) -> None:
    spots = {"red/a": (2, 2), "red/b": (20, 4), "red/c": (10, 22), "none/d": None}
    drawn = {name: picture(spot, ord(name[-1])) for name, spot in spots.items()}
    asked: dict[str, Any] = {
        "methods": ["vanilla_gradients", "smoothgrad", "grad_cam", "random"],
        "metrics": ["deletion", "insertion", "deletion_exchange", "fineness"],
    }
    store, run = run_on(tmp_path, drawn, "by_name", **asked)
    spec = importlib.util.spec_from_file_location("by_name_again", tmp_path / "by_name.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model, settings = module.make()
    held = heatcheck.evaluate(
        model,
        tmp_path / "images",
        classes=settings["labels"],
        mean=settings["mean"],
        std=settings["std"],
        size=SIDE,
        points=9,
        progress=False,
        **asked,
    )
    pd.testing.assert_frame_equal(
        store.results.table(run)[ALIKE], held.table[ALIKE], check_exact=True
    )
    pd.testing.assert_frame_equal(store.results.curves(run), held.curves, check_exact=True)
    there = {(image, key): heat for image, key, heat in store.results.maps(run)}
    assert len(there) == 16
    for (image, key), heat in there.items():
        np.testing.assert_array_equal(heat, held.maps[image][key])
    store.engine.dispose()


def test_a_result_has_the_run_as_tables_and_sentences(result: heatcheck.Result) -> None:
    assert list(result.table.columns) == COLUMNS
    assert set(result.table["label"]) == {0, 1}
    assert set(result.leaderboard["method"]) == {"vanilla_gradients", "random"}
    row = result.leaderboard.set_index(["method", "metric"]).loc["random", "deletion"]
    own = result.table.query("method == 'random' and metric == 'deletion'")["value"]
    assert row["mean"] == pytest.approx(own.mean(), abs=1e-12)
    assert (row["n"], row["unit"], row["better"]) == (6, "probability", "lower")
    assert {"about", "claim", "verdict", "measured"} <= set(result.verdicts.columns)
    assert len(result.verdicts) > 5
    assert result.answer.startswith(("Trust", "Too few", "Not measured"))
    assert list(result.curves.columns)[:3] == ["image", "method", "metric"]
    assert result.maps["image_0"]["random"].shape == (32, 32)
    assert result.answer in repr(result)


def test_a_report_is_written_in_the_format_of_its_ending(
    result: heatcheck.Result, tmp_path: Path
) -> None:
    for ending, begins in ((".html", "<!doctype html>"), (".md", "# Which"), (".json", "{")):
        file = result.report(tmp_path / "new" / f"report{ending}")
        assert file.read_text(encoding="utf-8").startswith(begins)
    with pytest.raises(BadParameter, match=r"\.html, \.md"):
        result.report(tmp_path / "report.docx")


def test_the_report_says_how_the_question_is_asked_again(
    result: heatcheck.Result, tmp_path: Path
) -> None:
    text = result.report(tmp_path / "report.md").read_text()
    assert "heatcheck run --classifier" not in text
    assert "heatcheck.evaluate(model, images" in text


def test_what_jupyter_shows_stands_alone(result: heatcheck.Result) -> None:
    html = result._repr_html_()
    assert result.answer.split(".")[0] in html
    assert html.count('src="data:image/png;base64,') == 4  # the picture, two maps, the legend
    assert html.count("<script") == 2  # the maps as data, and what draws them
    for forbidden in ('src="http', "http://", "https://", "@import", "url(", "<link", "eval("):
        assert forbidden not in html


def test_a_model_is_left_as_it_was(network: Any, pictures: np.ndarray) -> None:
    network.head.weight.requires_grad_(False)
    seen: list[int] = []
    handle = network.red.register_forward_hook(lambda *_: seen.append(1))
    before = copy.deepcopy(network.state_dict())
    flags = [one.requires_grad for one in network.parameters()]
    own = {path: id(module) for path, module in network.named_modules()}
    state = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    heatcheck.evaluate(network, pictures, **FEW)
    assert network.training
    assert all(module.training for module in network.modules())
    assert [one.requires_grad for one in network.parameters()] == flags
    assert all(one.grad is None for one in network.parameters())
    assert {path: id(module) for path, module in network.named_modules()} == own
    assert len(network.red._forward_hooks) == 1
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])
    assert torch.equal(torch.get_rng_state(), state[0])
    assert (np.random.get_state()[1] == state[1]).all()
    assert random.getstate() == state[2]
    handle.remove()


def test_a_model_that_draws_leaves_the_random_state_too(pictures: np.ndarray) -> None:
    class Draws(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            noise = torch.rand(()) + np.random.rand() + random.random()
            return torch.stack([x.mean((1, 2, 3)) + 0 * noise, 0 * x.mean((1, 2, 3))], 1)

    state = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    heatcheck.compare(Draws(), pictures[0], methods=["random"])
    assert torch.equal(torch.get_rng_state(), state[0])
    assert (np.random.get_state()[1] == state[1]).all()
    assert random.getstate() == state[2]


def test_the_same_weights_ask_the_same_question(
    network: nn.Module, pictures: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "runs.db"
    first = heatcheck.evaluate(network, pictures, store=place, **FEW)
    made: list[object] = []
    monkeypatch.setattr(worker, "run_cell", lambda cell: made.append(cell))
    again = heatcheck.evaluate(copy.deepcopy(network).eval(), pictures, store=place, **FEW)
    assert (again.run, made) == (first.run, [])
    pd.testing.assert_frame_equal(again.table, first.table)


def test_other_weights_ask_another_question(
    network: nn.Module, pictures: np.ndarray, tmp_path: Path
) -> None:
    first = heatcheck.evaluate(network, pictures, store=tmp_path / "runs.db", **FEW)
    with torch.no_grad():
        network.head.bias[0] += 0.01  # type: ignore[union-attr, operator]
    second = heatcheck.evaluate(network, pictures, store=tmp_path / "runs.db", **FEW)
    assert first.run != second.run
    assert not first.table["probability"].equals(second.table["probability"])


def test_a_model_of_the_same_name_that_answers_otherwise_is_refused(
    network: nn.Module, pictures: np.ndarray, tmp_path: Path
) -> None:
    factor = [1.0]
    network.register_forward_hook(lambda module, x, logits: factor[0] * logits)
    heatcheck.evaluate(network, pictures, store=tmp_path / "runs.db", **FEW)
    factor[0] = 0.5
    with pytest.raises(RunProblem, match=r"code that it calls has changed"):
        heatcheck.evaluate(network, pictures, store=tmp_path / "runs.db", **FEW)


def test_nothing_is_held_afterwards(
    network: nn.Module, pictures: np.ndarray, tmp_path: Path
) -> None:
    made = heatcheck.evaluate(network, pictures, store=tmp_path / "runs.db", **FEW)
    known = Store(made.store.url).runs.get(made.run)
    assert (memory._models, memory._images) == ({}, {})
    with pytest.raises(ClassifierUnavailable, match=r"memory of a Python process"):
        classifiers.load(known.spec.classifier)
    with pytest.raises(BadImage, match=r"memory of a Python process"):
        image_sets.load(known.spec.source)


def test_a_run_of_a_model_in_memory_is_shown_but_not_gone_on_with(
    network: nn.Module,
    pictures: np.ndarray,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = heatcheck.evaluate(network, pictures, store=tmp_path / "runs.db", **FEW)
    url = ["--store", made.store.url]
    assert cli.main(["show", made.run, *url]) == 0
    assert made.notes[0] in capsys.readouterr().out
    assert cli.main(["resume", made.run, *url]) == 2
    said = capsys.readouterr().err
    assert "memory of a Python process" in said
    assert "heatcheck.evaluate" in said


def interrupt(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Ctrl-C comes while a map is made, once there are `at`."""
    real, count = worker.make_map, [0]

    def stopping(cell: Any) -> Any:
        count[0] += 1
        if count[0] > at:
            raise KeyboardInterrupt
        return real(cell)

    monkeypatch.setattr(worker, "make_map", stopping)


@pytest.mark.parametrize("given", [True, False])
def test_an_interrupted_call_says_how_to_go_on_and_goes_on(
    network: nn.Module,
    pictures: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: bool,
) -> None:
    place = str(tmp_path / "runs.db") if given else None
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with monkeypatch.context() as patch:
        interrupt(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            heatcheck.evaluate(network, pictures, store=place, **FEW)
    said = capsys.readouterr().err
    assert "the same call, with store='" in said
    where = said.split("store='")[1].split("'")[0]
    half = Store(where if "://" in where else f"sqlite:///{where}")
    (stopped,) = half.runs.all()
    assert stopped.status == "cancelled"
    assert 5 <= stopped.done < stopped.total
    half.engine.dispose()
    whole = heatcheck.evaluate(network, pictures, store=where, **FEW)
    fresh = heatcheck.evaluate(network, pictures, **FEW)
    pd.testing.assert_frame_equal(whole.table[ALIKE], fresh.table[ALIKE], check_exact=True)


def test_a_store_of_its_own_lasts_as_long_as_the_result(
    network: nn.Module, pictures: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = heatcheck.evaluate(network, pictures, **FEW)
    (folder,) = tmp_path.iterdir()
    assert made.store.runs.get(made.run).status == "finished"
    del made
    assert not folder.exists()
    with pytest.raises(HeatcheckError):
        heatcheck.evaluate(network, pictures, **{**FEW, "methods": ["grad_camm"]})
    assert not list(tmp_path.iterdir())


def test_progress_says_how_far_and_what_was_assumed(
    network: nn.Module, pictures: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    heatcheck.evaluate(network, pictures[:2], **{**FEW, "progress": True})
    said = capsys.readouterr().err
    assert "No mean and std are given: the model gets pixels in [0, 1] as they are." in said
    assert "100 %" in said
    assert "4 maps" in said
    heatcheck.evaluate(network, pictures[:2], **FEW)
    assert capsys.readouterr().err == ""


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "too few labels": ({"labels": ["a"]}, BadParameter, "1 labels and 6 images"),
    "a label that is no class": (
        {"labels": ["a"] * 5 + ["c"], "classes": ["a", "b"]},
        UnknownName,
        "Known: a, b",
    ),
    "a label beyond the classes": ({"labels": [0, 0, 0, 0, 0, 2]}, BadParameter, "from 0 to 1"),
    "labels as a text": ({"labels": "a"}, BadParameter, "labels as a list"),
    "too many classes": ({"classes": ["a", "b", "c"]}, ClassifierUnavailable, "2 classes, got 3"),
    "a class twice": ({"classes": ["a", "a"]}, BadParameter, "twice"),
    "mean alone": ({"mean": 0.5}, BadParameter, "mean and std together"),
    "std of zero": ({"mean": 0.5, "std": 0.0}, BadParameter, "std above zero"),
    "other channels": ({"mean": [0, 0], "std": [1]}, BadParameter, "a mean and a std for each"),
    "a mean of bytes": ({"mean": 123.7, "std": 58.4}, BadParameter, "Divide it by 255"),
    "a method that is not there": ({"methods": ["grad_camm"]}, UnknownName, "grad_cam"),
    "methods as a text": ({"methods": "grad_cam"}, BadParameter, "lists"),
    "a method that is a number": ({"methods": [1]}, BadParameter, "by its name"),
    "a seed below zero": ({"seed": -1}, BadParameter, "seed"),
    "a size of words": ({"size": "large"}, BadParameter, "whole number of pixels"),
    "a store that is a number": ({"store": 3}, BadParameter, "a file, a SQLAlchemy URL"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_before_anything_is_computed(
    case: str, network: nn.Module, pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, kind, said = WRONG[case]
    monkeypatch.setattr(engine, "execute", lambda *_: pytest.fail("it was computed"))
    with pytest.raises(kind, match=said):
        heatcheck.evaluate(network, pictures, **{**FEW, **words})


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("resnet18", "a torch.nn.Module. Got str"),
        (nn.Conv2d(3, 2, 3), "expected outputs"),
        (nn.Linear(4, 2), "does not take an input of"),
    ],
    ids=["a name", "a map of logits", "another input"],
)
def test_a_model_that_does_not_answer_is_refused(
    model: Any, said: str, pictures: np.ndarray
) -> None:
    with pytest.raises(HeatcheckError, match=said):
        heatcheck.evaluate(model, pictures, **FEW)


def test_files_need_the_size_of_the_input(
    network: nn.Module, pictures: np.ndarray, tmp_path: Path
) -> None:
    files = [tmp_path / f"{place}.png" for place in range(3)]
    for file, pixels in zip(files, pictures, strict=False):
        PIL.Image.fromarray(pixels).save(file)
    with pytest.raises(BadParameter, match=r"Expected size="):
        heatcheck.evaluate(network, files, **FEW)
    made = heatcheck.evaluate(network, files, labels=[0, 0, 1], size=32, **FEW)
    assert list(made.table["image"].unique()) == ["0", "1", "2"]
    with pytest.raises(BadParameter, match=r"labels beside a folder"):
        heatcheck.evaluate(network, tmp_path, labels=[0, 0, 1], size=32, **FEW)


def test_double_precision_is_cast_and_said(network: nn.Module, pictures: np.ndarray) -> None:
    plain = heatcheck.evaluate(network, pictures, **FEW)
    double = heatcheck.evaluate(copy.deepcopy(network).double(), pictures, **FEW)
    assert any("double precision" in note for note in double.notes)
    pd.testing.assert_series_equal(plain.table["value"], double.table["value"])


def test_importing_heatcheck_imports_nothing_heavy() -> None:
    import subprocess

    code = (
        "import sys, heatcheck; assert 'evaluate' in dir(heatcheck); "
        "print({'torch', 'numpy', 'pandas', 'heatcheck.core'} & set(sys.modules)); "
        "assert heatcheck.evaluate.__module__ == 'heatcheck.notebook.evaluation'"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert told.stdout == "set()\n"
    with pytest.raises(AttributeError, match="no attribute 'evaluat'"):
        heatcheck.evaluat  # type: ignore[attr-defined]  # noqa: B018
