"""What a network answers with, brought to scores `[N,K]`: a mapping, a dataclass, a tuple, or one
number a picture.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

Place = tuple[str | int, ...]  # the entries to walk into, from the outside; empty for the answer


class Answering(nn.Module):
    """A network whose answer is `[N,K]` in float32, and which leaves its input as it is.

    Its layers are the network's own under the network's own paths, so that hooks, named layers and
    transformations act as on the network itself.
    """

    network: nn.Module

    def __init__(
        self,
        network: nn.Module,
        place: Place = (),
        *,
        copies: bool = False,
        backwards: bool = False,
    ) -> None:
        """`place` is where the scores lie; the network gets a copy of each picture (`copies`), its
        channels in the other order (`backwards`).
        """
        super().__init__()
        self._parameters = network._parameters
        self._buffers = network._buffers
        self._modules = network._modules
        self._non_persistent_buffers_set = network._non_persistent_buffers_set
        self.__dict__["network"] = network  # no layer of its own, which would lengthen each path
        self.place, self.copies, self.backwards = place, copies, backwards
        self.training = network.training

    def forward(self, x: Tensor) -> Tensor:
        """Scores `[N,K]` of pictures `[N,C,H,W]`."""
        given = x.flip(1) if self.backwards else x.clone() if self.copies else x
        return scores_at(self.network(given), self.place, len(x))


def scores_at(answer: Any, place: Place, pictures: int) -> Tensor:
    """The scores `[N,K]` at a place of an answer to N pictures."""
    for entry in place:
        answer = entries(answer)[entry]
    scores: Tensor = answer
    if scores.ndim < 2:  # squeezed, of one picture perhaps twice
        scores = scores.reshape(pictures, -1)
    return scores.flatten(1).float()


def place_of(answer: object, pictures: int) -> Place | None:
    """Where the scores lie in an answer to N pictures: the answer itself, its entry `logits`, else
    the first tensor `[N,K]`, else the first that can be brought to it; None where there is none.
    """
    strict = _place(answer, pictures, strictly=True)
    return _place(answer, pictures, strictly=False) if strict is None else strict


def _place(answer: object, pictures: int, *, strictly: bool) -> Place | None:
    if isinstance(answer, Tensor):
        return () if _fits(answer, pictures, strictly) else None
    known = entries(answer)
    for entry in sorted(known, key=lambda name: name != "logits"):
        if (rest := _place(known[entry], pictures, strictly=strictly)) is not None:
            return (entry, *rest)
    return None


def _fits(scores: Tensor, pictures: int, strictly: bool) -> bool:
    """Whether a tensor is `[N,K]`, or `[N]` or `[N,K,1,1]` where that is enough."""
    flat = scores.ndim == 2 or (not strictly and set(scores.shape[2:]) <= {1} and scores.ndim > 0)
    return flat and len(scores) == pictures and scores.is_floating_point()


def entries(answer: object) -> dict[str | int, Any]:
    """What an answer holds, by name or number; empty where it holds nothing of its own."""
    if isinstance(answer, Mapping):
        return dict(answer)
    if dataclasses.is_dataclass(answer):
        return {field.name: getattr(answer, field.name) for field in dataclasses.fields(answer)}
    if isinstance(answer, tuple) and hasattr(answer, "_asdict"):
        return dict(answer._asdict())
    return dict(enumerate(answer)) if isinstance(answer, tuple | list) else {}


def kind_of(answer: object) -> str:
    """What came instead of scores, in a few words."""
    if isinstance(answer, Tensor):
        kind = "" if answer.is_floating_point() else f" of {str(answer.dtype)[6:]}"
        return f"{list(answer.shape)}{kind}"
    known, kind = entries(answer), type(answer).__name__
    if isinstance(answer, list) or type(answer) is tuple:
        return f"{kind} of {len(known)}"
    return f"{kind} of {', '.join(map(str, known))}" if known else kind


def said(answer: object, place: Place) -> str:
    """What is said of where the scores lie, in a sentence; empty where they are the answer."""
    if isinstance(answer, Tensor):
        if answer.ndim == 2:
            precise = answer.dtype == torch.float32
            kind = str(answer.dtype)[6:]
            return "" if precise else f"It answers in {kind}, which is cast to float32."
        return f"It answers with {_axes(answer)}; that is read as [N,{_width(answer)}]."
    where = ", ".join(f"{name!r}" if isinstance(name, str) else str(name) for name in place)
    return f"Of its answer ({kind_of(answer)}) the entry {where} is what is explained."


def _axes(scores: Tensor) -> str:
    return f"[{','.join(['N', *map(str, scores.shape[1:])])}]"


def _width(scores: Tensor) -> int:
    return scores.shape[1] if scores.ndim > 1 else 1
