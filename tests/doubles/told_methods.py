"""Methods that give the map they are told to."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Method, Target
from heatcheck.core.registry import Citation

Answer = Callable[[Target, Tensor, torch.Generator], Tensor]


def method_of(answer: Answer) -> Method:
    """A method whose map is what `answer` says."""

    @dataclass(frozen=True)
    class Told(Method):
        name = "told"
        title = "Told"
        family = "control"
        cite = Citation("A", 2020, "B")

        def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
            return answer(target, x, generator)

    return Told()


def complete_of(answer: Answer, starts: Answer) -> Method:
    """The same, declared complete, with paths from `starts`."""

    @dataclass(frozen=True)
    class Complete(Method):
        name = "complete"
        title = "Complete"
        family = "control"
        cite = Citation("A", 2020, "B")
        complete = True

        def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
            return answer(target, x, generator)

        def path_starts(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
            return starts(target, x, generator)

    return Complete()


def zeros(target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
    return torch.zeros_like(x)


@dataclass(frozen=True)
class Told(Method):
    """A method for tests: gives what it is told to, and keeps what it was asked."""

    name = "told"
    title = "Told"
    family = "control"
    cite = Citation("A", 2020, "B")
    answer: ClassVar[Callable[[Target, Tensor], Tensor]] = lambda target, x: torch.zeros(
        x.shape[-2:]
    )
    asked: ClassVar[list[tuple[nn.Module, int, Tensor]]] = []

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        self.asked.append((copy.deepcopy(target.model), target.class_index, x.clone()))
        return type(self).answer(target, x)


def told(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Target, Tensor], Tensor]) -> Told:
    """That method, told `answer` for one test."""
    monkeypatch.setattr(Told, "answer", staticmethod(answer))
    monkeypatch.setattr(Told, "asked", [])
    return Told()
