"""IDGI: it adds up, and how it shares."""

from __future__ import annotations

import pytest
import torch

from heatcheck.attribution import METHODS, attribute
from heatcheck.attribution.baselines import baselines
from heatcheck.core.randomness import generator
from heatcheck.tests.doubles.paths import X, smooth


@pytest.mark.parametrize("steps", [1, 7, 16, 33])
def test_idgi_adds_up_exactly_whatever_the_steps(steps: int) -> None:
    target = smooth()
    change = float(target.score(X) - target.score(baselines("mean", target, X, generator())))
    made = attribute(METHODS.build({"name": "idgi", "steps": steps}), target, X)
    assert float(made.map.sum()) == pytest.approx(change, rel=1e-4)


def test_idgi_in_one_step_shares_by_the_squares_of_the_gradient_at_the_baseline() -> None:
    target = smooth()
    start = baselines("mean", target, X, generator())
    gradient = target.gradient(start)
    change = target.score(X) - target.score(start)
    made = attribute(METHODS.build({"name": "idgi", "steps": 1}), target, X)
    torch.testing.assert_close(made.map, (change * gradient**2 / (gradient**2).sum()).sum(1)[0])
