"""Substrates: what takes a pixel's place."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import Tensor

from heatcheck.attribution import METHODS, Attribution, Passes, Target
from heatcheck.attribution.baselines import SHARED, baselines
from heatcheck.attribution.blurs import blur_kernel, blurred
from heatcheck.metrics import Case
from heatcheck.metrics.substrates import (
    CLEAN,
    SETS,
    SUBSTRATES,
    end,
    gaussian,
    members,
    substrate_parameter,
)
from heatcheck.tests.doubles.cases import case_of


def test_rises_blur_is_nearly_a_box() -> None:
    kernel = blur_kernel()
    assert kernel.shape == (11, 11)
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-12)
    assert float(kernel[0, 0] / kernel[5, 5]) == pytest.approx(0.876, abs=1e-3)
    spot = torch.zeros(1, 1, 21, 21)
    spot[0, 0, 10, 10] = 1
    torch.testing.assert_close(blurred(spot)[0, 0, 5:16, 5:16], kernel.float())
    torch.testing.assert_close(
        blurred(torch.ones(1, 2, 15, 15))[:, :, 5:10, 5:10], torch.ones(1, 2, 5, 5)
    )


def test_substrates_are_what_their_names_say(tiny_target: Target, tiny_x: Tensor) -> None:
    case = case_of(torch.rand(20, 24), tiny_x, tiny_target)
    assert torch.equal(end(case, CLEAN), tiny_x)
    assert not end(case, "mean").any()  # zero after normalisation: the mean, 0.5, in pixels
    pixels = {name: tiny_target.to_pixels(end(case, name)) for name in SUBSTRATES}
    assert torch.equal(pixels["black"], torch.zeros_like(tiny_x))
    torch.testing.assert_close(pixels["grey"], torch.full_like(tiny_x, 0.5))
    torch.testing.assert_close(end(case, "blur"), blurred(tiny_x))
    assert 0 <= pixels["noise"].min() < 0.05
    assert 0.95 < pixels["noise"].max() <= 1
    other = Case(
        tiny_target,
        tiny_x,
        Attribution(torch.rand(20, 24), METHODS.build("edges"), 1, 0, 0.0, Passes()),
        "image",
    )
    assert torch.equal(end(case, "noise"), end(other, "noise"))  # the same for every method
    assert set(SUBSTRATES) == {"mean", "black", "grey", "blur", "gaussian", "noise"}
    torch.testing.assert_close(
        end(case, "gaussian"),
        torchvision.transforms.functional.gaussian_blur(tiny_x, [11, 11], [5.0, 5.0]),
    )
    torch.testing.assert_close(gaussian(torch.ones(1, 2, 3, 9)), torch.ones(1, 2, 3, 9))


def test_baselines_that_share_a_substrates_name_are_that_substrate_bit_for_bit(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    case = case_of(torch.rand(20, 24), tiny_x, tiny_target)
    shared = set(SHARED) & set(SUBSTRATES)
    assert shared >= {"mean", "black", "blur"}
    for name in shared:
        start = baselines(name, tiny_target, tiny_x, torch.Generator())
        assert torch.equal(start, SUBSTRATES[name](case)), name


def test_a_substrate_is_one_of_those_that_there_are() -> None:
    field = substrate_parameter("grey", "What it is for.", "Why grey.")
    assert field.default == "grey"
    assert field.metadata["choices"] == (*SETS, *SUBSTRATES)
    assert (field.metadata["help"], field.metadata["why"]) == ("What it is for.", "Why grey.")


def test_a_set_has_members_and_a_substrate_is_a_set_of_itself() -> None:
    assert members("standard") == ("mean", "blur", "black")
    assert members("grey") == ("grey",)
    assert all(set(names) <= set(SUBSTRATES) for names in SETS.values())
    assert not set(SETS) & set(SUBSTRATES)
