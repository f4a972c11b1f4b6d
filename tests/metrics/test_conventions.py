"""Conventions: one curve as six tools read it, and torchcam's own metric as a reference."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
import torchcam.methods
import torchcam.metrics
from torch import nn

from heatcheck.attribution import Target
from heatcheck.metrics import METRICS
from heatcheck.metrics.conventions import CONVENTIONS, even, long_last, rounded_up
from heatcheck.tests.doubles.cases import case_of


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("rise", 0.1250),
        ("polycam", 0.1227),
        ("torchcam", 0.1266),
        ("xplique", 0.1316),
        ("interpretdl", 0.1444),
        ("pnpxai", 0.1815),
    ],
)
def test_the_curve_of_a_known_decay_reads_as_each_tool_reads_it(name: str, reads: float) -> None:
    one = CONVENTIONS[name]
    shares = [count / 50176 for count in one.grid(50176)]
    assert one.deletion([float(np.exp(-8 * share)) for share in shares], shares) == pytest.approx(
        reads, abs=5.1e-5
    )


def test_each_kind_of_grid_on_an_image_of_twenty_five_pixels() -> None:
    assert even(4)(25) == [0, 6, 12, 19, 25]
    assert rounded_up(4)(25) == [0, 7, 14, 21, 25]
    assert rounded_up(5)(25) == [0, 5, 10, 15, 20, 25]
    assert long_last(4)(25) == [0, 6, 12, 25]
    assert long_last(2)(25) == [0, 25]


def test_the_grids_are_those_of_the_tools() -> None:
    grids = {name: one.grid(50176) for name, one in CONVENTIONS.items()}
    assert {name: len(grid) for name, grid in grids.items()} == {
        "rise": 225,
        "torchcam": 21,
        "xplique": 11,
        "polycam": 225,
        "interpretdl": 21,
        "pnpxai": 10,
    }
    assert all((grid[0], grid[-1]) == (0, 50176) for grid in grids.values())
    assert grids["torchcam"][1:3] == [2509, 5018]  # a step is rounded up
    assert grids["torchcam"][-2] == 19 * 2509
    assert grids["pnpxai"][1:-1] == [
        5017 * step for step in range(1, 9)
    ]  # and the last step is a long one
    assert grids["xplique"][1] == 5018
    assert grids["rise"][1:3] == [224, 448]
    assert CONVENTIONS["torchcam"].grid(25) == [*range(0, 25, 2), 25]
    mirrored = [float(np.exp(-8 * (1 - share))) for share in np.linspace(0, 1, 21)]
    assert CONVENTIONS["interpretdl"].insertion is not None
    assert CONVENTIONS["interpretdl"].insertion(mirrored, []) == pytest.approx(
        0.1920, abs=5e-5
    )  # its start is left out, its end comes twice
    assert CONVENTIONS["pnpxai"].insertion is None


@pytest.mark.parametrize("steps", [20, 224])
def test_torchcams_own_metric_gives_the_same(steps: int, tiny: nn.Module) -> None:
    """On a map without ties, whose pixels its steps divide: it rounds a step up to whole pixels."""
    x = (
        torch.rand(1, 3, 16, 14 if steps == 224 else 20, generator=torch.Generator().manual_seed(1))
        - 0.5
    )
    heat = torch.rand(x.shape[-2:], generator=torch.Generator().manual_seed(2))
    with torchcam.methods.GradCAM(tiny, "second") as extractor:
        metric = torchcam.metrics.DeletionInsertionMetric(
            extractor, partial(torch.softmax, dim=-1), steps=steps
        )
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(
                torchcam.metrics, "_get_cam", lambda *given: (heat[None], torch.tensor([1]))
            )
            metric.update(x, 1)
    theirs = metric.summary()
    case = case_of(heat, x, Target(tiny, 1, x))
    if steps == 20:
        sides = METRICS.build("conventions").score(case).sides
        ours = {area: sides[f"torchcam_{area}"] for area in ("deletion", "insertion")}
    else:
        ours = {
            area: METRICS.build({"name": area, "points": "all", "substrate": "mean"})
            .score(case)
            .value
            for area in ("deletion", "insertion")
        }
    assert ours["deletion"] == pytest.approx(theirs["deletion_auc"], abs=1e-6)
    assert ours["insertion"] == pytest.approx(theirs["insertion_auc"], abs=1e-6)


def test_rises_convention_is_the_exact_metric_and_the_value_is_the_spread(
    tiny_target: Target,
) -> None:
    x = torch.rand(1, 3, 16, 14, generator=torch.Generator().manual_seed(1)) - 0.5
    case = case_of(
        torch.rand(16, 14, generator=torch.Generator().manual_seed(3)), x, tiny_target.about(x=x)
    )
    score = METRICS.build("conventions").score(case)
    for area in ("deletion", "insertion"):
        protocol = {"deletion": "mean", "insertion": "blur"}[area]
        exact = METRICS.build({"name": area, "points": "all", "substrate": protocol}).score(case)
        assert score.sides[f"rise_{area}"] == pytest.approx(exact.value, abs=1e-6)
        assert exact.curve is not None
        blurred = (
            METRICS.build({"name": area, "points": "all", "substrate": "gaussian"})
            .score(case)
            .curve
        )
        assert blurred is not None
        assert score.sides[f"polycam_{area}"] == pytest.approx(
            np.mean(blurred.probabilities[1:]), abs=1e-6
        )
    deletions = [value for side, value in score.sides.items() if side.endswith("_deletion")]
    assert len(deletions) == 6
    assert score.value == pytest.approx(max(deletions) - min(deletions))
