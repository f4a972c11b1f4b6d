"""The textbook's claims as data: who says what about whom, what would test it, and the smallest effect that matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FAMILY = "gradient methods"
FAST, SLOW = 3.0, 10.0  # times one Vanilla gradient
FAMILY_FAST = 10.0  # times one forward pass
NOISE = 0.10  # of the reference's high-frequency share

Test = Literal["fast", "slow", "noisy", "smooth", "less noise", "family fast", "experiment"]


@dataclass(frozen=True)
class Claim:
    """One claim. `test` names the measurement; an `experiment` is not part of an evaluation run."""

    about: str  # a method's name, or FAMILY
    words: str
    kind: Literal["comparison", "strength", "limitation"]
    test: Test
    reference: str  # what it is held against, in words
    needs: str  # what would settle it, in words


_RUNTIME = "the milliseconds of one map, paired over images"
_NOISE = "the high-frequency share of the absolute map, paired over images"

CLAIMS = (
    Claim("vanilla_gradients", "Fast", "comparison", "fast", f"at most {FAST:g} times one Vanilla gradient", _RUNTIME),
    Claim("vanilla_gradients", "Noisy", "comparison", "noisy", f"at least {100 * NOISE:.0f} % above Grad-CAM's", _NOISE),
    Claim("integrated_gradients", "Smooth", "comparison", "smooth", f"at most {100 * NOISE:.0f} % above Grad-CAM's", _NOISE),
    Claim("integrated_gradients", "Slow", "comparison", "slow", f"at least {SLOW:g} times one Vanilla gradient", _RUNTIME),
    Claim("smoothgrad", "Less noise", "comparison", "less noise", f"at least {100 * NOISE:.0f} % below Vanilla Gradients'", _NOISE),
    Claim(
        "grad_cam", "CNN specific", "comparison", "experiment", "runs on a CNN and fails on a transformer or an MLP",
        "running it on a CNN, a transformer and an MLP",
    ),
    Claim(
        FAMILY, "Model-agnostic", "strength", "experiment", "runs on all three kinds of network",
        "running each method on a CNN, a transformer and an MLP",
    ),
    Claim(FAMILY, "Fast computation", "strength", "family fast", f"the family's median at most {FAMILY_FAST:g} times one forward pass", _RUNTIME),
    Claim(
        FAMILY, "Differentiable", "strength", "experiment", "a second derivative through the map that is finite and not all zero",
        "a second derivative through the map",
    ),
    Claim(
        FAMILY, "Saturation issue", "limitation", "experiment", "a map that misses more than 10 % of the output's change",
        "the closed-form counterexample and the completeness of maps on real images",
    ),
    Claim("vanilla_gradients", "Noise in vanilla", "limitation", "noisy", f"at least {100 * NOISE:.0f} % above Grad-CAM's", _NOISE),
    Claim(FAMILY, "Requires gradients", "limitation", "experiment", "fails with gradients cut off", "running each method with gradients cut off"),
)  # fmt: skip
