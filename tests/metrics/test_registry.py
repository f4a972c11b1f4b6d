"""What every metric must keep: a value within its bounds or a reason in words, whatever the map;
nothing of the case is changed.
"""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Attribution, Passes, Target
from heatcheck.core.errors import DegenerateMap, HeatcheckError
from heatcheck.metrics import METRICS, Case, Metric, Other, Score
from heatcheck.metrics.base import BLANK
from heatcheck.metrics.substrates import SUBSTRATES

SCALED = {
    "completeness_gap",
    "max_sensitivity",
    "saturation",
}  # the first reads the map's unit, the others hold it against maps made anew


class Small(nn.Module):
    """Four classes, any size, any number of channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, 5, 3, padding=1)
        self.second = nn.Conv2d(5, 6, 3, padding=1)
        self.head = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.second(self.first(x).relu()).relu().mean((2, 3)))


def case_of(heat: Tensor, channels: int = 3, method: str = "vanilla_gradients") -> Case:
    torch.manual_seed(1)
    model = Small(channels).eval()
    for value in model.parameters():
        value.requires_grad_(False)
    draws = torch.Generator().manual_seed(2)
    x = torch.randn(1, channels, *heat.shape, generator=draws)
    target = Target(
        model,
        1,
        x,
        mean=0.5,
        std=0.25,
        references=torch.randn(2, channels, *heat.shape, generator=draws),
    )
    others = tuple(
        Other(torch.randn(x.shape, generator=draws), other, torch.rand(heat.shape, generator=draws))
        for other in (0, 2, 3, 1, 2)
    )
    mask = torch.zeros(heat.shape, dtype=torch.bool)
    mask[: max(1, heat.shape[0] // 2)] = True
    return Case(
        target,
        x,
        Attribution(heat, METHODS.build(method), 1, 0, 0.01, Passes(1, 1), warm=True),
        "image",
        others,
        mask,
        elsewhere=lambda name: noise(*heat.shape),
    )


def built(name: str) -> Metric:
    """The metric; of those that take another network, with one."""
    takes_network = "network" in METRICS[name].__dataclass_fields__
    return METRICS.build({"name": name, **({"network": "tiny"} if takes_network else {})})


def answer(name: str, case: Case) -> Score | None:
    """The score, or None where the metric says in words why there is none."""
    try:
        score = built(name).score(case)
    except HeatcheckError as error:
        assert str(error).endswith(".")
        assert len(str(error)) > 30
        return None
    low, high = METRICS[name].bounds
    assert math.isfinite(score.value)
    assert low - 1e-9 <= score.value <= high + 1e-9
    assert all(math.isfinite(value) for value in score.sides.values())
    assert set(score.sides) <= set(METRICS[name].sides)
    return score


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("heat", "channels"),
    [
        (torch.zeros(16, 16), 3),
        (torch.full((16, 16), 2.5), 3),
        (torch.full((16, 16), -2.5), 3),
        (torch.tensor([[1.0]]), 3),
        (torch.tensor([[0.0]]), 1),
        (noise(13, 7), 3),
        (noise(17, 17), 1),
        (noise(1, 11), 3),
        (noise(16, 16) * 1e-30, 3),
        (noise(16, 16) * 1e30, 3),
        (noise(16, 16).relu(), 3),
    ],
    ids=[
        "zero",
        "constant",
        "negative",
        "one pixel",
        "one zero pixel",
        "prime sides",
        "one channel",
        "one row",
        "tiny",
        "huge",
        "half zero",
    ],
)
def test_any_map_gets_a_number_within_bounds_or_a_reason(
    name: str, heat: Tensor, channels: int
) -> None:
    answer(name, case_of(heat, channels))


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in METRICS
        if name not in ("runtime", "randomisation", "saturation", "grid_pointing")
    ],
)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_map_that_is_not_finite_gets_a_reason(name: str, bad: float) -> None:
    """Those left out score maps that they make themselves."""
    heat = noise(16, 16)
    heat[3, 4] = bad
    assert answer(name, case_of(heat)) is None


WITHOUT_THE_MAP = ("runtime", "grid_pointing")  # they make maps of their own


@pytest.mark.parametrize("name", [name for name in METRICS if name not in WITHOUT_THE_MAP])
@pytest.mark.parametrize("value", [0.0, 2.5])
def test_a_blank_map_has_no_score_and_the_reason_says_so(name: str, value: float) -> None:
    case = case_of(torch.full((16, 16), value), method="integrated_gradients")
    with pytest.raises(DegenerateMap, match=f"^{BLANK}$"):
        built(name).score(case)


@pytest.mark.parametrize("name", WITHOUT_THE_MAP)
def test_what_reads_no_map_scores_beside_a_blank_one(name: str) -> None:
    assert answer(name, case_of(torch.zeros(16, 16), method="integrated_gradients")) is not None


@pytest.mark.parametrize("name", METRICS)
def test_an_ordinary_map_gets_a_number_with_all_its_side_values(name: str) -> None:
    if METRICS[name].why_not(METHODS.build("integrated_gradients")):
        pytest.fail("every metric says something about Integrated Gradients")
    score = answer(name, case_of(noise(16, 16).abs() + 0.01, method="integrated_gradients"))
    assert score is not None
    metric = built(name)
    on_others = {f"on_{one}" for one in SUBSTRATES} - {
        f"on_{one}" for one in getattr(metric, "substrates", ())
    }
    assert set(score.sides) == set(metric.sides) - on_others


@pytest.mark.parametrize("name", [name for name in METRICS if name not in SCALED])
def test_the_scale_of_a_map_changes_no_score(name: str) -> None:
    if name == "runtime":
        return
    plain, scaled = answer(name, case_of(noise(16, 16))), answer(name, case_of(7 * noise(16, 16)))
    assert plain is not None
    assert scaled is not None
    assert scaled.value == pytest.approx(plain.value, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", METRICS)
def test_scoring_changes_nothing_and_gives_the_same_again(name: str) -> None:
    case = case_of(noise(16, 16), method="integrated_gradients")
    before = [
        copy.deepcopy(one)
        for one in (case.x, case.map, case.target.model.state_dict(), case.others[0].map)
    ]
    state = torch.get_rng_state()
    first = answer(name, case)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(case.x, before[0])
    assert torch.equal(case.map, before[1])
    assert all(
        torch.equal(value, before[2][key]) for key, value in case.target.model.state_dict().items()
    )
    assert torch.equal(case.others[0].map, before[3])
    assert not case.target.model.training
    again = answer(name, case_of(noise(16, 16), method="integrated_gradients"))
    if name == "runtime":
        return
    assert first is not None
    assert again is not None
    assert again.value == first.value
    assert again.sides == first.sides
