"""What takes a pixel's place when it is covered, as people see it."""

from __future__ import annotations

import numpy as np
import torch

from heatcheck.attribution import METHODS, attribute
from heatcheck.inputs import classifiers, images
from heatcheck.metrics import Case
from heatcheck.metrics.substrates import STANDARD, end, members
from heatcheck.runs.cells import Subject
from heatcheck.runs.device_lock import turn


def covers(subject: Subject, *, interactive: bool = False) -> dict[str, np.ndarray]:
    """The substrates of the standard set by name, each a picture `[H,W,3]` uint8: what the curves
    of this picture cover with, rounded to 8 bits.
    """
    with turn(interactive=interactive):
        loaded = classifiers.load(subject.classifier)
        x = loaded.to_input(subject.picture)
        target = loaded.target(x, 0)
        case = Case(target, x, attribute(METHODS.build("random"), target, x))
        return {name: _shown(target.to_pixels(end(case, name))) for name in members(STANDARD)}


def _shown(pixels: torch.Tensor) -> np.ndarray:
    return images.shown(pixels[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy())
