"""Whole runs of a network in a few lines on small pictures, in this thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from heatcheck.inputs import own_networks
from heatcheck.runs import engine, specs
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store

SIDE = 32
REDS = """
import torch
from torch import nn

class Network(nn.Module):
    '''Class 0 where the picture has red, the more the surer; without red its gradient is zero.'''

    def __init__(self):
        super().__init__()
        self.red = nn.Conv2d(3, 1, 1)
        self.red.weight.data = torch.tensor([2.0, -2.0, -2.0]).reshape(1, 3, 1, 1)
        self.red.bias.data = torch.tensor([-2.0])
        self.act = nn.ReLU()

    def forward(self, x):
        red = self.act(self.red(x)).mean((2, 3))
        return torch.cat([60 * red, torch.full_like(red, 2.0)], 1)
"""
MAKE = """

def make():
    norm = {{"mean": [0.5] * 3, "std": [0.5] * 3}}
    return Network(), {{"size": {side}, "labels": {labels}, **norm}}
"""


def picture(spot: tuple[int, int] | None, seed: int = 0) -> np.ndarray:
    """Grey boxes, and a red spot with its corner at `spot`."""
    draws = np.random.default_rng(seed)
    pixels = np.full((SIDE, SIDE, 3), 128, np.uint8)
    for _ in range(4):
        top, left = draws.integers(0, SIDE - 8, 2)
        pixels[top : top + 8, left : left + 8] = draws.integers(60, 200)
    if spot:
        pixels[spot[0] : spot[0] + 6, spot[1] : spot[1] + 6] = (230, 30, 30)
    return pixels


def mixed_run(root: Path, module: str) -> tuple[Store, str]:
    """Six pictures in two class folders, four samples: four have a red spot, of which two are of
    one group; one of them stands in both; and one has no red, so that its gradient is a blank map.
    """
    spots = {"a": (2, 2), "b": (20, 4), "c": (10, 22), "d": (24, 24)}
    pictures = {f"one/{name}": picture(spot, ord(name)) for name, spot in spots.items()}
    return run_on(
        root,
        {**pictures, "twin/again": pictures["one/a"], "one/grey": picture(None, 9)},
        module,
        methods=["vanilla_gradients", "edges"],
        metrics=["deletion", "insertion", "deletion_exchange", "deletion_placement", "runtime"],
        groups={"one/b": "film", "one/c.png": "film"},
    )


def run_on(
    root: Path,
    pictures: Mapping[str, np.ndarray],
    module: str,
    network: str = REDS,
    *,
    metrics: Sequence[str | Mapping[str, Any]],
    **asked: Any,
) -> tuple[Store, str]:
    """The store and the id of a run, done: of `spec_on`."""
    with spec_on(root, pictures, module, network, metrics=metrics, **asked) as spec:
        store = Store(f"sqlite:///{root / 'store.db'}")
        engine.execute(spec, store, InProcess())
    return store, spec.id


@contextmanager
def spec_on(
    root: Path,
    pictures: Mapping[str, np.ndarray],
    module: str,
    network: str = REDS,
    labels: Sequence[str] = ("red", "none"),
    **asked: Any,
) -> Iterator[RunSpec]:
    """The question of `question_on`; within this its network can be loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        yield question_on(root, pictures, module, network, labels, **asked)


def question_on(
    root: Path,
    pictures: Mapping[str, np.ndarray],
    module: str,
    network: str = REDS,
    labels: Sequence[str] = ("red", "none"),
    **asked: Any,
) -> RunSpec:
    """The question of a run on pictures that are written into a folder, which must be on the path;
    `module` is a name for the network's file that no other test takes. A picture's name with a
    folder, `red/01`, has a label.
    """
    (root / f"{module}.py").write_text(network + MAKE.format(side=SIDE, labels=list(labels)))
    (root / "images").mkdir()
    for name, pixels in pictures.items():
        place = root / "images" / f"{name}.png"
        place.parent.mkdir(exist_ok=True)
        PIL.Image.fromarray(pixels).save(place)
    classifier = own_networks.asked(f"{module}:make")
    return specs.ask(classifier, str(root / "images"), **{"points": 9, **asked})
