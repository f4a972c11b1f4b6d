"""How many images go forward and backward through the network in a run of five photographs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from torch import Tensor

from heatcheck.attribution import target
from heatcheck.inputs import classifiers
from heatcheck.runs import engine, specs
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.store import Store

PHOTOGRAPHS = [f"photo_{number:02}" for number in range(5)]


def print_passes() -> None:
    """A line: passes of the standard run over five photographs, and an image."""
    spec = specs.ask(only=PHOTOGRAPHS)
    forward, backward = _counted(spec)
    print(
        f"{len(PHOTOGRAPHS)} photographs, {len(spec.methods)} methods, {len(spec.metrics)} "
        f"metrics: {forward:,} images forward and {backward:,} backward, "
        f"{forward / len(PHOTOGRAPHS):,.0f} and {backward / len(PHOTOGRAPHS):,.0f} a photograph."
    )


def _counted(spec: specs.RunSpec) -> tuple[int, int]:
    """Of all networks of the run: its own, and copies of it, which take its hook along."""
    passes = {"forward": 0, "backward": 0}

    def went_forward(module: Any, given: Any, answer: Tensor) -> None:
        passes["forward"] += len(answer)

    def gradients(scores: Tensor, leaves: Any) -> Any:
        passes["backward"] += len(scores)
        return plain(scores, leaves)

    plain = target.gradients_of
    hook = classifiers.load(spec.classifier).model.register_forward_hook(went_forward)
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(target, "gradients_of", gradients),
    ):
        store = Store(f"sqlite:///{Path(folder) / 'passes.db'}")
        engine.execute(spec, store, InProcess())
        store.engine.dispose()
    hook.remove()
    return passes["forward"], passes["backward"]
