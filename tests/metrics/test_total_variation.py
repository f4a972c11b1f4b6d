"""Total variation of known maps."""

from __future__ import annotations

import pytest
import torch

from heatcheck.metrics import METRICS
from heatcheck.metrics.total_variation import total_variation
from heatcheck.tests.doubles.cases import case_of


def test_total_variation_of_known_maps() -> None:
    assert total_variation(torch.tensor([[0.0, 2.0], [0.0, 2.0]])) == pytest.approx(
        1.0
    )  # two jumps of 2, mean 1, four pixels
    board = (torch.arange(8)[:, None] + torch.arange(8)) % 2
    assert total_variation(board.float()) == pytest.approx(2 * 2 * 8 * 7 / 64)


def test_pooling_hides_a_grain_finer_than_the_pool() -> None:
    board = ((torch.arange(28)[:, None] + torch.arange(28)) % 2).float()
    score = METRICS.build("total_variation").score(case_of(board))
    assert score.value > 3
    assert score.sides["pooled"] == pytest.approx(0, abs=1e-6)
