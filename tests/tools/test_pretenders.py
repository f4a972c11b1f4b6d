"""Pretenders: none is said to show evidence of the model and the class."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import pytest
import torch

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.inputs import own_networks
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.small_models import Linear
from heatcheck.tests.doubles.small_runs import MAKE, REDS, SIDE, picture
from heatcheck.tools.pretenders.__main__ import lines, main, measured
from heatcheck.tools.pretenders.maps import PRETENDERS, SpectralResidual

SPOTS = ((1, 1), (24, 2), (2, 23), (23, 24), (13, 1), (1, 14))


def test_no_pretender_shows_evidence_of_a_small_networks_class(tmp_path: Path) -> None:
    (tmp_path / "pretended.py").write_text(REDS + MAKE.format(side=SIDE, labels=["red", "none"]))
    (tmp_path / "images").mkdir()
    for place, spot in enumerate(SPOTS):
        PIL.Image.fromarray(picture(spot, place)).save(tmp_path / "images" / f"{place}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        classifier = own_networks.asked("pretended:make")
        table = measured(classifier, str(tmp_path / "images"), other="", points=9)
    said = lines(table)
    with METHODS.also(*PRETENDERS):
        evidence = Evidence(Scores(table))
        gains = evidence.scores.of("deletion_model").mean()
        for kind in PRETENDERS:
            assert evidence.of(kind.name, "model").mark != "shown", kind.name
            assert f"| {kind.title.replace('|', chr(92) + '|')} |" in "\n".join(said)
    assert gains["grad_cam"] > 0  # the model's own gains
    assert not any(kind.name in METHODS for kind in PRETENDERS)


def test_what_sees_no_model_gives_the_same_map_under_any() -> None:
    x = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    heats = [
        attribute(SpectralResidual(), Target(Linear(weight), 0, x), x).map for weight in (1.0, -1.0)
    ]
    assert torch.equal(*heats)
    assert heats[0].std() > 0


def test_the_words_after_the_command_are_a_number_of_images() -> None:
    for words in (["many"], ["1"], ["3", "4"]):
        with pytest.raises(SystemExit, match="how many images"):
            main(words)
