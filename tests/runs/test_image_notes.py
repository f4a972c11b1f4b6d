"""What is said of a run's set of images reaches its provenance; labels are those of the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from heatcheck.commands import runs as commands
from heatcheck.core.errors import RunProblem
from heatcheck.inputs import image_sets, images
from heatcheck.runs import specs
from heatcheck.runs.engine import execute
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.provenance import facts_on
from heatcheck.runs.store import Store

NETWORK = """
import torch
from torch import nn

def numbers():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 5, 9, 9), nn.Flatten(1), nn.AdaptiveAvgPool1d(5))
    return model, {"size": 36, "mean": [0.5] * 3, "std": [0.5] * 3, "labels": LABELS}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folders called by numbers, whose order is that of texts, and what lies between."""
    for place, label in enumerate(("0", "1", "2", "10", "11")):
        pixels = np.full((36, 36, 3), 40 * place, np.uint8)
        pixels[:9, :9] = 200
        (tmp_path / "set" / label).mkdir(parents=True)
        (tmp_path / "set" / label / "a.png").write_bytes(images.png(pixels))
    (tmp_path / "set" / "0" / "copy.png").write_bytes((tmp_path / "set/0/a.png").read_bytes())
    (tmp_path / "set" / "0" / "notes.txt").write_text("x")
    return tmp_path


def run_on(folder: Path, labels: list[str], module: str, store: Store, monkeypatch: Any) -> str:
    """A run of a network with these class names on the folder's pictures."""
    from heatcheck.inputs import own_networks

    (folder / f"{module}.py").write_text(NETWORK.replace("LABELS", repr(labels)))
    monkeypatch.chdir(folder)
    network = own_networks.asked(f"{module}:numbers")
    asked = {"methods": ["random"], "metrics": ["total_variation"], "points": 3}
    spec = specs.ask(network, str(folder / "set"), only=["2/a", "11/a"], **asked)
    here = InProcess()
    return execute(spec, store, here)


def test_folders_called_by_numbers_are_their_classes_in_a_part_of_them_too(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only two of five are asked for: 2 alone could be an index, beside 11 it is none."""
    run = run_on(folder, ["0", "1", "10", "11", "2"], "numbered_net", store, monkeypatch)
    labels = {image.name: image.label for image in store.results.images(run)}
    assert labels == {"2/a": 4, "11/a": 3}
    assert store.runs.get(run).image_notes == (
        "Left out: 1 file of another kind (0/notes.txt); 1 copy of a picture with the same label "
        "(0/copy.png).",
    )


def test_labels_that_mean_no_class_are_said(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_on(folder, ["a", "b", "c", "d", "e"], "lettered_net", store, monkeypatch)
    assert {image.label for image in store.results.images(run)} == {None}
    assert "5 of 5 labels are no name of the 5 classes" in store.runs.get(run).image_notes[-1]


def test_the_command_says_what_was_left_out_and_drawn(folder: Path) -> None:
    source = str(folder / "set")
    spec = specs.ask(source=source, methods=["random"], metrics=["runtime"], sample=3)
    told = "\n".join(commands._known_before(spec))
    assert "\nA sample: 3 of 5 images" in f"\n{told}"
    assert "\nLeft out: 1 file of another kind (0/notes.txt)" in f"\n{told}"


def test_a_run_goes_on_with_the_depth_that_it_began_with(folder: Path) -> None:
    def deep(name: str, value: int) -> None:
        pixels = np.full((36, 36), value, np.uint16)
        PIL.Image.fromarray(pixels).save(folder / "set" / "0" / name)

    source = str(folder / "set")
    assert facts_on(image_sets.read(source), {}) == {}
    deep("first.png", 4000)
    began = facts_on(image_sets.read(source), {})
    assert began == {"image_depth": "12 bits"}
    assert facts_on(image_sets.read(source), began) == began
    deep("second.png", 60_000)
    with pytest.raises(RunProblem, match=r"were scaled by 12 bits, .* Now it is 16 bits"):
        facts_on(image_sets.read(source), began)


def test_a_copy_that_an_older_run_has_is_still_found(folder: Path) -> None:
    found = image_sets.read(str(folder / "set"))
    assert found.by_name["0/copy"] == found.by_name["0/a"]
    assert len(found.images) == 5
