"""Tables with planted effects."""

from __future__ import annotations

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
        "grad_cam": 0.1,
        **noise,
    }
    passes = dict(zip(times, (1, 50, 50, 1), strict=True))
    return table(
        runtime=times,
        runtime__backward_passes=passes,
        runtime__forward_pass=dict.fromkeys(times, 12.0),
        high_frequency_share=shares,
    )
