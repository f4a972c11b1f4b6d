"""Names of classifiers: one reader, and what a name means for a run's id and its command."""

from __future__ import annotations

import shlex

import pytest

from heatcheck import cli
from heatcheck.attribution import METHODS
from heatcheck.core.errors import BadParameter, HeatcheckError, UnknownName
from heatcheck.inputs import classifier_names
from heatcheck.inputs.classifier_names import OwnNetwork
from heatcheck.inputs.sizes import size_of
from heatcheck.metrics import METRICS
from heatcheck.runs.specs import RunSpec, SpecImage

FROZEN = {  # the id of a run with each classifier, as it was before names had a reader
    "efficientnet_lite0": "0b8970626487118e",
    "timm:resnet18": "8408c552981f846c",
    "torchvision:resnet18": "878d60742eb5d67d",
    "timm:resnet18?weights=/data/my+models/ours+v2.pth&labels=/data/labels.txt"
    "&mean=0.485,0.456,0.406&std=0.229,0.224,0.225&size=224&sha256=" + "ab" * 32: (
        "a5c3dc80fe634660"
    ),
    "timm:test_resnet?weights=/data/gr%C3%BCn.safetensors&sha256=" + "cd" * 32: "a026d4fcce623dd6",
    "timm:test_resnet?weights=/data/a.pth&mean=0.123456789,1e-10,0.5"
    "&std=0.333333333,0.25,0.25&sha256=" + "cd" * 32: "e22c498aec50969d",
    "our_network:make?folder=/home/me/networks&sha256=" + "ef" * 32: "b274c736d224b06e",
}
OWN = [text for text in FROZEN if "?" in text]


def asked(classifier: str) -> RunSpec:
    return RunSpec(
        classifier,
        (SpecImage("a", "0" * 64, "cat"), SpecImage("b/c", "1" * 64, "")),
        (METHODS.build("random"), METHODS.build("vanilla_gradients")),
        (METRICS.build("total_variation"),),
        3,
        "/photos",
    )


@pytest.mark.parametrize("text", FROZEN)
def test_ids_and_stored_specs_are_what_they_were(text: str) -> None:
    spec = asked(text)
    assert spec.id == FROZEN[text]
    assert spec.as_json()["classifier"] == text
    assert RunSpec.from_json(spec.as_json()) == spec


@pytest.mark.parametrize("text", OWN)
def test_a_name_says_what_it_was_made_from(text: str) -> None:
    own = classifier_names.read(text).network
    assert own is not None
    assert own.name == text


@pytest.mark.parametrize("text", FROZEN)
def test_the_printed_command_says_the_same_classifier(text: str) -> None:
    """Word for word: a number with fewer digits would be another network, so another run."""
    words = cli.parser().parse_args(shlex.split(asked(text).command)[1:])
    own = classifier_names.read(text).network
    if own is None:
        assert words.classifier == text
        return
    given = {
        key: getattr(words, key) for key in ("weights", "labels", "mean", "std", "size", "output")
    }
    assert (
        OwnNetwork(
            words.classifier,
            given["weights"] or "",
            given["labels"] or "",
            classifier_names.numbers("mean", given["mean"] or ""),
            classifier_names.numbers("std", given["std"] or ""),
            size_of(given["size"]),
            given["output"] or "",
            own.folder,
            own.sha256,
        )
        == own
    )


def test_a_setting_that_begins_with_a_minus_is_no_option() -> None:
    own = OwnNetwork("timm:a", "/a.pth", mean=(-0.5, 1.0, 2.0))
    words = cli.parser().parse_args(["run", *classifier_names.read(own.name).words])
    assert words.mean == "-0.5,1,2"


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("timm:resnet18?size=abc", BadParameter, "Expected size as a whole number"),
        ("timm:resnet18?size=1e3", BadParameter, "Expected size as a whole number"),
        ("timm:resnet18?size=²", BadParameter, "Expected size as a whole number"),
        ("timm:resnet18?size=" + "9" * 300, BadParameter, "at most 4096"),
        ("timm:resnet18?size=0", BadParameter, "at least 1 pixel"),
        ("timm:resnet18?std=x", BadParameter, "Expected std as numbers"),
        ("timm:resnet18?std=0.5,0", BadParameter, "above zero"),
        ("timm:resnet18?mean=nan", BadParameter, "finite mean"),
        ("timm:resnet18?std=inf", BadParameter, "finite std"),
        ("timm:resnet18?wieghts=a.pth", UnknownName, "Did you mean 'weights'"),
        ("resnet18?size=224", BadParameter, "Got 'resnet18'"),
        (":make?folder=/home", BadParameter, "module:function"),
        ("keras:resnet", UnknownName, "Known: torchvision, timm"),
        ("a" * 100_000, BadParameter, "Got 100000"),
        ("a:b?weights=" + "c" * 100_000, BadParameter, "Got 100012"),
        ("a" * 300 + ":b?weights=c", BadParameter, "Got 302"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_a_name_that_is_none_gets_a_short_sentence(
    text: str, kind: type[HeatcheckError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        classifier_names.read(text)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "name", ["a" * 100_000, "a:" + "b" * 100_000, "timm:resnet18?size=abc", "timm:resnet18?std=x"]
)
def test_the_command_line_tells_a_bad_name_in_a_sentence(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", "--classifier", name]) == 2
    told = capsys.readouterr().err
    assert told.startswith("heatcheck: Expected")
    assert len(told) < 1000
