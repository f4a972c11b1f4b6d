"""Whether the number of images that an undecided claim names decides it four times in five."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from heatcheck.judgement.power import Shape, images_for
from heatcheck.judgement.statistics import holm, holm_level, p_against

SAMPLES, SURE = 1000, 0.05
EFFECTS = (0.25, 0.5, 1.0)  # distances of the mean from the threshold, in standard deviations
# the p-values of the other claims of a page: a third is decided, the rest is not
FAMILIES: Mapping[int, Sequence[float]] = {
    1: (),
    6: (1e-6, 1e-4, 0.08, 0.3, 0.8),
    12: (1e-6, 1e-6, 1e-4, 1e-3, 0.06, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0),
}
LAWS = {
    "normal": stats.norm(),
    "exponential": stats.expon(),
    "log-normal, sigma 0.5": stats.lognorm(0.5),
    "log-normal, sigma 1": stats.lognorm(1),
}


def named(law: str, effect: float, level: float, below: bool) -> int:
    """The number of images that is named where the law's mean, spread and shape are known."""
    skewness, kurtosis = (float(moment) for moment in LAWS[law].stats("sk"))
    shape = Shape(skewness, kurtosis)
    return images_for(effect, level, shape=shape.mirrored() if below else shape)


def power(law: str, effect: float, n: int, others: Sequence[float], below: bool) -> float:
    """The share of samples of n images in which Holm's procedure decides, on the true side, that
    the mean lies so many standard deviations from the threshold; seeded by n.
    """
    known = LAWS[law]
    threshold = known.mean() + (effect if below else -effect) * known.std()
    decided = 0
    for sample in known.rvs(size=(SAMPLES, n), random_state=np.random.default_rng(n)):
        adjusted = holm([p_against(sample, threshold), *others])[0]
        decided += adjusted <= SURE and (sample.mean() < threshold) == below
    return decided / SAMPLES


def main() -> None:
    """Print the table."""
    print(
        "| law | claims | level | the mean lies | images named | decided |\n"
        "|---|---:|---:|---|---:|---:|"
    )
    for law in LAWS:
        for count, others in FAMILIES.items():
            level = holm_level(others)
            for effect in EFFECTS:
                for below in (True, False) if law != "normal" else (False,):
                    n = named(law, effect, level, below)
                    print(
                        f"| {law} | {count} | {level:.4f} | {effect:g} SD "
                        f"{'below' if below else 'above'} | {n} | "
                        f"{100 * power(law, effect, n, others, below):.0f} % |",
                        flush=True,
                    )
