"""What a person says of a run becomes a spec, or a sentence; a spec says itself again."""

from __future__ import annotations

import copy
import json
import pickle
import random
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from heatcheck import cli
from heatcheck.attribution import METHODS
from heatcheck.commands.questions import spec_of
from heatcheck.core.errors import LISTED, BadParameter, HeatcheckError, RunProblem, shown, unknown
from heatcheck.inputs.images import Image
from heatcheck.metrics import METRICS, OBJECT_MASK
from heatcheck.runs import questions, spec_files, specs
from heatcheck.runs.specs import RunSpec

TWICE = ["random", "smoothgrad", {"name": "smoothgrad", "samples": 5}]


def test_how_far_a_run_is_is_told_in_steps_and_at_its_end_in_maps() -> None:
    names = ["photo_00", "photo_01", "photo_02"]
    twice = specs.ask(methods=["random", "edges"], metrics=["deletion_exchange"], only=names)
    once = specs.ask(methods=["random", "edges"], metrics=["deletion"], only=names)
    assert [twice.so_far(done) for done in (0, 5, 11, 12)] == [
        "0 of 12 steps",
        "5 of 12 steps",
        "11 of 12 steps",
        "6 maps",
    ]
    assert [once.so_far(done) for done in (5, 6)] == ["5 of 6 steps", "6 maps"]
    one = specs.ask(methods=["random"], metrics=["deletion"], only=names[:1])
    assert [one.so_far(done) for done in (0, 1)] == ["0 of 1 step", "1 map"]
    many = replace(twice, images=one.images * 1400)
    assert many.so_far(1042) == "1,042 of 5,600 steps"


# -- keys ------------------------------------------------------------------------------------------


def test_two_settings_of_one_method_have_keys_with_their_digests() -> None:
    spec = specs.ask(methods=TWICE)
    plain, first, second = spec.methods
    assert dict(spec.keyed) == {
        "random": plain,
        f"smoothgrad-{first.digest[:6]}": first,
        f"smoothgrad-{second.digest[:6]}": second,
    }
    assert list(spec.keys) == list(spec.methods)
    assert list(spec.keys.values()) == list(spec.keyed)


def test_a_spec_travels_with_its_keys_made() -> None:
    spec = specs.ask(methods=TWICE)
    assert spec.keyed
    assert pickle.loads(pickle.dumps(spec)) == copy.deepcopy(spec) == spec
    assert spec.keyed is spec.keyed
    assert hash(spec) == hash(specs.ask(methods=TWICE))


