"""A batch that runs out of memory is made smaller: same numbers, no failed score, and said."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute, batches
from heatcheck.core.errors import DoesNotApply

CPU_WORDS = "[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory: you "
FULL = {
    "cuda": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "cpu": RuntimeError(CPU_WORDS + "tried to allocate 8 bytes."),
    "mps": RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
    "numpy": MemoryError(),
}


class Narrow(nn.Module):
    """A small network that runs out of memory above so many pictures; notes what it was given."""

    def __init__(self, most: int, error: Exception = FULL["cuda"]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.head = nn.Linear(4, 3)
        self.most, self.error = most, error
        self.given: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.given.append(len(x))
        if len(x) > self.most:
            raise self.error
        return self.head(self.net(x).flatten(1))


X = torch.rand(16, 3, 12, 12, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("kind", FULL)
def test_after_running_out_of_memory_half_the_batch_is_tried(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    narrow, wide = Narrow(5, FULL[kind]), Narrow(16)
    target, expected = (Target(model, 1, X[:1]) for model in (narrow, wide))
    torch.testing.assert_close(target.probability(X), expected.probability(X))
    assert narrow.given == [16, 8, 4, 4, 4, 4]
    assert target.passes == expected.passes
    assert "going on with 4" in caplog.text
    (sentence,) = batches.said(narrow)
    assert "hold 4 of its pictures" in sentence
    assert batches.said(wide) == ()
    narrow.given.clear()
    target.score(X)
    assert narrow.given == [4, 4, 4, 4]  # what fitted is known


def test_gradients_are_the_same_in_smaller_batches() -> None:
    narrow, wide = Narrow(3), Narrow(16)
    for model in (narrow, wide):
        model.given.clear()
    ours, theirs = (Target(model, 2, X[:1]) for model in (narrow, wide))
    for first, second in zip(ours.gradient_and_score(X), theirs.gradient_and_score(X), strict=True):
        torch.testing.assert_close(first, second)
    torch.testing.assert_close(ours.guided_gradient(X), theirs.guided_gradient(X))
    assert max(narrow.given[-4:]) <= 2


@pytest.mark.parametrize("name", ["rise", "occlusion", "score_cam", "integrated_gradients"])
def test_methods_of_many_passes_come_to_their_map(name: str) -> None:
    narrow, wide = Narrow(1), Narrow(16)
    method = METHODS.build(name)
    ours, theirs = (attribute(method, Target(model, 1, X[:1]), X[:1]) for model in (narrow, wide))
    torch.testing.assert_close(ours.map, theirs.map)
    assert ours.passes == theirs.passes


def test_one_picture_that_does_not_fit_is_told_and_other_errors_are_not_taken_for_it() -> None:
    with pytest.raises(DoesNotApply, match=r"One picture of \[3, 12, 12\] does not fit"):
        Target(Narrow(0), 1, X[:1]).score(X)
    other = RuntimeError("shape '[1, 2]' is invalid")
    with pytest.raises(RuntimeError, match="is invalid"):
        Target(Narrow(0, other), 1, X[:1]).score(X)
