"""Peak memory of Integrated Gradients, each count of steps in a fresh process."""

from __future__ import annotations

import resource
import subprocess
import sys

import torch

from heatcheck.attribution import attribute
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.inputs import classifiers


def print_peaks() -> None:
    """A line: with 50 steps, and with 500."""
    few, many = (_peak_of(count) for count in (50, 500))
    print(
        f"\nPeak memory of Integrated Gradients: {few} MB with 50 steps, {many} MB with "
        f"500: {many / few:.2f} times."
    )


def _peak_of(steps: int) -> int:
    """Peak resident memory in MB of a process that makes two maps with so many steps."""
    printed = subprocess.run(
        [sys.executable, "-m", "heatcheck.tools.bench", "memory", str(steps)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return int(printed)


def print_own_peak(steps: int) -> None:
    """What such a process does: make two maps, print its peak in MB."""
    loaded = classifiers.load("efficientnet_lite0")
    x = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)) - 0.5
    for _ in range(2):
        attribute(IntegratedGradients(steps=steps), loaded.target(x, 0), x)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
