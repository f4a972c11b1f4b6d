"""Which images are one sample: what a file of groups may say, and what a spec makes of it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from heatcheck import cli
from heatcheck.commands.questions import spec_of
from heatcheck.core.errors import HeatcheckError, RunProblem, UnknownName
from heatcheck.inputs.images import Image
from heatcheck.runs import groups, spec_files, specs
from heatcheck.runs.partners import Partners, ring
from heatcheck.runs.samples import grouping_of, samples_of, size_of
from heatcheck.runs.specs import RunSpec

FEW = {"methods": ["random"], "metrics": ["deletion", "deletion_exchange"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, photographs: list[Image]) -> Path:
    """Five photographs in two classes; `b/copy` has the bytes of `a/one`."""
    root = tmp_path_factory.mktemp("groups")
    for place, name in enumerate(["a/one", "a/two", "b/three", "b/four"]):
        (root / name).parent.mkdir(exist_ok=True)
        (root / f"{name}.jpg").write_bytes(photographs[place].encoded())
    (root / "b" / "copy.jpg").write_bytes(photographs[0].encoded())
    return root


def asked(folder: Path, by_image: dict[str, str] | None = None, **more: object) -> RunSpec:
    return specs.ask(source=str(folder), groups=by_image, **FEW, **more)  # type: ignore[arg-type]


# -- a file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the first line of the groups g.csv to be image,group. Got ''"),
        (b"a/one,p1\na/two,p1\n", "to be image,group. Got 'a/one,p1'. Put that line first."),
        (b"image;group\na/one;p1\n", "to be image,group. Got 'image;group'."),
        (b"group,image\np1,a/one\n", "to be image,group. Got 'group,image'."),
        ("image,group\ncaf\xe9,p1\n".encode("latin-1"), "to be text in UTF-8."),
        (b"image,group\na/one\n", "an image and its group in each row of the groups g.csv. Got "),
        (b"image,group\na/one,p1,x\n", "Got 'a/one,p1,x'"),
        (b"image,group\na/one, \n", "Leave out an image that stands alone."),
        (b"image,group\n,p1\n", "Got ',p1'"),
        (b"image,group\na/one,p1\na/one,p2\n", "each image once in the groups g.csv. Got 'a/one'"),
        (b'image,group\n"a/one,p1\n', "to be CSV with commas."),
        (b"image,group\n" + b"x" * groups.LARGEST, "at most 10 MB in the groups g.csv"),
    ],
)
def test_a_file_of_groups_that_cannot_be_right_is_refused_in_a_sentence(
    content: bytes, words: str
) -> None:
    with pytest.raises(RunProblem) as refusal:
        groups.parsed(content, "g.csv")
    assert words in str(refusal.value)
    assert str(refusal.value).startswith("Expected ")


def test_a_spreadsheets_file_is_read_whatever_its_line_ends() -> None:
    content = b'\xef\xbb\xbfimage,group\r\na/one, p1 \r\n\r\n"b, c",p2\r\n'
    assert groups.parsed(content, "g.csv") == {"a/one": "p1", "b, c": "p2"}


@pytest.mark.parametrize(
    ("by_image", "error", "words"),
    [
        ({}, RunProblem, "Expected the group of at least one image."),
        ({"a/on": "p"}, UnknownName, "Got 'a/on'. Did you mean 'a/one'?"),
        ({"a/one": "p", "one.jpg": "p"}, RunProblem, "Got a/one under two names."),
        ({"a/one": " "}, RunProblem, "Expected the name of a group for image a/one."),
        ({"a/one": "p", "b/copy": "q"}, RunProblem, "Got a/one in 'p' and b/copy in 'q'."),
        ({"a/one": "a/two"}, RunProblem, "called otherwise than an image outside of it."),
    ],
)
def test_groups_that_do_not_fit_the_images_are_refused(
    folder: Path, by_image: dict[str, str], error: type[HeatcheckError], words: str
) -> None:
    with pytest.raises(error) as refusal:
        asked(folder, by_image)
    assert words in str(refusal.value)


# -- a spec ----------------------------------------------------------------------------------------


def test_images_with_the_same_bytes_are_one_sample_without_any_group(folder: Path) -> None:
    spec = asked(folder)
    assert spec.samples == {
        "a/one": "a/one",
        "a/two": "a/two",
        "b/copy": "a/one",
        "b/four": "b/four",
        "b/three": "b/three",
    }
    assert (spec.size, spec.unit) == ("5 images, 4 samples", "samples")
    assert spec.grouping == "5 images, 4 samples: 3 images stand alone."


def test_a_spec_without_groups_is_stored_as_ever(folder: Path) -> None:
    spec = asked(folder)
    stored = spec.as_json()
    assert set(stored) == {"classifier", "images", "methods", "metrics", "seed", "source"}
    assert all(len(image) == 3 for image in stored["images"])
    assert "groups" not in spec.as_asked
    assert RunSpec.from_json(stored) == spec


def test_groups_are_part_of_the_question_and_not_of_the_command(
    folder: Path, tmp_path: Path
) -> None:
    spec = asked(folder, {"one.jpg": "p1", "a/two.jpg": "p1", "b/three": "p2"})
    assert spec.groups == {"a/one": "p1", "a/two": "p1", "b/copy": "p1", "b/three": "p2"}
    assert spec.id != asked(folder).id
    assert spec.id != asked(folder, {"a/one": "p1", "b/three": "p2"}).id
    assert RunSpec.from_json(json.loads(json.dumps(spec.as_json()))) == spec
    assert spec.command == "heatcheck run SPEC.json"
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec.as_asked))
    assert spec_files.read(path).id == spec.id
    assert asked(folder, {"a/one": "p"}, only=["a/two", "b/four"]).groups == {}


def test_options_and_a_spec_take_the_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_text("image,group\na/one,p1\na/two,p1\n")
    by_image = {"a/one": "p1", "a/two": "p1"}
    options = f"run --images '{folder}' --methods random --metrics deletion,deletion_exchange"
    words = [*shlex.split(options), "--groups", str(path)]
    assert spec_of(cli.parser().parse_args(words)).id == asked(folder, by_image).id
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps({"images": str(folder), **FEW, "groups": str(path)}))
    assert spec_files.read(spec).id == asked(folder, by_image).id
    spec.write_text(json.dumps({"groups": {"a/one": 5}}))
    with pytest.raises(RunProblem, match="a file's name, or an object with the group of each"):
        spec_files.read(spec)
    with pytest.raises(RunProblem, match=r"a CSV of groups at .*none\.csv\. It cannot be read"):
        groups.read(tmp_path / "none.csv")


def test_how_images_make_samples_is_said() -> None:
    assert size_of(1, 1) == "1 image"
    assert size_of(20, 8) == "20 images, 8 samples"
    assert grouping_of({"a": "a", "b": "b"}) == ""
    assert (
        grouping_of({"a": "p", "b": "p", "c": "c"}) == "3 images, 2 samples: 1 image stands alone."
    )
    assert grouping_of({"a": "p", "b": "p"}) == "2 images, 1 sample: no images stand alone."
    assert samples_of([("a", "1", ""), ("b", "1", ""), ("c", "1", "p")]) == {
        "a": "a",
        "b": "a",
        "c": "p",
    }


# -- partners --------------------------------------------------------------------------------------


def lenders(spec: RunSpec, without: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Who lends to each image, two at most, by name; some have nothing to lend."""
    names = [image.name for image in ring(spec)]
    partners = Partners(names, spec.samples, 2, lambda name, key: name not in without)
    return {image.name: partners.of(image.name, "random") for image in spec.images}


