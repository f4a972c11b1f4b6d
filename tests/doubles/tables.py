"""Tables with planted effects."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

METHODS = (
    "vanilla_gradients",
    "integrated_gradients",
    "smoothgrad",
    "grad_cam",
    "centre_prior",
    "edges",
    "random",
)


def table(n: int = 20, **means: dict[str, float]) -> pd.DataFrame:
    """A run's table with planted means: `table(runtime={"grad_cam": 5})`; spread 5 % of the mean,
    or 0.01.
    """
    rng = np.random.default_rng(0)
    rows = []
    for metric, by_method in means.items():
        name = metric.replace("__", ".")
        for method, mean in by_method.items():
            for image, value in enumerate(rng.normal(mean, max(0.05 * abs(mean), 0.01), n)):
                better = {
                    "insertion": "higher",
                    "deletion_placement": "higher",
                    "insertion_placement": "higher",
                }.get(name, "lower")
                rows.append(
                    {
                        "image": f"i{image}",
                        "method": method,
                        "metric": name,
                        "value": value,
                        "better": better,
                        "error": "",
                    }
                )
    return pd.DataFrame(rows)


def planted(**noise: float) -> pd.DataFrame:
    """A run with planted costs and noise: what does not repeat, the same at every scale but the
    single pixel, where all methods have as much as Vanilla Gradients.
    """
    times = {
        "vanilla_gradients": 30.0,
        "integrated_gradients": 900.0,
        "smoothgrad": 950.0,
        "grad_cam": 15.0,
    }
    shares = {
        "vanilla_gradients": 0.4,
        "integrated_gradients": 0.45,
        "smoothgrad": 0.2,
        "grad_cam": 0.05,
        **noise,
    }
    repeated = {method: 1 - share for method, share in shares.items()}
    vanilla = dict.fromkeys(shares, 1 - shares["vanilla_gradients"])
    return pd.concat(
        [
            table(runtime=times, runtime__forward_pass=dict.fromkeys(times, 12.0)),
            counts(times, (1, 50, 50, 1)),
            table(
                repeatability=repeated,
                repeatability__at_1=vanilla,
                repeatability__at_2=repeated,
                repeatability__at_4=repeated,
                repeatability__at_8=repeated,
                repeatability__at_16=repeated,
            ),
        ]
    )


def counts(methods: Iterable[str], passes: Iterable[int], n: int = 20) -> pd.DataFrame:
    """Counted passes, forward and backward alike, the same on all images."""
    return pd.DataFrame(
        [
            {
                "image": f"i{image}",
                "method": method,
                "metric": f"runtime.{way}_passes",
                "value": float(count),
                "better": "lower",
                "error": "",
            }
            for way in ("forward", "backward")
            for method, count in zip(methods, passes, strict=True)
            for image in range(n)
        ]
    )
