"""Tables with planted effects."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from heatcheck.metrics.base import BLANK

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


QUESTIONS = {
    "place": ("placement",),
    "picture": ("exchange",),
    "model": ("model", "class"),
}


def asked(n: int = 20, **questions: dict[str, float | tuple[float, float]]) -> pd.DataFrame:
    """A run's gains by question, `asked(picture={"grad_cam": 0.1, "edges": (-0.1, 0.1)})`: one mean
    for both legs, or deletion's and insertion's.
    """
    means: dict[str, dict[str, float]] = {}
    for question, by_method in questions.items():
        for leg, area in enumerate(("deletion", "insertion")):
            for half in QUESTIONS[question]:
                means[f"{area}_{half}"] = {
                    method: mean[leg] if isinstance(mean, tuple) else mean
                    for method, mean in by_method.items()
                }
    return table(n, **means)


def ends(clean: float, covered: float, chance: float | None, method: float = 0.5) -> pd.DataFrame:
    """A run's areas, the same on every image, with the ends of their curves."""
    keys = ["grad_cam", *(["random"] if chance is not None else [])]
    names = [f"{area}{end}" for area in ("deletion", "insertion") for end in ("", ".clean")]
    names += ["deletion.covered", "insertion.covered"]
    frame = table(**{name.replace(".", "__"): dict.fromkeys(keys, 0.0) for name in names})
    for name in names:
        rows = frame["metric"] == name
        value = clean if "clean" in name else covered if "covered" in name else method
        frame.loc[rows, "value"] = value
        if "." not in name and chance is not None:
            frame.loc[rows & (frame["method"] == "random"), "value"] = chance
    return frame


def repeats(**noise: np.ndarray) -> pd.DataFrame:
    """A table of what repeats, from what does not."""
    return pd.DataFrame(
        [
            {
                "image": image,
                "method": method,
                "metric": "repeatability",
                "value": 1 - value,
                "better": "higher",
                "error": "",
            }
            for method, values in noise.items()
            for image, value in enumerate(values)
        ]
    )


def blanked(frame: pd.DataFrame, method: str, images: int) -> pd.DataFrame:
    """The table where a method's maps of its first images are blank."""
    names = sorted(frame["image"].unique())[:images]
    rows = (frame["method"] == method) & frame["image"].isin(names)
    return frame.assign(value=frame["value"].mask(rows), error=frame["error"].mask(rows, BLANK))