def test_without_copies_and_groups_the_next_two_of_the_ring_lend() -> None:
    spec = specs.ask(methods=["random"], metrics=["deletion_exchange"])
    circle = [image.name for image in ring(spec)]
    for name, partners in lenders(spec).items():
        here = circle.index(name)
        assert partners == [circle[(here + step) % len(circle)] for step in (1, 2)]


def test_no_image_borrows_from_its_own_sample_nor_twice_from_another(folder: Path) -> None:
    for spec in (asked(folder), asked(folder, {"a/one": "p", "a/two": "p", "b/three": "q"})):
        for name, partners in lenders(spec).items():
            samples = [spec.samples[name], *(spec.samples[other] for other in partners)]
            assert len(set(samples)) == len(samples) == 3
    two = asked(folder, {"a/one": "p", "a/two": "p", "b/three": "q", "b/four": "q"})
    assert all(len(partners) == 1 for partners in lenders(two).values())
    alone = asked(folder, dict.fromkeys(["a/one", "a/two", "b/three", "b/four"], "p"))
    assert not any(lenders(alone).values())


def test_an_image_that_has_nothing_to_lend_is_passed_over(folder: Path) -> None:
    partners = lenders(asked(folder), frozenset({"a/two"}))
    assert all("a/two" not in others for others in partners.values())
    assert all(len(others) == 2 for name, others in partners.items() if name != "a/two")


@pytest.fixture
def with_a_copy(tmp_path: Path) -> str:
    for name, content in (("a", b"1"), ("a_copy", b"1"), ("b", b"2"), ("c", b"3")):
        (tmp_path / f"{name}.png").write_bytes(content)
    return str(tmp_path)


@pytest.mark.parametrize(
    "named",
    [
        {"a.png": "one", "a_copy.png": "one", "b.png": "one"},
        {"a_copy": "one", "b": "one"},
    ],
)
def test_a_copy_that_is_not_in_the_set_may_be_named(
    with_a_copy: str, named: dict[str, str]
) -> None:
    spec = specs.ask(source=with_a_copy, methods=["random"], metrics=["runtime"], groups=named)
    assert spec.groups == {"a": "one", "b": "one"}
    assert [image.name for image in spec.images] == ["a", "b", "c"]


def test_a_copy_in_another_group_than_its_image_is_refused(with_a_copy: str) -> None:
    named = {"a_copy.png": "one", "a.png": "two"}
    with pytest.raises(RunProblem, match=r"Got a in 'two' and its copy a_copy.png in 'one'"):
        specs.ask(source=with_a_copy, methods=["random"], metrics=["runtime"], groups=named)


def test_a_run_of_a_copy_alone_is_one_of_the_image_that_stayed_in(with_a_copy: str) -> None:
    spec = specs.ask(source=with_a_copy, only=["a_copy"], methods=["random"], metrics=["runtime"])
    assert [image.name for image in spec.images] == list(spec.only) == ["a"]
