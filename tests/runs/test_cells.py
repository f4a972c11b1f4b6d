"""Cells and specs by themselves: a cell is what is made by hand, a spec is what was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from heatcheck import cli
from heatcheck.attribution import METHODS, attribute
from heatcheck.inputs import images
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.images import Image
from heatcheck.runs import spec_files, specs, worker
from heatcheck.runs.cells import Cell, Subject


def cell_of(photo: Image, lite0: Classifier, method: str, interactive: bool = True) -> Cell:
    subject = Subject(lite0.name, images.picture(photo.encoded(), lite0.size), photo.digest)
    index = worker.predict(subject).classes[0]
    return Cell(subject, index, METHODS.build(method), (), 0, interactive)


@pytest.mark.parametrize("method", ["grad_cam", "random", "vanilla_gradients"])
def test_a_cell_equals_the_map_made_by_hand(
    method: str, lite0: Classifier, photographs: list[Image], lite0_inputs: Tensor
) -> None:
    cell = cell_of(photographs[2], lite0, method)
    by_hand = attribute(
        METHODS.build(method),
        lite0.target(lite0_inputs[2:3], cell.class_index),
        lite0_inputs[2:3],
        about=photographs[2].digest,
    )
    made = worker.make_map(cell)
    assert made.map is not None
    assert torch.equal(torch.from_numpy(made.map), by_hand.map)


def test_an_unexpected_error_becomes_a_reason(
    lite0: Classifier, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = cell_of(photographs[0], lite0, "random")

    def fail(*args: object, **words: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(worker, "attribute", fail)
    made = worker.make_map(cell)
    assert made.map is None
    assert made.error == "ZeroDivisionError: planted"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--methods", "gradcam"], "Did you mean 'grad_cam'"),
        (["run", "--metrics", "delation"], "Did you mean 'deletion'"),
        (["run", "--images", "/nowhere"], "is not a folder"),
        (["run", "--points", "1"], "between 2 and 225. Got 1"),
        (["run", "--classifier", "resnet"], "Expected the name of a classifier"),
        (["run", "--methods", "random,random"], "Expected each method once"),
        (["resume", "abc"], "Expected the name of a run"),
        (["export", "abc", "--csv", "x.csv"], "Expected the name of a run"),
    ],
)
def test_the_command_line_says_what_is_wrong(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main([*arguments, "--store", f"sqlite:///{tmp_path / 'e.db'}"]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{", "to be JSON"),
        ("[]", "Got list"),
        ('{"method": []}', "Did you mean 'methods'"),
        ('{"points": "many"}', "points to be int or 'adaptive' or 'all'"),
        ('{"methods": [3]}', "Expected a name"),
        ('{"methods": [{"name": "smoothgrad", "sampels": 3}]}', "Did you mean 'samples'"),
        (
            '{"metrics": ["deletion", {"name": "deletion", "points": 9}]}',
            "Expected each metric once",
        ),
    ],
)
def test_a_wrong_spec_file_is_explained(
    written: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "spec.json"
    path.write_text(written)
    assert cli.main(["run", str(path), "--store", f"sqlite:///{tmp_path / 'e.db'}"]) == 2
    assert words in capsys.readouterr().err


def test_a_spec_has_an_id_that_its_content_alone_decides(
    tmp_path: Path, photographs: list[Image]
) -> None:
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.jpg").write_bytes(photographs[0].encoded())
    ask: Callable[..., specs.RunSpec] = specs.ask
    one, two = (ask(source=str(tmp_path / place), methods=["random"]) for place in ("one", "two"))
    assert one.id == two.id
    assert specs.RunSpec.from_json(one.as_json()) == one
    others = [
        ask(source=one.source, methods=["edges"]),
        ask(source=one.source, methods=["random"], seed=1),
        ask(source=one.source, methods=["random"], points=9),
    ]
    assert len({one.id, *(other.id for other in others)}) == 4


def test_two_settings_of_one_method_have_two_keys() -> None:
    spec = specs.ask(methods=["random", "smoothgrad", {"name": "smoothgrad", "samples": 5}])
    keys = [spec.keys[method] for method in spec.methods]
    assert keys[0] == "random"
    assert len(set(keys)) == 3
    assert all(key.startswith("smoothgrad-") for key in keys[1:])


def test_the_command_of_a_run_asks_the_same_question(
    tmp_path: Path, photographs: list[Image]
) -> None:
    import shlex

    (tmp_path / "a b.jpg").write_bytes(photographs[0].encoded())
    plain = specs.ask(source=str(tmp_path), methods=["edges", "random"], points=9, seed=3)
    options = cli.parser().parse_args(shlex.split(plain.command)[1:])
    again = specs.ask(
        options.classifier,
        options.images,
        options.methods.split(","),
        None,
        options.points,
        seed=options.seed,
    )
    assert again.id == plain.id
    special = specs.ask(source=str(tmp_path), methods=[{"name": "smoothgrad", "samples": 3}])
    assert special.command == "heatcheck run SPEC.json"
    (tmp_path / "SPEC.json").write_text(json.dumps(special.as_asked))
    assert spec_files.read(tmp_path / "SPEC.json").id == special.id
