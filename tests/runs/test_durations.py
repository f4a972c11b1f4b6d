"""Estimates: the passes that a run is said to ask for are those that it makes; its seconds are
near.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from torch import Tensor

from heatcheck.attribution import METHODS, target
from heatcheck.inputs import classifiers, image_sets
from heatcheck.runs import engine, specs, worker
from heatcheck.runs.calibration import calibrate
from heatcheck.runs.disk import sizes_of
from heatcheck.runs.durations import Pace, first_visit, second_visit, seconds_at
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.runs.subjects import Subjects
from heatcheck.tests.doubles.runs import without_experiments
from heatcheck.tests.doubles.small_runs import picture, spec_on

NETWORK = """
import torch
from torch import nn

class Network(nn.Module):
    '''Seeded, with ten classes.'''

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU()
        )
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        return 20 * self.head(self.layers(x).mean((2, 3)))
"""
LABELS = [f"class {place}" for place in range(10)]
PICTURES = {name: picture((2 + 7 * place, 3), place) for place, name in enumerate("abc")}


def subject(spec: RunSpec) -> Any:
    frame = worker.frame_of(spec.classifier)
    return Subjects(spec, image_sets.read(spec.source).by_name, frame).of(spec.images[0])


def told(spec: RunSpec) -> tuple[float, float]:
    """The passes forward and backward that an estimate has, experiments left out."""
    measured = calibrate(spec, subject(spec))
    forward = backward = 0.0
    for method, cost in zip(spec.methods, measured.maps, strict=True):
        for work in (first_visit(spec, method), second_visit(spec, method)):
            forward += len(spec.images) * (work.maps * cost.passes.forward + work.pictures)
            backward += len(spec.images) * work.maps * cost.passes.backward
    return forward, backward


def counted(spec: RunSpec, store: Store) -> tuple[float, float]:
    """Those that the run makes: of its network, and copies of it, which take its hook along."""
    passes = {"forward": 0, "backward": 0}

    def went_forward(module: Any, given: Any, answer: Tensor) -> None:
        passes["forward"] += len(answer)

    def gradients(scores: Tensor, leaves: Any) -> Any:
        passes["backward"] += len(scores)
        return plain(scores, leaves)

    plain = target.gradients_of
    hook = classifiers.load(spec.classifier).model.register_forward_hook(went_forward)
    try:
        with mock.patch.object(target, "gradients_of", gradients), without_experiments():
            engine.execute(spec, store, InProcess())
    finally:
        hook.remove()
    return passes["forward"], passes["backward"]


@pytest.mark.parametrize(
    "metrics",
    [
        ["deletion", "insertion"],
        None,
        [
            {"name": "max_sensitivity", "samples": 4},
            {"name": "randomisation", "stages": 3},
            {"name": "infidelity", "samples": 20},
            "average_drop",
            "deletion_second_class",
            "insertion",
            "road",
            "saturation",
            "seed_noise",
            "target_sensitivity",
        ],
    ],
    ids=["curves", "standard", "others"],
)
def test_the_passes_that_are_told_are_those_that_are_made(
    metrics: Any, store: Store, tmp_path: Path
) -> None:
    methods: list[Any] = ["vanilla_gradients", {"name": "smoothgrad", "samples": 20}, "grad_cam"]
    module = f"counted_network_{len(metrics or ())}"
    with spec_on(
        tmp_path, PICTURES, module, NETWORK, LABELS, methods=methods, metrics=metrics
    ) as spec:
        expected = told(spec)
        made = counted(spec, store)
    assert made == pytest.approx(expected, rel=0.25)


def test_seconds_and_bytes_are_within_a_factor_of_three(store: Store, tmp_path: Path) -> None:
    asked = {
        "methods": ["smoothgrad", "grad_cam"],
        "metrics": ["deletion", "insertion", "deletion_exchange", "repeatability"],
        "points": 33,
    }
    store.engine.dispose()  # what is logged goes into the file
    empty = (tmp_path / "test.db").stat().st_size
    with (
        spec_on(tmp_path, PICTURES, "timed_network", NETWORK, LABELS, **asked) as spec,
        without_experiments(),
    ):
        measured = calibrate(spec, subject(spec))
        start = time.monotonic()
        engine.execute(spec, store, InProcess())
        took = time.monotonic() - start
    pace = measured.pace(spec.methods)
    assert took / 3 < seconds_at(spec, pace) - pace.start < 3 * took
    store.engine.dispose()
    size = (tmp_path / "test.db").stat().st_size - empty
    assert size / 3 < sizes_of(spec, measured).whole < 3 * size


def test_workers_share_the_visits_and_what_is_done_costs_nothing() -> None:
    spec = specs.ask(methods=["random", "edges"], metrics=["deletion", "deletion_exchange"])
    random, edges = spec.methods
    pace = Pace(0.001, {random.digest: 1.0, "edges": 2.0}, 0.5)
    whole = seconds_at(spec, pace)
    visits = 20 * ((1.0 + 0.5) + 0.5) + 20 * ((2.0 + 0.5) + 0.5)
    own, exchanged = 3 * 9, 3 * 9 * 2  # on three substrates, with two other images
    pictures = 2 * 20 * (own + exchanged) * 0.001
    assert whole == pytest.approx(pace.start + visits + pictures)
    assert seconds_at(spec, pace, workers=4) == pytest.approx(pace.start + (visits + pictures) / 4)
    left = {random: (0, 0), edges: (1, 0)}
    assert seconds_at(spec, pace, left) == pytest.approx(pace.start + 2.5 + own * 0.001)
    assert pace.of_map(METHODS.build("grad_cam")) == 2.0  # as dear as the dearest
