"""What several tests use: tables and stores with planted effects, Hall's interval written another way than the product does, and the
experiments on a method, made once."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, stats

from evaluation import runs
from evaluation.cells import CellResult, Scored
from evaluation.experiments import experiment
from evaluation.images import Image, picture, png
from evaluation.store import Store
from metrics import Curve, Score

tried = cache(experiment)


def halls(sample: np.ndarray) -> tuple[float, float]:
    """Hall's interval from his formula as it is printed, its ends found by bisection."""
    n, deviation = len(sample), sample.std(ddof=1)
    skew = max(-0.35 * n**0.5, min(0.35 * n**0.5, stats.skew(sample, bias=False)))

    def off(value: float, quantile: float) -> float:
        s = (sample.mean() - value) / deviation
        g = np.sqrt(n) * (s + skew * s**2 / 3 + skew**2 * s**3 / 27 + skew / (6 * n))
        return float(g - stats.t.ppf(quantile, n - 1))

    reach = 9 * deviation
    low, high = (optimize.brentq(off, sample.mean() - reach, sample.mean() + reach, (quantile,)) for quantile in (0.975, 0.025))
    return float(low), float(high)


METHODS = ("vanilla_gradients", "integrated_gradients", "smoothgrad", "grad_cam", "centre_prior", "edges", "random")


def table(n: int = 20, **means: dict[str, float]) -> pd.DataFrame:
    """A run's table with planted means: `table(runtime={"grad_cam": 5})`; spread 5 % of the mean, or 0.01."""
    rng = np.random.default_rng(0)
    rows = []
    for metric, by_method in means.items():
        name = metric.replace("__", ".")
        for method, mean in by_method.items():
            for image, value in enumerate(rng.normal(mean, max(0.05 * abs(mean), 0.01), n)):
                better = {"insertion": "higher", "deletion_placement": "higher", "insertion_placement": "higher"}.get(name, "lower")
                rows.append({"image": f"i{image}", "method": method, "metric": name, "value": value, "better": better, "error": ""})
    return pd.DataFrame(rows)


def planted(**noise: float) -> pd.DataFrame:
    times = {"vanilla_gradients": 30.0, "integrated_gradients": 900.0, "smoothgrad": 950.0, "grad_cam": 15.0}
    shares = {"vanilla_gradients": 0.4, "integrated_gradients": 0.45, "smoothgrad": 0.2, "grad_cam": 0.1, **noise}
    passes = dict(zip(times, (1, 50, 50, 1), strict=True))
    return table(
        runtime=times, runtime__backward_passes=passes, runtime__forward_pass=dict.fromkeys(times, 12.0), high_frequency_share=shares
    )


def fill(store: Store, photographs: list[Image], images: int = 20, error: str = "", under_way: bool = False, seed: int = 0) -> str:
    """A run whose scores are planted: the method's place in the list decides its values. Under way, only the first method has all."""
    spec = runs.ask(points=9, seed=seed)
    run = store.open_run(spec)
    rng = np.random.default_rng(0)
    with store.running(run):
        for image, photo in list(zip(spec.images, photographs, strict=True))[:images]:
            seen = {"label": 3, "label_name": "shark", "target": 3, "target_name": "shark", "probability": 0.9}
            store.save_image(run, image, picture=png(picture(photo.encoded(), 32)), **seen)
            for place, method in enumerate(spec.methods):
                curve = Curve((0.0, 1.0), (0.9, 0.1))
                scores = [
                    Scored(metric, None, error) if error and place == 0
                    else Scored(metric, Score(float(rng.normal(1 + place, 0.1)), curve, {"forward_pass": 1.0, "backward_passes": 1.0} if metric.name == "runtime" else {}))
                    for metric in spec.metrics
                    if not (under_way and place and metric.name.endswith("_exchange"))
                ]  # fmt: skip
                store.save_cell(run, spec, image, method, CellResult(np.zeros((32, 32), np.float32), 0.1, 1, 1, True, "", tuple(scores)))
    for method in spec.methods:
        store.save_findings(run, spec, method, tried(method))
    store.end(run, "finished")
    return run