# -- a file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('{"seed": true}', "Expected seed in {} to be a whole number. Got True"),
        ('{"seed": 1.0}', "Expected seed in {} to be a whole number. Got 1.0"),
        ('{"seed": -1}', "Expected the seed to be a whole number from 0 to"),
        ('{"seed": 1' + "0" * 30 + "}", "Expected the seed to be a whole number from 0 to"),
        ('{"seed": 1' + "0" * 5000 + "}", "Expected {} to be JSON. Exceeds the limit"),
        ('{"seed": null}', "Expected seed in {} to be a whole number. Got None"),
        ('{"seed": NaN}', "'NaN' is no finite number"),
        ('{"points": Infinity}', "'Infinity' is no finite number"),
        ('{"points": 1e999}', "'1e999' is no finite number"),
        ('{"points": 1.5}', "Expected points in {} to be a whole number or a word. Got 1.5"),
        ('{"points": false}', "Expected points in {} to be a whole number or a word. Got False"),
        ('{"points": 1}', "between 2 and 225. Got 1"),
        ('{"images": 5}', "Expected images in {} to be a name or a folder. Got 5"),
        ('{"images": ["samples"]}', "Expected images in {} to be a name or a folder."),
        ('{"images": "a\\u0000b"}', "Expected 'samples', 'cutouts' or a folder"),
        ('{"only": [1]}', "Expected only in {} to be a list of names. Got [1]"),
        ('{"only": "photo_01"}', "Expected only in {} to be a list of names. Got 'photo_01'"),
        ('{"only": []}', "Expected the names of images as only in {}. Got an empty list."),
        ('{"only": ["nobody"]}', "Expected the name of an image. Got 'nobody'"),
        ('{"methods": []}', "Expected at least one method. Got an empty list."),
        ('{"metrics": []}', "Expected at least one metric. Got an empty list."),
        ('{"methods": "random"}', "Expected methods in {} to be a list of names and objects."),
        ('{"methods": [3]}', "Expected a name, or an object"),
        ('{"methods": [null]}', "Expected a name, or an object"),
        ('{"methods": [["random"]]}', "Expected a name, or an object"),
        ('{"methods": [{"name": ["random"]}]}', "Expected a name, or an object"),
        ('{"methods": [{"samples": 3}]}', "Expected a name, or an object"),
        ('{"metrics": {"name": "deletion"}}', "Expected metrics in {} to be a list of names and"),
        ('{"metrics": [{"name": "runtime", "repeats": true}]}', "Runtime.repeats to be int"),
        ('{"methods": [{"name": "smoothgrad", "samples": "many"}]}', "SmoothGrad.samples to be"),
        ('{"methods": [{"name": "smoothgrad", "sigma": 1' + "0" * 400 + "}]}", "SmoothGrad.sigma"),
        ('{"methods": ["random", "random"]}', "Expected each method once"),
        (
            '{"methods": [{"name": "smoothgrad", "sigma": 1}, {"name": "smoothgrad", "sigma": 1.0}'
            "]}",
            "Expected each method once",
        ),
        ('{"seed": 1, "seed": 2}', "The key 'seed' stands twice in one object"),
        ('{"methods": [{"name": "random", "name": "edges"}]}', "The key 'name' stands twice"),
        ('{"classifier": 5}', "Expected classifier in {} to be a name, or an object with"),
        ('{"classifier": {}}', "to have an architecture"),
        ('{"classifier": {"architecture": 5}}', "Expected architecture of the classifier in {}"),
        ('{"classifier": {"architecture": "timm:x", "weights": 5}}', "Expected weights of the"),
        ('{"classifier": {"architecture": "timm:x", "size": true}}', "Expected size of the"),
        ('{"classifier": {"architecture": "timm:x", "mean": [true]}}', "Expected mean of the"),
        ('{"classifier": {"architecture": "timm:x", "std": {"a": 1}}}', "Expected std of the"),
        ("[" * 100_000, "Expected {} to be JSON."),
        ("[]", "Got list"),
        ("5", "Got int"),
        ("", "Expected {} to be JSON."),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_in_a_sentence(
    written: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "spec.json"
    path.write_text(written)
    with pytest.raises(HeatcheckError) as refusal:
        spec_files.read(path)
    assert words.replace("{}", str(path), 1) in str(refusal.value)
    assert len(str(refusal.value)) < 2000


def test_a_file_is_text_in_utf_8_with_or_without_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_bytes(b"\xef\xbb\xbf" + b'{"methods": ["random"]}')
    assert spec_files.read(path).id == specs.ask(methods=["random"]).id
    path.write_bytes('{"methods": ["random"]}'.encode("utf-16"))
    with pytest.raises(RunProblem, match=r"to be text in UTF-8.*Save it with that encoding"):
        spec_files.read(path)
    with pytest.raises(RunProblem, match=r"It cannot be read \(Is a directory\)"):
        spec_files.read(tmp_path)
    with pytest.raises(RunProblem, match=r"It cannot be read \(No such file or directory\)"):
        spec_files.read(tmp_path / "none.json")
    with pytest.raises(RunProblem, match="of at most 10 MB"):
        spec_files.read(Path("/dev/zero"))


# -- from code -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        {"seed": True},
        {"seed": -1},
        {"seed": 2**63},
        {"seed": 0.0},
        {"points": "many", "metrics": ["runtime"]},
        {"points": True},
        {"methods": []},
        {"methods": "random"},
        {"metrics": ()},
        {"metrics": "deletion"},
        {"only": "photo_01"},
        {"only": [1]},
        {"source": " "},
    ],
)
def test_code_that_asks_wrongly_is_told(words: dict[str, Any]) -> None:
    with pytest.raises((BadParameter, RunProblem)):
        specs.ask(**words)


