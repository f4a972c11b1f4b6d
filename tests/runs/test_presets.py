"""Presets: what each word stands for, what goes before it, and that the docs say the same."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from heatcheck import cli
from heatcheck.attribution import METHODS
from heatcheck.commands.questions import spec_of
from heatcheck.core.errors import BadParameter, UnknownName
from heatcheck.inputs.images import Image
from heatcheck.metrics import METRICS
from heatcheck.runs import questions, spec_files, specs
from heatcheck.runs.presets import PRESETS, settled
from heatcheck.runs.specs import RunSpec
from heatcheck.tests.doubles.tree import ROOT


def asked(*words: str) -> RunSpec:
    """The spec of a command line."""
    arguments: argparse.Namespace = cli.parser().parse_args(["run", *words])
    return spec_of(arguments)


def in_file(folder: Path, **keys: object) -> RunSpec:
    """The spec of a file."""
    place = folder / "spec.json"
    place.write_text(json.dumps(keys))
    return spec_files.read(place)


def test_standard_is_what_a_run_has_where_nothing_is_said() -> None:
    assert asked("--preset", "standard") == asked()


def test_quick_is_few_metrics_short_curves_and_ten_images() -> None:
    spec = asked("--preset", "quick")
    assert tuple(method.name for method in spec.methods) == specs.STANDARD
    assert tuple(metric.name for metric in spec.metrics) == PRESETS["quick"].metrics
    assert {m.params["points"] for m in spec.metrics if "points" in m.params} == {"drawn-5"}
    assert {m.params["substrate"] for m in spec.metrics if "substrate" in m.params} == {"mean"}
    assert (len(spec.images), spec.sample) == (10, 10)
    assert spec.images == asked("--sample", "10").images


def test_thorough_is_every_method_and_every_metric_that_the_images_allow() -> None:
    spec = asked("--preset", "thorough")
    assert [method.name for method in spec.methods] == list(METHODS)
    fitting = questions.fitting_names(METRICS, 20, masks=False)
    assert [metric.name for metric in spec.metrics] == fitting
    assert {m.params["points"] for m in spec.metrics if "points" in m.params} == {"adaptive"}
    assert spec.metrics[0].params["substrate"] == "wide"
    assert len(spec.images) == 20


@pytest.mark.parametrize("name", PRESETS)
def test_the_spec_says_what_a_preset_means_and_its_command_asks_the_same(name: str) -> None:
    spec = asked("--preset", name)
    assert "preset" not in json.dumps(spec.as_json())
    words = spec.command.split()
    assert "--preset" not in words
    assert spec_of(cli.parser().parse_args(words[1:])).id == spec.id


@pytest.mark.parametrize("name", PRESETS)
def test_a_key_in_a_file_is_the_option(name: str, tmp_path: Path) -> None:
    assert in_file(tmp_path, preset=name) == asked("--preset", name)
    beside = in_file(tmp_path, preset=name, methods=["edges"], points=33)
    assert beside == asked("--preset", name, "--methods", "edges", "--points", "33")


def test_what_is_said_beside_a_preset_goes_before_it() -> None:
    beside = ("--methods", "random,edges", "--metrics", "deletion", "--points", "9")
    spec = asked("--preset", "quick", *beside, "--substrates", "wide", "--sample", "3")
    assert [method.name for method in spec.methods] == ["random", "edges"]
    assert [metric.params for metric in spec.metrics] == [
        METRICS.build({"name": "deletion", "points": 9, "substrate": "wide"}).params
    ]
    assert len(spec.images) == 3
    assert spec.seed == asked("--preset", "quick").seed == 0
    assert asked("--preset", "quick", "--seed", "7").seed == 7


def test_images_that_are_named_are_taken_whole() -> None:
    spec = asked("--preset", "quick", "--only", "photo_03,photo_01")
    assert [image.name for image in spec.images] == ["photo_01", "photo_03"]
    assert spec.sample == 0


def test_a_set_of_few_images_is_taken_whole_and_one_image_has_no_exchange(
    tmp_path: Path, photographs: list[Image]
) -> None:
    for place in (0, 1):
        folder = tmp_path / f"{place + 1}"
        folder.mkdir()
        for number, photo in enumerate(photographs[: place + 1]):
            (folder / f"{number}.jpg").write_bytes(photo.encoded())
    one, two = (asked("--preset", "quick", "--images", str(tmp_path / name)) for name in "12")
    assert (len(one.images), len(two.images), one.sample, two.sample) == (1, 2, 0, 0)
    assert "deletion_exchange" in [metric.name for metric in two.metrics]
    assert "deletion_exchange" not in [metric.name for metric in one.metrics]
    named = asked("--preset", "quick", "--only", "photo_03")
    assert "deletion_exchange" not in [metric.name for metric in named.metrics]


def test_a_sample_is_of_the_images_that_have_the_label_to_explain(
    tmp_path: Path, photographs: list[Image]
) -> None:
    (tmp_path / "tench").mkdir()
    for number, photo in enumerate(photographs[:12]):
        (tmp_path / "tench" / f"{number}.jpg").write_bytes(photo.encoded())
    spec = asked("--preset", "quick", "--images", str(tmp_path), "--target", "label")
    assert (len(spec.images), spec.sample) == (10, 10)
    with pytest.raises(BadParameter, match="target"):
        asked("--preset", "quick", "--target", "nonsense")


def test_another_word_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'quick'"):
        asked("--preset", "quik")
    with pytest.raises(UnknownName, match="Known: quick, standard, thorough"):
        in_file(tmp_path, preset="")
    with pytest.raises(UnknownName):
        settled("all", {})


def row(name: str) -> str:
    """A preset's row of the table in the docs."""
    preset = PRESETS[name]
    methods = {specs.STANDARD: "the standard ones"}.get(preset.methods, "all that are offered")
    metrics = {(): "the standard ones", (questions.ALL,): "all that the images allow"}.get(
        preset.metrics, ", ".join(f"`{metric}`" for metric in preset.metrics)
    )
    images = f"a sample of {preset.sample}" if preset.sample else "all"
    parts = [f"`{name}`", preset.purpose, methods, metrics]
    parts += [f"`{preset.points}`", f"`{preset.substrates}`", images]
    return f"| {' | '.join(parts)} |"


def test_the_docs_say_what_each_preset_stands_for() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    (table,) = [part for part in page.split("\n\n") if part.startswith("| preset |")]
    assert table.splitlines()[2:] == [row(name) for name in PRESETS]
