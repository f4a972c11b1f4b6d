"""A run's question with more: all that was asked stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatcheck.core.errors import HeatcheckError, RunProblem
from heatcheck.inputs import image_sets
from heatcheck.runs import specs
from heatcheck.runs.extensions import extended
from heatcheck.runs.specs import RunSpec


@pytest.fixture
def spec() -> RunSpec:
    return specs.ask(
        only=["photo_04", "photo_01"],
        methods=[{"name": "smoothgrad", "samples": 9}, "random"],
        metrics=["deletion", "runtime"],
        points=17,
        seed=3,
        target="second",
        fit="pad",
        groups={"photo_01": "one", "photo_04": "one"},
    )


def test_methods_come_behind_those_that_are_there_and_all_else_stays(spec: RunSpec) -> None:
    more = extended(spec, ["edges", {"name": "smoothgrad", "samples": 25}])
    assert more.methods[:2] == spec.methods
    assert [method.name for method in more.methods[2:]] == ["edges", "smoothgrad"]
    assert (more.images, more.metrics, more.groups) == (spec.images, spec.metrics, spec.groups)
    assert (more.seed, more.target, more.fit) == (spec.seed, spec.target, spec.fit)
    assert more.id != spec.id


def test_images_come_to_those_that_are_there(spec: RunSpec) -> None:
    more = extended(spec, images=["photo_02"])
    assert {image.name for image in more.images} == {"photo_01", "photo_02", "photo_04"}
    assert more.groups == spec.groups
    assert (more.methods, more.metrics) == (spec.methods, spec.metrics)
    assert len(extended(spec, whole=True).images) == 20


def test_a_sample_grows_by_the_same_draw(spec: RunSpec) -> None:
    drawn = specs.ask(sample=4, methods=["random"], metrics=["deletion"], points=9, seed=5)
    more = extended(drawn, sample=9)
    assert (more.sample, len(more.images)) == (9, 9)
    assert set(drawn.images) < set(more.images)
    assert more.metrics == drawn.metrics
    assert extended(drawn, ["edges"]).sample == 4, "it is the same draw still"
    assert extended(drawn, ["edges"]).images == drawn.images
    named = extended(drawn, images=["photo_00", "photo_01"])
    assert {"photo_00", "photo_01"} <= {image.name for image in named.images}
    assert named.sample == 0


def test_a_run_of_a_whole_folder_keeps_its_images_when_others_have_come(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.png").write_bytes(name.encode())
    spec = specs.ask(source=str(tmp_path), methods=["random"], metrics=["deletion"], points=9)
    (tmp_path / "c.png").write_bytes(b"c")
    found = image_sets.read(str(tmp_path))
    assert extended(spec, ["edges"], found=found).images == spec.images
    assert len(extended(spec, whole=True, found=found).images) == 3
    (tmp_path / "a.png").write_bytes(b"another")
    with pytest.raises(RunProblem, match="1 that are gone, have changed or are not drawn"):
        extended(spec, ["edges"])
    (tmp_path / "a.png").unlink()
    with pytest.raises(HeatcheckError, match="'a'"):
        extended(spec, ["edges"])


def test_nothing_to_add_and_what_is_there_already_are_refused(spec: RunSpec) -> None:
    for nothing in ({}, {"sample": 0}, {"methods": []}):
        with pytest.raises(RunProblem, match="methods or images to add"):
            extended(spec, **nothing)  # type: ignore[arg-type]
    with pytest.raises(RunProblem, match="each method once"):
        extended(spec, ["random"])
