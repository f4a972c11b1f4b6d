"""How many images would decide: held against samples that are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from heatcheck.judgement.power import MOST, Needed, Shape, images_for, images_to_decide
from heatcheck.judgement.statistics import ENOUGH, holm_level, interval_of
from heatcheck.tools.simulate.power import FAMILIES, named, power


@pytest.mark.parametrize(
    ("law", "effect", "claims", "below"),
    [
        ("normal", 0.5, 1, False),
        ("normal", 1.0, 6, False),
        ("exponential", 0.5, 1, False),
        ("exponential", 0.5, 12, True),
        ("log-normal, sigma 1", 0.5, 6, False),
    ],
)
def test_the_number_that_is_named_decides_four_times_in_five(
    law: str, effect: float, claims: int, below: bool
) -> None:
    """With the noncentral t alone, skewed laws reach 43 to 98 %."""
    others = FAMILIES[claims]
    n = named(law, effect, holm_level(others), below)
    assert 0.7 <= power(law, effect, n, others, below) <= 0.9


def test_for_a_normal_law_it_is_what_the_noncentral_t_says() -> None:
    for effect, alpha in ((0.2, 0.05), (0.5, 0.05), (0.5, 0.01), (1.0, 0.05)):
        n = images_for(effect, alpha)
        reached = [
            float(
                stats.nct.sf(stats.t.ppf(1 - alpha / 2, count - 1), count - 1, effect * count**0.5)
            )
            for count in (n, n - 1 if n > 50 else n - 2)
        ]
        assert reached[0] == pytest.approx(0.8, abs=0.07)
        assert reached[1] < 0.8


def test_it_names_direction_and_doubt_and_invents_no_figure() -> None:
    half = np.random.default_rng(0).normal(0, 1, 10)
    sample = np.concatenate([half, -half])
    spread = sample.std(ddof=1)
    above = images_to_decide(0.4 * spread + sample, 0.0)
    below = images_to_decide(-0.4 * spread + sample, 0.0)
    assert above is not None
    assert below is not None
    assert (above.side, below.side) == ("above", "below")
    shape = Shape(float(stats.skew(sample, bias=False)), float(stats.kurtosis(sample, bias=False)))
    ends = interval_of(0.4 * spread + sample, 0.8)
    assert ends is not None
    assert above.n == images_for(float(np.mean(0.4 * spread + sample)) / spread, shape=shape)
    assert above.fewest == images_for(ends[1] / spread, shape=shape)
    assert above.most == images_for(ends[0] / spread, shape=shape)
    assert above.fewest < above.n < above.most
    weak = images_to_decide(0.1 * spread + sample, 0.0)
    assert weak is not None
    assert weak.most is None  # the interval of the mean holds the threshold
    assert images_to_decide(sample - sample.mean(), 0.0) is None
    assert images_to_decide(sample[:4], 0.0) is None
    assert images_to_decide(np.ones(6), 2.0) is None  # a constant sample decides nothing
    far = images_to_decide(1000 + sample, 0.0)
    assert far is not None
    assert far.n == ENOUGH
    assert images_for(1e-9) == MOST


def test_what_is_said_of_a_number() -> None:
    assert Needed(87, 40, 450, "above", 20).said("confirm") == (
        "about 87 would confirm it four times in five"
    )
    assert Needed(87, 40, 450, "above", 20).range == "40 to more than 200"
    assert Needed(87, 40, 150, "above", 20).range == "40 to 150"
    assert Needed(87, 40, None, "above", 20).range == "40 to any number"
    assert Needed(201, 40, None, "above", 20).range == "more than 200"
    assert Needed(201, 40, None, "above", 20).said("refute") == (
        "more than 200 would be needed to refute it four times in five"
    )
    assert Needed(20, 9, None, "above", 20).said("confirm") == (
        "about 20 would confirm it four times in five: so many there are, and these did not; "
        "others may"
    )
