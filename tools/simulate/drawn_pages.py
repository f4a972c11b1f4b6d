"""Pages that are drawn: gains of methods and controls with known truth, as the scores of a run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from heatcheck.attribution import METHODS
from heatcheck.judgement.scores import Scores

CONTROLS = ("centre_prior", "edges", "random")
SHARED = 0.6  # of a score's variance is the image's, the same for all methods
SPREAD = 0.15  # standard deviation of an area over images
DEGREES = 3  # of freedom of the law with heavy tails
LAWS = ("normal", "log-normal", "t3")


def methods(count: int) -> list[str]:
    """So many methods, none of them a control: keys of a run, several with parameters."""
    names = [name for name in METHODS if METHODS[name].family != "control"]
    return [names[place % len(names)] + "-abcdef" * (place >= len(names)) for place in range(count)]


def areas(rng: np.random.Generator, law: str, images: int, count: int) -> np.ndarray:
    """Areas `[images, count]` that hang together over the methods of an image, mean near zero and
    standard deviation `SPREAD`.
    """
    mixed = np.sqrt(SHARED) * rng.normal(size=(images, 1)) + np.sqrt(1 - SHARED) * rng.normal(
        size=(images, count)
    )
    if law == "log-normal":
        spread = np.sqrt((np.e - 1) * np.e)
        return SPREAD * (np.exp(mixed) - np.exp(0.5)) / spread
    if law == "t3":
        chi = rng.chisquare(DEGREES, size=(images, 1)) / DEGREES
        return SPREAD * mixed / np.sqrt(chi) / np.sqrt(DEGREES / (DEGREES - 2))
    return SPREAD * mixed


def null_gains(rng: np.random.Generator, law: str, images: int, count: int) -> np.ndarray:
    """Gains `[images, count]` where own and reference are exchangeable within an image: drawn from
    two laws of other width and level, and swapped with probability one half, for all methods of an
    image at once.
    """
    own = areas(rng, law, images, count)
    reference = 0.05 + 1.5 * areas(rng, law, images, count)
    swapped = rng.random((images, 1)) < 0.5
    return np.where(swapped, own - reference, reference - own)


def page(gains: Mapping[str, tuple[list[str], np.ndarray]]) -> Scores:
    """A run's scores from gains by metric: keys and values `[images, keys]`."""
    columns: dict[str, list[np.ndarray]] = {"image": [], "method": [], "metric": [], "value": []}
    for metric, (keys, values) in gains.items():
        images = np.array([f"i{place}" for place in range(len(values))], dtype=object)
        columns["image"].append(np.repeat(images, len(keys)))
        columns["method"].append(np.tile(np.array(keys, dtype=object), len(images)))
        columns["metric"].append(np.full(values.size, metric, dtype=object))
        columns["value"].append(values.ravel())
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    table = {name: pd.Series(part, dtype=part.dtype) for name, part in joined.items()}
    return Scores(pd.DataFrame({**table, "better": "higher", "error": ""}))
