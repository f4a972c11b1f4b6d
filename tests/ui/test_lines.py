"""The textbook's lines: they run as they stand, one after another in one notebook, and each leaves
the map that the laboratory shows beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.core.randomness import generator
from heatcheck.runs import laboratory
from heatcheck.runs.laboratory import Begun
from heatcheck.tests.doubles.specimens import Blocks, subject
from heatcheck.ui.methods import lines

COLUMN = 44  # characters that stand in a line on a wide screen


class Layered(Blocks):
    """Its head begins with an activation that writes over what it is given."""

    def features(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.second(F.softplus(self.first(x)))
        return hidden

    def above(self, features: Tensor) -> Tensor:
        scores: Tensor = self.head(F.elu_(features).mean((2, 3)))
        return scores

    def forward(self, x: Tensor) -> Tensor:
        return self.above(self.features(x))


@pytest.mark.parametrize("required", [False, True])  # whether somebody wants x's own gradient
def test_the_lines_run_one_after_another_and_give_the_maps_beside_them(
    monkeypatch: pytest.MonkeyPatch, required: bool
) -> None:
    model = Layered()
    asked, loaded = subject(monkeypatch, model)
    x = loaded.to_input(asked.picture).requires_grad_(required)
    notebook: dict[str, Any] = {
        "model": model,
        "features": model.features,
        "head": model.above,
        "x": x,
        "c": 1,
        "baseline": torch.full(x.shape, -1.0),  # black
        "std": torch.full((3, 1, 1), 0.5),
    }
    method = SmoothGrad(samples=max(laboratory.COPIES))
    draws = generator(laboratory.SEED, asked.image_digest, method.stream, "attribution")
    monkeypatch.setattr(
        torch, "randn_like", lambda like: torch.randn(like.shape[1:], generator=draws)[None]
    )
    smoothed: Any = laboratory.smoothing(asked, 1, method.sigma)
    while isinstance(smoothed, Begun):
        smoothed = laboratory.smoothing(asked, 1, method.sigma, smoothed)
    shown = {
        lines.VANILLA: laboratory.gradient(asked, 1).maps["max_abs"],
        lines.INTEGRATED: laboratory.integral(asked, 1, "black").maps[-1],
        lines.SMOOTHGRAD: smoothed.maps[method.samples],
        lines.GRAD_CAM: laboratory.channels(asked, 1).rectified,
    }
    for code, map_beside in shown.items():
        exec(code, notebook)
        assert map_beside.any()
        np.testing.assert_allclose(notebook["heatmap"], map_beside, rtol=1e-4, atol=1e-6)
        assert notebook["heatmap"].dtype == torch.float32
    assert notebook["x"] is x
    assert x.requires_grad == required
    assert x.grad is None


@pytest.mark.parametrize(
    "code", [lines.VANILLA, lines.INTEGRATED, lines.SMOOTHGRAD, lines.GRAD_CAM]
)
def test_no_line_is_broken_in_its_column(code: str) -> None:
    assert max(map(len, code.splitlines())) <= COLUMN