def test_the_largest_seed_is_one() -> None:
    assert specs.ask(methods=["random"], seed=questions.MAX_SEED).seed == 2**63 - 1


def test_messages_cut_what_they_repeat() -> None:
    assert shown("a" * 10) == f"'{'a' * 10}'"
    assert shown("a" * 1000).endswith("... (1002 characters)")
    assert shown(10**5000) == "a number of thousands of digits"
    known = [f"name{number}" for number in range(LISTED + 5)]
    message = str(unknown("run", "b" * 100_000, known))
    assert len(message) < 1000
    assert message.endswith("and 5 more.")


# -- the command that asks again -------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, photographs: list[Image]) -> Path:
    """Images whose names a shell or a list would take apart."""
    root = tmp_path_factory.mktemp("a 'folder' of $images; \"all\"")
    names = ["plain", "two words", "it's", 'say "a"', "a,b", "-dash", "--seed", "$HOME", "ünï ☕"]
    for name, photo in zip(names, photographs, strict=False):
        (root / f"{name}.jpg").write_bytes(photo.encoded())
    return root


def asked_again(spec: RunSpec, folder: Path) -> RunSpec:
    """What the command of a spec asks, as the command line reads it."""
    words = shlex.split(spec.command)
    assert words[:2] == ["heatcheck", "run"]
    if words[2:] == ["SPEC.json"]:
        (folder / "SPEC.json").write_text(json.dumps(spec.as_asked))
        words[2] = str(folder / "SPEC.json")
    return spec_of(cli.parser().parse_args(words[1:]))


def drawn(draw: random.Random, folder: Path, images: list[str]) -> RunSpec:
    """A spec at random: named or standard, with defaults or without."""
    words: dict[str, Any] = {
        "source": str(folder),
        "seed": draw.choice([0, 1, 7, 2**31, 2**63 - 1]),
    }
    if draw.random() < 0.7:
        words["only"] = draw.sample(images, draw.randint(2, len(images)))
    if draw.random() < 0.7:
        words["points"] = draw.choice(["adaptive", "all", 2, 9, 33, 225])
    if draw.random() < 0.7:
        methods: list[Any] = draw.sample(list(METHODS), draw.randint(1, 4))
        if draw.random() < 0.4:
            methods.append({"name": "smoothgrad", "samples": draw.randint(2, 60)})
        if draw.random() < 0.3:
            methods = [{"name": "smoothgrad", **METHODS.build("smoothgrad").params}]
        words["methods"] = methods
    if draw.random() < 0.7:
        fitting = [
            name
            for name in METRICS
            if OBJECT_MASK not in METRICS[name].needs and not name.endswith("_network")
        ]
        metrics: list[Any] = draw.sample(fitting, draw.randint(1, 4))
        if draw.random() < 0.4:
            metrics = [name for name in metrics if name != "deletion"]
            metrics.append({"name": "deletion", "points": draw.choice([3, 9, "adaptive"])})
        words["metrics"] = metrics
    return specs.ask(**words)


def test_the_command_of_a_run_asks_the_same_question(folder: Path, tmp_path: Path) -> None:
    draw = random.Random(0)
    images = [path.stem for path in folder.iterdir()]
    commands = set()
    for _ in range(150):
        try:
            spec = drawn(draw, folder, images)
        except RunProblem as error:  # drawn twice
            assert "once" in str(error)
            continue
        again = asked_again(spec, tmp_path)
        assert (again.id, again.only) == (spec.id, spec.only), spec.command
        commands.add(spec.command)
    assert len(commands) > 50
    assert "heatcheck run SPEC.json" in commands


def test_a_default_that_is_written_otherwise_is_not_taken_for_the_default(
    folder: Path, tmp_path: Path
) -> None:
    """1 and 1.0 are equal and have two digests, so two ids."""
    checked = 0
    for name, method in METHODS.items():
        for parameter, value in METHODS.build(name).params.items():
            if isinstance(value, float) and value == int(value):
                spec = specs.ask(
                    source=str(folder), methods=[{"name": name, parameter: int(value)}]
                )
                assert method(**{parameter: int(value)}) == METHODS.build(name)
                assert asked_again(spec, tmp_path).id == spec.id
                checked += 1
    assert checked
