"""`python -m heatcheck.tools.scale`: how runs grow on this machine, in minutes.

Two runs of a small network on small pictures, of 200 and of 2,000 images: peak memory of driver and
worker, seconds a cell, the driver's share of the wall. Then 200 workers that are none, one second a
step: how much of the time they are busy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import timm
import torch

from heatcheck.inputs import images, own_networks
from heatcheck.runs import engine, processes, specs, worker
from heatcheck.runs.cells import Aim, Cell, CellResult, Sighted, Unseen
from heatcheck.runs.experiments import EXPERIMENTS, Finding
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.runs.subjects import subject_of
from heatcheck.tools.scale.simulated import Simulated
from heatcheck.tools.scale.timed import Timed

SIDE = 64
METHODS = ["vanilla_gradients", "smoothgrad", "edges", "random"]
METRIC_NAMES = ["deletion", "insertion", "total_variation", "deletion_exchange"]
SMALL, LARGE = 200, 2000
WORKERS, SECONDS = 200, 1.0


def main() -> None:
    """Print the figures as JSON, or those of one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["grown", "run", "simulated"])
    parser.add_argument("--images", type=int, default=SMALL)
    parser.add_argument("--root", type=Path)
    asked = parser.parse_args()
    if asked.part == "run":
        print(json.dumps(one_run(asked.root, asked.images)))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = asked.root or Path(folder)
        told: dict[str, Any] = {}
        if asked.part in (None, "grown"):
            pictures(root, LARGE)
            told["runs"] = {count: in_a_process(root, count) for count in (SMALL, LARGE)}
        if asked.part in (None, "simulated"):
            pictures(root, max(asked.images, 1000))
            told["simulated"] = simulated(root, max(asked.images, 1000))
        print(json.dumps(told, indent=2))


def pictures(root: Path, count: int) -> None:
    """So many small pictures in a folder, and the network's file."""
    folder = root / "images"
    folder.mkdir(exist_ok=True, parents=True)
    draws = np.random.default_rng(0)
    for number in range(count):
        file = folder / f"p{number:05}.png"
        if not file.exists():
            coarse = draws.integers(0, 255, (8, 8, 3)).astype(np.uint8)
            PIL.Image.fromarray(coarse).resize((SIDE, SIDE)).save(file)
    torch.manual_seed(0)
    network = timm.create_model("test_resnet", num_classes=3)
    torch.save(network.state_dict(), root / "network.pth")


def spec_on(root: Path, count: int, metrics: list[str], **asked: Any) -> RunSpec:
    """The question about the first pictures."""
    classifier = own_networks.asked(
        "timm:test_resnet", weights=str(root / "network.pth"), size=SIDE
    )
    names = [f"p{number:05}" for number in range(count)]
    return specs.ask(
        classifier,
        str(root / "images"),
        methods=METHODS,
        metrics=metrics,
        points=5,
        only=names,
        **asked,
    )


def in_a_process(root: Path, count: int) -> dict[str, float]:
    """The figures of a run in a process of its own."""
    command = [sys.executable, "-m", "heatcheck.tools.scale", "run"]
    done = subprocess.run(
        [*command, "--images", str(count), "--root", str(root)],
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def one_run(root: Path, count: int) -> dict[str, float]:
    """A run of so many images on one worker: its memory in MB, and its times."""
    store = Store(f"sqlite:///{root / f'{count}.db'}")
    spec = spec_on(root, count, METRIC_NAMES, keep_maps="none")
    with processes.local_workers() as local:
        local.submit(os.getpid).result()
        workers = Timed(local)
        began, cpu = time.monotonic(), time.process_time()
        engine.execute(spec, store, workers)
        wall, driver = time.monotonic() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    worker_peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "driver_mb": round(peak),
        "worker_mb": round(worker_peak),
        "wall_s": round(wall, 1),
        "ms_a_step": round(1000 * wall / spec.steps, 2),
        "worker_idle": round(1 - workers.busy / wall, 3),
        "driver_cpu_share": round(driver / wall, 3),
    }


def simulated(root: Path, count: int) -> dict[str, float]:
    """What 200 workers do that take a second a step; maps are not kept."""
    spec = spec_on(root, count, ["deletion", "insertion", "total_variation"], keep_maps="none")
    real: dict[str, CellResult] = {}

    def sight(unseen: Unseen, *_: Any) -> Sighted:
        subject = subject_of(unseen)
        return Sighted(subject, images.png(subject.picture), Aim(0, 0.5, 0))

    def cell(asked: Cell) -> CellResult:
        name = asked.method.name
        if name not in real:
            real[name] = worker.run_cell(asked)
        return real[name]

    def tried(*_: Any) -> tuple[Finding, ...]:
        return tuple(Finding(name, 0.0, "planned") for name in EXPERIMENTS)

    planned = {worker.sight: sight, worker.run_cell: cell, worker.try_out: tried}
    workers = Simulated(WORKERS, SECONDS, planned)
    store = Store(f"sqlite:///{root / 'simulated.db'}")
    began, cpu = time.monotonic(), time.process_time()
    engine.execute(spec, store, workers)
    wall = time.monotonic() - began
    return {
        "steps": spec.steps,
        "wall_s": round(wall, 1),
        "busy": round(workers.share, 3),
        "driver_cpu_share": round((time.process_time() - cpu) / wall, 3),
    }


if __name__ == "__main__":
    main()
