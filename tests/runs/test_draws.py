"""A sample of a folder: balanced by class, the same for the same seed, and said."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from heatcheck import cli
from heatcheck.core.errors import HeatcheckError, RunProblem
from heatcheck.inputs import image_sets, images
from heatcheck.runs import draws, spec_files, specs
from heatcheck.runs.specs import RunSpec

SIZES = {"cat": 6, "dog": 3, "hen": 1}


@pytest.fixture
def folder(tmp_path: Path) -> str:
    for label, size in SIZES.items():
        (tmp_path / "set" / label).mkdir(parents=True)
        for place in range(size):
            content = f"{label} {place}".encode()
            (tmp_path / "set" / label / f"{place}.png").write_bytes(content)
    return str(tmp_path / "set")


def asked(folder: str, **settings: object) -> RunSpec:
    given: Any = settings
    return specs.ask(source=folder, methods=["random"], metrics=["runtime"], **given)


def of_each_class(found: list[images.Image]) -> dict[str, int]:
    return dict(Counter(image.label for image in found))


@pytest.mark.parametrize(
    ("count", "shares"),
    [
        (10, {"cat": 6, "dog": 3, "hen": 1}),
        (7, {"cat": 3, "dog": 3, "hen": 1}),
        (5, {"cat": 2, "dog": 2, "hen": 1}),
        (3, {"cat": 1, "dog": 1, "hen": 1}),
    ],
)
def test_each_class_has_as_many_as_the_others_or_all_it_has(
    count: int, shares: dict[str, int], folder: str
) -> None:
    whole = image_sets.load(folder)
    assert of_each_class(draws.drawn(whole, count, 0)) == shares


def test_of_more_classes_than_images_the_seed_decides_which_have_one() -> None:
    whole = [images.Image(f"{n}/{i}", Path("x"), f"{n}") for n in range(40) for i in range(n + 2)]
    samples = [of_each_class(draws.drawn(whole, 5, seed)) for seed in range(40)]
    assert all(set(sample.values()) == {1} for sample in samples)
    assert len({label for sample in samples for label in sample}) == 40, "no class is left out"


@pytest.mark.parametrize(
    ("sizes", "count", "words"),
    [
        (SIZES, 2, "2 of 10 images, drawn with seed 0, balanced by class. None is of hen."),
        (SIZES, 4, "4 of 10 images, drawn with seed 0, balanced by class."),
        (
            SIZES,
            9,
            "9 of 10 images, drawn with seed 0, balanced by class as far as there are images: at "
            "most 5 of a class, 1 of hen.",
        ),
        ({"": 8}, 3, "3 of 8 images, drawn with seed 0."),
        (
            {"cat": 9, "": 1},
            5,
            "5 of 10 images, drawn with seed 0, balanced by class as far as there are images: at "
            "most 4 of a class, 1 without a label.",
        ),
        (
            {"a": 1, "b": 1, "": 1},
            1,
            "1 of 3 images, drawn with seed 0, balanced by class. None is of a, b.",
        ),
    ],
)
def test_what_was_drawn_is_said(sizes: dict[str, int], count: int, words: str) -> None:
    whole = [
        images.Image(f"{label}/{place}", Path("x"), label)
        for label, size in sizes.items()
        for place in range(size)
    ]
    chosen = {image.name for image in draws.drawn(whole, count, 0)}
    assert draws.told(whole, chosen, 0) == f"A sample: {words}"


def test_a_sample_that_another_version_drew_is_not_called_balanced() -> None:
    whole = [images.Image(f"{n}", Path("x"), "cat" if n < 30 else "dog") for n in range(40)]
    chosen = {image.name for image in whole[10:32]}  # 20 cats, 2 of 10 dogs
    assert draws.told(whole, chosen, 0) == "A sample: 22 of 40 images, drawn with seed 0."


def test_where_labels_are_explained_the_sample_has_as_many_images_as_were_asked(
    folder: str,
) -> None:
    for place in range(20):
        (Path(folder) / f"{place}.png").write_bytes(b"without a label %d" % place)
    spec = asked(folder, sample=10, target="label")
    assert len(spec.images) == 10


def test_the_seed_decides_and_a_larger_sample_holds_a_smaller_one(folder: str) -> None:
    whole = image_sets.load(folder)

    def names(count: int, seed: int) -> set[str]:
        return {image.name for image in draws.drawn(whole, count, seed)}

    assert names(4, 0) == names(4, 0)
    assert len({frozenset(names(4, seed)) for seed in range(9)}) > 3
    flat = [images.Image(f"{place}", Path("x")) for place in range(50)]
    small, large = (draws.drawn(flat, count, 3) for count in (7, 20))
    assert set(small) < set(large)
    assert [image.name for image in large] == sorted((i.name for i in large), key=int)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sample": 11}, "at most 10 images, all there are. Got 11"),
        ({"sample": -1}, "at least one image. Got -1"),
        ({"sample": False}, "at least one image. Got False"),
        ({"sample": 2, "only": ["cat/0"]}, "names of images or a sample to be drawn. Got both"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused(
    settings: dict[str, object], words: str, folder: str
) -> None:
    with pytest.raises(RunProblem, match=words):
        asked(folder, **settings)


def test_a_run_holds_what_was_drawn_and_how(folder: str, tmp_path: Path) -> None:
    spec = asked(folder, sample=4, seed=5)
    assert len(spec.images) == len(spec.only) == 4
    assert RunSpec.from_json(json.loads(json.dumps(spec.as_json()))) == spec
    named = asked(folder, only=list(spec.only), seed=5)
    assert named.id == spec.id, "the images are the question, not how they were chosen"
    assert "--sample 4" in spec.command
    assert "--only" not in spec.command
    (tmp_path / "spec.json").write_text(json.dumps(spec.as_asked))
    assert spec_files.read(tmp_path / "spec.json") == spec
    words = shlex.split(spec.command)[1:]
    assert cli.parser().parse_args(words).sample == 4
    told = spec.image_notes(image_sets.read(folder), "And labels.")
    assert told[0].startswith("A sample: 4 of 10 images")
    assert told[-1] == "And labels."


def test_a_spec_file_with_another_sample_is_refused(folder: str, tmp_path: Path) -> None:
    for sample in ("4", 2.5, True, [4]):
        (tmp_path / "spec.json").write_text(json.dumps({"images": folder, "sample": sample}))
        with pytest.raises(HeatcheckError, match="Expected sample in"):
            spec_files.read(tmp_path / "spec.json")
