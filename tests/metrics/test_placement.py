"""Placement gains: what a map's places buy."""

from __future__ import annotations

import numpy as np
import torch

from heatcheck.attribution import Target
from heatcheck.tests.doubles.cases import case_of, scored
from heatcheck.tests.doubles.small_models import Linear


def test_a_uniform_map_gains_nothing_on_average() -> None:
    flat = torch.zeros(16, 16)
    flat[0, 0] = flat[8, 8] = 1  # each lies where the other was when the map is moved
    x = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    target = Target(Linear(), 0, x - 0.5)
    values = [
        scored(
            case_of(flat, x - 0.5, target, seed=seed),
            "deletion_placement",
            points="all",
        ).value
        for seed in range(60)
    ]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(60) + 1e-9
