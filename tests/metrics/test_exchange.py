"""Exchange gains: maps of other images on this one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from heatcheck.attribution import Target
from heatcheck.metrics import Other
from heatcheck.tests.doubles.cases import case_of, scored


def test_the_maps_of_other_images_rank_this_one(tiny_target: Target, tiny_x: Tensor) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(4))
    same = tuple(Other(tiny_x, 1, heat) for _ in range(2))
    case = case_of(heat, tiny_x, tiny_target, others=same)
    for name in ("deletion_exchange", "insertion_exchange"):
        assert scored(case, name, points="all").value == pytest.approx(
            0, abs=1e-7
        )  # one's own map back is no other evidence
    one = case_of(heat, tiny_x, tiny_target, others=same[:1])
    assert scored(one, "deletion_exchange", points=9).value == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("patch", [1, 4])
def test_a_map_that_is_the_same_for_every_image_has_no_exchange_gain_however_many_ties_it_has(
    patch: int, tiny_target: Target, tiny_x: Tensor
) -> None:
    """Its ties are drawn alike, whichever image it comes from."""
    flat = torch.zeros(20, 24)
    flat[0, 0] = 1
    case = case_of(
        flat, tiny_x, tiny_target, others=tuple(Other(tiny_x, 1, flat) for _ in range(2))
    )
    for name in ("deletion_exchange", "insertion_exchange"):
        assert scored(case, name, points="all", patch=patch).value == pytest.approx(0, abs=1e-7)
        assert scored(case, name, patch=patch).value == pytest.approx(0, abs=1e-7)
