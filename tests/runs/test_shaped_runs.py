"""Whole runs on inputs of other shapes: fits, channels, oblong and small inputs."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from heatcheck import cli
from heatcheck.answer.differences import models
from heatcheck.core.errors import UnknownName
from heatcheck.inputs import images, own_networks
from heatcheck.inputs.sizes import Size
from heatcheck.report.build import build
from heatcheck.runs import engine, spec_files, specs, worker
from heatcheck.runs.cells import Cell, Subject
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store

NETWORKS = """
import torch
from torch import nn

class Reddish(nn.Module):
    '''Class 0 the more there is of the first channel and the less of the second, smoothly.'''

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 1, 3, padding=1)
        self.conv.weight.data.zero_()
        self.conv.weight.data[0, 0, 1, 1], self.conv.weight.data[0, 1 % channels, 1, 1] = 4.0, -3.0
        self.conv.bias.data.zero_()
        self.act = nn.Softplus(4.0)

    def forward(self, x):
        red = self.act(self.conv(x)).mean((2, 3))
        return torch.cat([6 * red, 4 - 6 * red], 1)

def of(channels, size):
    return Reddish(channels), {"size": size, "mean": [0.0] * channels, "std": [1.0] * channels,
                               "labels": ["red", "none"]}

def square(): return of(3, 64)
def oblong(): return of(3, (24, 64))
def four(): return of(4, (20, 36))
def digits(): return of(1, 28)
"""
METHODS = ["vanilla_gradients", "edges", "centre_prior"]
METRICS = ["deletion", "insertion_placement", "deletion_exchange", "fineness"]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "shaped_models.py").write_text(NETWORKS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("shaped_models", None)
    return "shaped_models"


def wide_pictures(folder: Path) -> None:
    """Two pictures of 256 x 64 pixels, the red disc at the left edge or not far from it."""
    folder.mkdir()
    for place, left in enumerate((4, 40)):
        pixels = np.random.default_rng(place).integers(60, 120, (64, 256, 3)).astype(np.uint8)
        pixels[20:44, left : left + 20] = (230, 20, 20)
        PIL.Image.fromarray(pixels).save(folder / f"{place}.png")


def done(module: str, network: str, folder: Path, store: Store, **asked: Any) -> RunSpec:
    name = own_networks.asked(f"{module}:{network}")
    spec = specs.ask(name, str(folder), methods=METHODS, metrics=METRICS, points=9, **asked)
    engine.execute(spec, store, InProcess())
    return spec


def failures(store: Store, spec: RunSpec) -> list[str]:
    table = store.results.table(spec.id)
    return sorted(set(table[table.error != ""].error))


def test_the_default_fit_changes_no_id_and_no_stored_spec() -> None:
    spec = specs.ask(methods=METHODS, metrics=["deletion"])
    assert "fit" not in spec.as_json()
    assert "fit" not in spec.as_asked
    assert "--fit" not in spec.command
    assert RunSpec.from_json(spec.as_json()).fit == "crop"
    padded = specs.ask(methods=METHODS, metrics=["deletion"], fit="pad")
    assert padded.id != spec.id
    assert RunSpec.from_json(padded.as_json()) == padded
    assert padded.as_asked["fit"] == "pad"
    words = cli.parser().parse_args(padded.command.split()[1:])
    assert words.fit == "pad"


def test_a_spec_file_says_the_fit_and_a_wrong_word_names_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps({"fit": "squash", "methods": METHODS, "metrics": ["deletion"]}))
    assert spec_files.read(path).fit == "squash"
    path.write_text(json.dumps({"fit": "pat"}))
    with pytest.raises(UnknownName, match="Did you mean 'pad'"):
        spec_files.read(path)


def test_an_object_at_the_edge_is_seen_where_the_run_pads_or_squashes(
    module: str, tmp_path: Path, store: Store
) -> None:
    wide_pictures(tmp_path / "wide")
    probabilities = {}
    for fit in ("crop", "squash", "pad"):
        spec = done(module, "square", tmp_path / "wide", store, fit=fit)
        assert failures(store, spec) == []
        seen = store.results.image(spec.id, "0")
        assert seen is not None
        assert seen.target is not None
        probabilities[fit] = seen.probability if seen.target == 0 else 1 - (seen.probability or 0)
        known = store.runs.get(spec.id)
        note = [sentence for sentence in known.notes if f"({fit})" in sentence]
        assert bool(note) == (fit != "crop")
        page = build(store, spec.id)
        assert (f"What the model sees of a picture ({fit})" in page) == (fit != "crop")
    assert probabilities["squash"] > probabilities["crop"] + 0.05  # all of the red, at its share


def test_a_map_of_one_fit_does_not_answer_for_another(
    module: str, tmp_path: Path, store: Store
) -> None:
    wide_pictures(tmp_path / "wide")
    spec = done(module, "square", tmp_path / "wide", store, fit="pad")
    kept = store.results.image(spec.id, "0")
    assert kept is not None
    assert kept.picture is not None
    assert kept.target is not None

    def cell(fit: str) -> Cell:
        about = Subject(
            spec.classifier, images.from_png(kept.picture), spec.images[0].digest, fit=fit
        )
        return Cell(about, kept.target, spec.methods[0], (), 0)

    assert len(store.results.find_cells([cell("pad")])) == 1
    assert store.results.find_cells([cell("crop")]) == {}


def test_a_map_of_one_picture_of_a_file_does_not_answer_for_another(
    module: str, tmp_path: Path, store: Store
) -> None:
    """A file of 16 bits is another picture in a set of another depth."""
    wide_pictures(tmp_path / "wide")
    spec = done(module, "square", tmp_path / "wide", store)
    kept = store.results.image(spec.id, "0")
    assert kept is not None
    assert kept.picture is not None
    assert kept.target is not None
    seen = images.from_png(kept.picture)

    def cell(picture: images.Picture) -> Cell:
        about = Subject(spec.classifier, picture, spec.images[0].digest)
        return Cell(about, kept.target, spec.methods[0], (), 0)

    assert len(store.results.find_cells([cell(seen)])) == 1
    assert store.results.find_cells([cell(seen // 2)]) == {}
    assert store.results.find_cells([cell(seen / np.float32(255))]) == {}


def test_areas_of_two_fits_are_not_compared(module: str, tmp_path: Path, store: Store) -> None:
    """The same network sees other pictures: as little the same as another network."""
    wide_pictures(tmp_path / "wide")
    asked = [done(module, "square", tmp_path / "wide", store, fit=fit) for fit in ("crop", "pad")]
    then, now = models(*(store.runs.get(spec.id) for spec in asked))
    assert then != now
    assert models(*(store.runs.get(asked[0].id) for _ in range(2)))[0] == then


def test_masks_go_through_the_fit_of_the_run(
    module: str, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide_pictures(tmp_path / "wide")
    seen = []

    def mask(self: images.Image, into: Any) -> None:
        seen.append(into)

    monkeypatch.setattr(images.Image, "mask", mask)
    done(module, "square", tmp_path / "wide", store, fit="pad")
    assert {(into.size, into.fit) for into in seen} == {(Size(64, 64), "pad")}


def test_an_oblong_input_is_run_from_the_file_to_the_report(
    module: str, tmp_path: Path, store: Store
) -> None:
    wide_pictures(tmp_path / "wide")
    spec = done(module, "oblong", tmp_path / "wide", store)
    assert failures(store, spec) == []
    heats = [heat.shape for _, _, heat in store.results.maps(spec.id)]
    assert heats == [(24, 64)] * 6
    assert store.runs.get(spec.id).provenance["input_size"] == "24 x 64"
    assert "24 x 64" in build(store, spec.id)


def test_four_channels_are_run_from_npy_and_tiff_to_the_report(
    module: str, tmp_path: Path, store: Store
) -> None:
    folder = tmp_path / "scenes"
    folder.mkdir()
    draws = np.random.default_rng(0)
    for place, name in enumerate(("a.npy", "b.npy", "c.tif")):
        pixels = draws.random((40, 50, 4)).astype(np.float32) / 4
        pixels[5 + 3 * place : 15 + 3 * place, 10:20, 0] = 1.0
        if name == "c.tif":
            pages = [
                PIL.Image.fromarray((255 * page).astype(np.uint8))
                for page in np.moveaxis(pixels, -1, 0)
            ]
            pages[0].save(folder / name, save_all=True, append_images=pages[1:])
        else:
            np.save(folder / name, pixels)
    PIL.Image.fromarray(np.zeros((40, 50, 3), np.uint8)).save(folder / "photo.png")
    spec = done(module, "four", folder, store)
    assert {image.name for image in spec.images} >= {"a", "b", "c", "photo"}
    told = failures(store, spec)
    assert told[0].startswith("There is no map to compare")
    assert told[1].startswith("photo: expected 4 channels, as the model takes. Got 3.")
    assert len(told) == 2
    for name in ("a", "c"):
        kept = store.results.image(spec.id, name)
        assert kept is not None
        assert kept.picture is not None
        assert kept.drawn is not None
        assert images.from_png(kept.picture).shape == (20, 36, 4)
        assert PIL.Image.open(io.BytesIO(kept.drawn)).size == (36, 20)
    assert images.from_png(kept.picture).dtype == np.uint8
    known = store.runs.get(spec.id)
    assert any("4 channels; pages show the first three" in note for note in known.notes)
    page = build(store, spec.id)
    assert "pages show the first three" in page
    reasons = worker.why_not(spec.classifier)
    assert "there are none of 4 channels" in reasons["expected_gradients"]


def test_digits_of_28_pixels_are_run(module: str, tmp_path: Path, store: Store) -> None:
    for digit in "34":
        folder = tmp_path / "digits" / digit
        folder.mkdir(parents=True)
        pixels = np.random.default_rng(int(digit)).integers(0, 60, (28, 28)).astype(np.uint8)
        pixels[8:20, 5 * int(digit) - 10 : 5 * int(digit) - 4] = 255
        PIL.Image.fromarray(pixels).save(folder / "d.png")
    spec = done(module, "digits", tmp_path / "digits", store)
    assert failures(store, spec) == []
    assert store.runs.get(spec.id).provenance["input_size"] == "28"
