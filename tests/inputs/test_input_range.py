"""Input range: a network that was asked with another normalisation than it was trained with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from heatcheck.attribution import Output
from heatcheck.inputs import classifiers, images, input_range
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.images import Image, Picture
from heatcheck.inputs.sizes import Size


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = (nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*layers).eval()


def asked(model: nn.Module, mean: float, std: float, output: Output = Output.SOFTMAX) -> Classifier:
    return Classifier(
        "ours",
        "ours",
        model,
        Size(32, 32),
        (mean,) * 3,
        (std,) * 3,
        ("one", "two", "three", "four"),
        "a test",
        "",
        torch.device("cpu"),
        output=output,
    )


@pytest.mark.parametrize("side", [0.0, 1.0])
def test_networks_with_few_pictures_or_plain_scores_are_left_alone(side: float) -> None:
    picture = np.full((32, 32, 3), 128, np.uint8)
    assert input_range.doubt(asked(network(), side, 1.0), [picture] * 2) == ""
    assert input_range.doubt(asked(network(), side, 1.0, Output.SCORE), [picture] * 8) == ""


def test_larger_numbers_alone_make_no_doubt() -> None:
    """A random network is surer of pixels up to 255, shuffled ones too."""
    draws = np.random.default_rng(0)
    pictures = [draws.integers(0, 256, (32, 32, 3), np.uint8) for _ in range(8)]
    assert input_range.doubt(asked(network(), 0.5, 0.5), pictures) == ""


@pytest.fixture(scope="module")
def shown(photographs: list[Image]) -> list[Picture]:
    return [images.picture(one.encoded(), 224, one.name) for one in photographs[:8]]


def test_a_trained_network_is_told_of_the_normalisation_that_it_answers_best_to(
    lite0: Classifier, shown: list[Picture]
) -> None:
    assert input_range.doubt(lite0, shown) == ""
    wrong = replace(lite0, mean=(0.0,) * 3, std=(1 / 255,) * 3)
    assert "with mean and std of 0.5" in input_range.doubt(wrong, shown)
    assert "ImageNet" not in input_range.doubt(replace(lite0, mean=(0.0,) * 3), shown)


def test_the_packaged_networks_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from heatcheck.runs import worker

    monkeypatch.setattr(input_range, "doubt", lambda *_: pytest.fail("asked"))
    assert worker.range_doubt(classifiers.DEFAULT, []) == ()
