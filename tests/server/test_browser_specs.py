"""What a browser may ask a run for: what the server offers, and no code, file or folder of its
machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heatcheck.core.errors import HeatcheckError, RunProblem
from heatcheck.core.plugins import VARIABLE
from heatcheck.inputs import image_sets
from heatcheck.runs import spec_files, specs
from heatcheck.server import service
from heatcheck.server.browser_specs import permitted

LOOKS = (  # what opens, imports or loads what a spec names
    "inputs.own_networks.asked",
    "inputs.image_sets.read",
    "inputs.image_sets._root",
    "inputs.classifiers.check_name",
    "inputs.given_maps.asked",
    "inputs.masks.asked",
    "runs.groups.read",
    "runs.questions.plugged",
)


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused is refused before anything of it is opened, imported or loaded."""

    def touched(*given: object, **named: object) -> None:
        raise AssertionError("it was looked up")

    for place in LOOKS:
        monkeypatch.setattr(f"heatcheck.{place}", touched)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"classifier": "os:getcwd?folder=/&sha256=1"}, "classifier"),
        ({"classifier": "timm:resnet18?weights=/data/ours.pth&sha256=1"}, "classifier"),
        ({"classifier": "hf:ours?folder=/data&sha256=1"}, "classifier"),
        ({"classifier": "torchvision:resnet18"}, "classifier"),
        ({"classifier": {"architecture": "mine:net", "weights": "/etc/passwd"}}, "classifier"),
        ({"classifier": {"architecture": "hf:/data"}}, "classifier"),
        ({"classifier": "memory:Network-0123456789abcdef"}, "classifier"),
        ({"images": "/etc"}, "images"),
        ({"images": "."}, "images"),
        ({"images": "samples/../../etc"}, "images"),
        ({"images": ""}, "images"),
        ({"images": "\0"}, "images"),
        ({"beside": "mine:net?folder=/data"}, "a network beside"),
        ({"beside": "efficientnet_lite0"}, "a network beside"),
        (
            {"metrics": [{"name": "deletion_network", "network": "mine:net?folder=/d"}]},
            "a network beside",
        ),
        ({"metrics": ["runtime", {"name": "runtime", "network": ["x"]}]}, "a network beside"),
        ({"plugins": ["os"]}, "a plugin"),
        ({"plugins": ["loaded", "antigravity"]}, "a plugin"),
        ({"groups": "/etc/passwd"}, "the name of a file"),
        ({"maps": {"theirs": "/data/maps"}}, "a folder of maps"),
        ({"masks": "/data/masks"}, "a folder of masks"),
    ],
)
def test_code_files_and_folders_of_the_server_are_refused(
    written: dict[str, Any], said: str, untouched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "classifier_choices", lambda: ["efficientnet_lite0"])
    monkeypatch.setattr(service, "image_sources", lambda: ["samples"])
    monkeypatch.setattr(service, "other_networks", lambda classifier: ["efficientnet_lite1"])
    monkeypatch.setenv(VARIABLE, json.dumps([["loaded", "/"]]))
    parsed = spec_files.parsed(json.dumps(written).encode(), "THEIRS.json")
    with pytest.raises(RunProblem) as refusal:
        permitted(parsed, "THEIRS.json")
    told = str(refusal.value)
    assert told.startswith("Expected ")
    assert said in told
    assert "THEIRS.json" in told
    assert "heatcheck run SPEC.json" in told


def test_every_key_of_a_spec_is_decided_about() -> None:
    """A key that comes to be, and is not thought of here, is none that a browser may send."""
    harmless = {"only", "methods", "points", "substrates", "seed", "sample", "target", "fit"}
    harmless |= {"keep_maps", "until"}
    held = {"classifier", "images", "beside", "metrics", "plugins", "groups", "maps", "masks"}
    assert set(spec_files.KEYS) - {"preset"} == harmless | held


def test_what_the_server_was_started_with_is_allowed_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEATCHECK_IMAGES", "photos")
    monkeypatch.setenv("HEATCHECK_CLASSIFIER", "timm:resnet18")
    monkeypatch.setenv(VARIABLE, json.dumps([["loaded", "/"]]))
    written = {
        "classifier": "timm:resnet18",
        "images": image_sets.absolute("photos"),
        "plugins": ["loaded"],
        "groups": {"a": "one"},
        "maps": {},
        "beside": "efficientnet_lite1",
        "seed": 3,
    }
    assert permitted(written, "SPEC.json") == {
        "classifier": "timm:resnet18",
        "images": "photos",
        "groups": {"a": "one"},
        "beside": "efficientnet_lite1",
        "seed": 3,
    }


def test_a_runs_own_spec_comes_back_as_the_same_question() -> None:
    spec = specs.ask(only=["photo_00", "photo_03"], methods=["random"], points=9, seed=2)
    content = json.dumps(spec.as_asked).encode()
    parsed = spec_files.parsed(content, "SPEC.json")
    assert spec_files.asked(permitted(parsed, "SPEC.json")) == spec
    found = image_sets.read(spec.source)
    assert spec_files.asked(permitted(parsed, "SPEC.json"), found) == spec


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "to be JSON"),
        (b"[1]", "to hold a JSON object"),
        (b"\xff\xfe", "text in UTF-8"),
        (b'{"seed": NaN}', "no finite number"),
        (b'{"seed": 1, "seed": 2}', "seed"),
        (b'{"seed": "1"}', "seed in odd.json to be a whole number"),
        (b'{"sed": 1}', "seed"),
        (b'{"only": []}', "Got an empty list"),
        (b'{"classifier": {"wieghts": 1}}', "weights"),
        (b"[" * 100_000, "to be JSON"),
        (b" " * (spec_files.LARGEST + 1), "at most 10 MB at odd.json"),
    ],
)
def test_bytes_that_are_no_spec_are_refused_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(HeatcheckError, match="Expected") as refusal:
        spec_files.parsed(content, "odd.json")
    assert said in str(refusal.value)
