"""Target sensitivity: the rival class, and how its map differs."""

from __future__ import annotations

import pytest
import torch

from heatcheck.attribution import Output, Target
from heatcheck.attribution.input_x_gradient import InputXGradient
from heatcheck.attribution.random import Random
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.metrics.similarity import rank_correlation
from heatcheck.metrics.target_sensitivity import TargetSensitivity
from heatcheck.tests.doubles.cases import case_by, drawn
from heatcheck.tests.doubles.small_models import Channels


@pytest.mark.parametrize(("own", "rival"), [(0, 2), (1, 2), (2, 0)])
def test_the_rival_is_the_most_probable_other_class(own: int, rival: int) -> None:
    x = drawn(1, 3, 7, 5) + torch.tensor([1.0, 0.0, 2.0]).reshape(1, 3, 1, 1)
    score = TargetSensitivity().score(case_by(InputXGradient(), Target(Channels(), own, x), x))
    expected = rank_correlation(
        x[0, own], x[0, rival]
    )  # the maps of two classes are the two channels
    assert score.sides["rank_correlation"] == pytest.approx(expected, abs=1e-9)
    assert score.value == pytest.approx(1 - expected, abs=1e-9)
    assert 0.5 < score.value < 1.5


def test_maps_that_ignore_the_class_are_not_sensitive_and_opposite_ones_twice() -> None:
    x = torch.cat([drawn(1, 1, 7, 5), 1.5 - drawn(1, 1, 7, 5)], 1)
    target = Target(Channels(), 0, x)
    assert TargetSensitivity().score(case_by(Random(), target, x, seed=3)).value == pytest.approx(
        0, abs=1e-9
    )
    assert TargetSensitivity().score(case_by(InputXGradient(), target, x)).value == pytest.approx(
        2, abs=1e-9
    )


def test_target_sensitivity_compares_absolute_maps() -> None:
    x = torch.cat([drawn(1, 1, 7, 5), -drawn(1, 1, 7, 5)], 1)
    assert TargetSensitivity().score(
        case_by(InputXGradient(), Target(Channels(), 0, x), x)
    ).value == pytest.approx(0, abs=1e-9)
    assert TargetSensitivity().score(
        case_by(InputXGradient(), Target(Channels(), 1, x), x)
    ).value == pytest.approx(0, abs=1e-9)


def test_a_model_of_one_class_has_no_rival_and_a_constant_map_no_rank() -> None:
    x = drawn(1, 1, 7, 5)
    with pytest.raises(DoesNotApply, match="two classes, and this model has one"):
        alone = Target(Channels(), 0, x, output=Output.SCORE)
        TargetSensitivity().score(case_by(InputXGradient(), alone, x))
    two = drawn(1, 2, 7, 5)
    with pytest.raises(DegenerateMap, match="The map is blank"):
        TargetSensitivity().score(case_by(VanillaGradients(), Target(Channels(), 0, two), two))
