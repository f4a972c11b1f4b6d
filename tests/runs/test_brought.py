"""Maps from elsewhere in a run: a map of ours that is handed in scores what it scored."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest
import torch

from heatcheck import metrics
from heatcheck.answer.summary import Summary
from heatcheck.attribution import METHODS, given
from heatcheck.cli import main
from heatcheck.core.errors import BadImage, RunProblem
from heatcheck.inputs import classifiers, image_sets, images, own_networks
from heatcheck.judgement import elsewhere
from heatcheck.metrics import METRICS
from heatcheck.runs import engine, spec_files, specs
from heatcheck.runs.cells import pixel_places
from heatcheck.runs.file_names import map_file
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.small_runs import MAKE, REDS, SIDE, picture

SPOTS = {"x/a": (2, 2), "x/b": (20, 4), "x/e": (4, 20), "red/c": (10, 22), "red/d": (24, 24)}
MADE = ("vanilla_gradients", "edges", "grad_cam")
METRICS_ASKED = [
    "deletion",
    "insertion",
    "deletion_placement",
    "insertion_placement",
    "insertion_exchange",
    "deletion_model",
    "deletion_class",
    "repeatability",
    "max_sensitivity",
    "runtime",
    "sparseness",
    "fineness",
    "total_variation",
]
REMADE = {"deletion_model", "deletion_class", "repeatability", "max_sensitivity", "runtime"}


@dataclass(frozen=True)
class World:
    """A network, its pictures, a store with a run of our methods, and their maps as files."""

    root: Path
    classifier: str
    store: Store
    run: str

    def ask(self, **asked: Any) -> RunSpec:
        words = {"points": 9, "methods": ["random"], "metrics": METRICS_ASKED} | asked
        return specs.ask(self.classifier, str(self.root / "images"), **words)

    def run_of(self, spec: RunSpec) -> str:
        return engine.execute(spec, self.store, InProcess())

    def maps_of(self, key: str, name: str = "") -> Path:
        """A folder with the exported maps of one method."""
        folder = self.root / (name or f"of_{key}")
        folder.mkdir(exist_ok=True)
        for path in (self.root / "exported").glob(f"*__{key}.npy"):
            (folder / path.name).write_bytes(path.read_bytes())
        said = self.root / "exported" / "methods.json"
        (folder / said.name).write_bytes(said.read_bytes())
        return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("brought")
    (root / "brought_network.py").write_text(REDS + MAKE.format(side=SIDE, labels=["red", "none"]))
    for name, spot in SPOTS.items():
        place = root / "images" / f"{name}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(picture(spot, ord(name[-1]))).save(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        classifier = own_networks.asked("brought_network:make")
        store = Store(f"sqlite:///{root / 'store.db'}")
        world = World(root, classifier, store, "")
        run = world.run_of(world.ask(methods=list(MADE)))
    command = ["export", run, "--maps", str(root / "exported")]
    assert main([*command, "--store", f"sqlite:///{root / 'store.db'}"]) == 0
    return World(root, classifier, store, run)


def values(world: World, run: str, method: str) -> pd.Series:
    table = world.store.results.table(run)
    rows = table[table["method"] == method].set_index(["image", "metric"])
    return rows["value"].sort_index()


@pytest.fixture(scope="module")
def handed(world: World) -> str:
    """A run of the maps of all our methods, each under another name."""
    maps = {f"my_{key}": str(world.maps_of(key)) for key in MADE}
    return world.run_of(world.ask(maps=maps))


@pytest.mark.parametrize("key", MADE)
def test_a_map_of_ours_that_is_handed_in_scores_bit_for_bit_what_it_scored(
    world: World, handed: str, key: str
) -> None:
    theirs, own = values(world, handed, f"my_{key}"), values(world, world.run, key)
    own = own[[metric.partition(".")[0] not in REMADE for _, metric in own.index]]
    pd.testing.assert_series_equal(theirs, own)
    assert len(theirs) > 5 * 8
    assert world.store.runs.get(handed).failures == 0


def test_a_map_of_another_tool_scores_as_the_same_array_does_in_the_library(world: World) -> None:
    """Attributions of captum, saved as they come: `[C,H,W]`. Ties are broken alike."""
    from captum.attr import Saliency

    loaded = classifiers.load(world.classifier)
    folder = world.root / "captum"
    for image in image_sets.load(str(world.root / "images")):
        x = loaded.to_input(images.picture(image.encoded(), loaded.size, image.name))
        made = Saliency(loaded.model).attribute(x.requires_grad_(), target=0, abs=False)
        place = folder / f"{image.name}.npy"
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(place, made[0].numpy())
    areas = [{"name": name, "substrate": "mean", "points": 9} for name in ("deletion", "insertion")]
    run = world.run_of(world.ask(maps={"captum": str(folder)}, metrics=areas))
    scores = values(world, run, "captum")
    seen = {image.name: image for image in world.store.results.images(run)}
    for image in image_sets.load(str(world.root / "images")):
        x = loaded.to_input(images.picture(image.encoded(), loaded.size, image.name))
        target = loaded.target(x, seen[image.name].target or 0)
        heat = torch.from_numpy(np.load(folder / f"{image.name}.npy")).sum(0)
        for name in ("deletion", "insertion"):
            score = getattr(metrics, name)(
                target, x, heat, points=9, substrate="mean", about=image.digest
            )
            assert score.value == scores[image.name, name]


def test_maps_that_do_not_say_who_made_them_differ_in_the_order_of_ties_alone(
    world: World,
) -> None:
    """A map with one pixel above all others, which are equal, has little but ties."""
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[0, 0] = 1
    made_by = METHODS.build("edges").stream
    maps = [
        given.method("said", {"x/a": heat}, made_by),
        given.method("unsaid", {"x/a": heat}),
        given.method("alike", {"x/a": heat + 1}),
    ]
    spec = world.ask(metrics=["deletion", "sparseness"], only=["x/a"], methods=["edges"])
    run = world.run_of(replace(spec, methods=(*spec.methods, *maps)))
    said, unsaid, alike = (values(world, run, method.name) for method in maps)
    assert said["x/a", "deletion"] != unsaid["x/a", "deletion"] == alike["x/a", "deletion"]
    assert said["x/a", "sparseness"] == unsaid["x/a", "sparseness"]
    own = pixel_places(heat, METHODS.build("edges"), spec.images[0].digest, spec.seed)
    handed = pixel_places(heat, maps[0], spec.images[0].digest, spec.seed)
    assert (own == handed).all()


def test_a_name_and_the_bytes_make_the_question(world: World) -> None:
    folder = world.maps_of("edges", "changing")
    asked = world.ask(maps={"theirs": str(folder)}, seed=7)
    assert asked.id != world.ask(maps={"mine": str(folder)}, seed=7).id
    moved = str(world.maps_of("edges", "moved"))
    assert asked.id == world.ask(maps={"theirs": moved}, seed=7).id
    assert RunSpec.from_json(asked.as_json()) == asked
    assert f"--maps theirs={folder}" in asked.command
    place = world.root / "asked.json"
    place.write_text(json.dumps(asked.as_asked))
    assert spec_files.read(place).id == asked.id
    path = next(folder.glob("*.npy"))
    np.save(path, np.load(path) + 1)
    assert asked.id != world.ask(maps={"theirs": str(folder)}, seed=7).id
    with pytest.raises(RunProblem, match=r"as they were when the run was asked for\. They have"):
        world.run_of(asked)


def test_an_image_without_its_map_fails_for_itself_and_says_what_is_missing(world: World) -> None:
    folder = world.maps_of("edges", "holed")
    (folder / "red%2Fd__edges.npy").unlink()
    heat = np.load(folder / "x%2Fa__edges.npy")
    np.save(folder / "x%2Fa__edges.npy", np.where(heat > heat.mean(), np.nan, heat))
    np.save(folder / "x%2Fb__edges.npy", heat[:, :20])
    run = world.run_of(world.ask(maps={"theirs": str(folder)}, metrics=["sparseness"]))
    table = world.store.results.table(run)
    errors = table[table["method"] == "theirs"].set_index("image")["error"]
    assert errors["red/d"].startswith("red/d: expected its map in ")
    assert "expected finite numbers" in errors["x/a"]
    assert "expected a map of the picture as the model sees it, 32 x 32" in errors["x/b"]
    assert errors["red/c"] == ""
    assert world.store.runs.get(run).failures == 3


def test_what_needs_another_map_has_no_row_and_its_reason_is_said(
    world: World, handed: str
) -> None:
    table = world.store.results.table(handed)
    rows = table[table["method"] == "my_edges"]["metric"].str.split(".").str[0]
    assert set(rows) == set(METRICS_ASKED) - REMADE
    summary = Summary.of_run(world.store, handed)
    asked = summary.evidence.of("my_edges", "model")
    assert asked.words == "cannot be tried: the maps come from elsewhere"
    row = next(row for row in summary.glance if row.method == "my_edges")
    assert [cell.words for cell in row.cells[1:]] == ["cannot be tried"] * 5
    assert not row.control
    said = elsewhere.left_out(summary.scores)
    assert said.startswith("my_vanilla_gradients, my_edges and my_grad_cam have no value for ")
    assert METRICS["repeatability"].title in said
    assert elsewhere.untried(summary.evidence) in summary.headline.sure
    findings = world.store.results.findings(handed)
    assert findings[findings["method"] == "my_edges"]["value"].isna().all()
    page = report(world, handed, "report.html")
    assert said.rstrip(".") in page
    assert elsewhere.untried(summary.evidence) in page


def report(world: World, run: str, name: str) -> str:
    path = world.root / name
    store = f"sqlite:///{world.root / 'store.db'}"
    assert main(["report", run, "--out", str(path), "--store", store]) == 0
    return path.read_text()


def test_a_coarse_map_is_enlarged_as_the_layer_it_comes_from(world: World) -> None:
    coarse = np.random.default_rng(0).random((4, 4), dtype=np.float32)
    maps = dict.fromkeys(SPOTS, coarse)
    spec = world.ask(metrics=["sparseness"])
    brought = replace(spec, methods=(*spec.methods, given.method("coarse", maps)))
    run = world.run_of(brought)
    heat = world.store.results.map(run, "red/d", "coarse")
    assert heat is not None
    enlarged = PIL.Image.fromarray(coarse).resize((SIDE, SIDE), PIL.Image.Resampling.BILINEAR)
    np.testing.assert_allclose(heat, np.asarray(enlarged), atol=1e-6)


def test_arrays_of_this_process_are_maps_too(world: World) -> None:
    exported = world.maps_of("edges")
    maps = {name: np.load(exported / map_file(name, "edges")) for name in SPOTS}
    method = given.method("arrays", maps, METHODS.build("edges").stream)
    spec = world.ask()
    run = world.run_of(replace(spec, methods=(*spec.methods, method)))
    own = values(world, world.run, "edges")
    handed = values(world, run, "arrays")
    pd.testing.assert_series_equal(handed, own[own.index.isin(handed.index)])


def test_a_folder_without_a_map_of_any_image_is_refused_when_the_run_is_asked_for(
    world: World, tmp_path: Path
) -> None:
    with pytest.raises(BadImage, match=r"Expected a folder of maps\. Got .*, which is none"):
        world.ask(maps={"theirs": str(tmp_path / "nowhere")})
    np.save(tmp_path / "other.npy", np.zeros((SIDE, SIDE)))
    with pytest.raises(BadImage, match=r"as red/c\.npy\. Got 1 file .*none is"):
        world.ask(maps={"theirs": str(tmp_path)})
    with pytest.raises(BadImage, match=r"Got several: red%2Fc__edges\.npy, red%2Fc__grad_cam"):
        world.ask(maps={"theirs": str(world.root / "exported")})
