"""Reference maps: what else the same method says, so that a map can be held against it. Of another
image, of the network with all weights drawn anew, of another class, of another network.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable

import torch
from torch import Tensor, nn

from heatcheck.attribution.base import Attribution
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.core.randomness import generator
from heatcheck.metrics.base import Case
from heatcheck.metrics.randomisation import copied, groups, randomise

MODELS = 3  # networks whose weights are drawn anew
KEPT = 256 << 20  # bytes of such networks that are kept for a model; larger ones are drawn again
OTHER, WEIGHTS, CLASS, SECOND, NETWORK = (
    "other ",
    "weights drawn anew ",
    "another class",
    "second class",
    "network ",
)


def reference_map(case: Case, name: str) -> Tensor:
    """A reference map `[H,W]` of a case by its name: a prefix above, and for some a number or a
    word. It is made once.

    Raises:
        DoesNotApply: the case lacks what it takes.
    """
    return case.once(("reference map", name), lambda: _made(case, name))


def _made(case: Case, name: str) -> Tensor:
    if name.startswith(OTHER):
        return case.others[int(name.removeprefix(OTHER))].map
    if name.startswith(WEIGHTS):
        return _under_drawn_weights(case, int(name.removeprefix(WEIGHTS)))
    if name.startswith(NETWORK):
        if case.elsewhere is None:
            raise DoesNotApply("it takes another network, which only a run can load by its name.")
        return case.elsewhere(name.removeprefix(NETWORK))
    of_class: dict[str, Callable[[Case], int]] = {CLASS: unlikely_class, SECOND: runner_up}
    return of_another_class(case, of_class[name](case)).map


def of_another_class(case: Case, class_index: int) -> Attribution:
    """The method's map of the case's image for another class, made once."""
    return once_again(case, class_index, lambda: case.again(case.target.about(class_index)))


def once_again(case: Case, purpose: object, make: Callable[[], Attribution]) -> Attribution:
    """Another map of the case's network by the same method, made once for its purpose. What it took
    is as good a measure of the method's cost as the case's own.
    """
    maps: dict[object, Attribution] = case.once("maps made again", dict)
    if purpose not in maps:
        maps[purpose] = make()
    return maps[purpose]


def made_again(case: Case) -> tuple[Attribution, ...]:
    """Those that were made so far."""
    maps: dict[object, Attribution] = case.once("maps made again", dict)
    return tuple(maps.values())


# -- weights drawn anew ----------------------------------------------------------------------------

_DRAWN: weakref.WeakKeyDictionary[nn.Module, dict[tuple[int, int], nn.Module]] = (
    weakref.WeakKeyDictionary()
)


def with_drawn_weights(model: nn.Module, number: int, seed: int) -> nn.Module:
    """A copy of a model with every parameter drawn anew: normal, with each tensor's own mean and
    deviation (as `randomisation` draws them). The same for every image and method of a run.

    Raises:
        DoesNotApply: the model has no parameters.
    """
    kept = _DRAWN.setdefault(model, {})
    if (number, seed) in kept:
        return kept[number, seed]
    if not any(True for _ in model.parameters()):
        raise DoesNotApply(
            "it draws the model's weights anew, and this model has none. Leave this metric out."
        )
    drawn = copied(model)
    (modules,) = groups(drawn, 1)
    randomise(drawn, modules, generator(seed, f"weights drawn anew {number}"))
    size = sum(values.nbytes for values in drawn.parameters())
    if size * MODELS <= KEPT:
        kept[number, seed] = drawn
    return drawn


def _under_drawn_weights(case: Case, number: int) -> Tensor:
    """The map under such a network. Where none can be made there, it is blank: nothing is left of
    it, and its order is drawn.
    """
    model = with_drawn_weights(case.target.model, number, case.attribution.seed)
    try:
        return case.again(case.target.about(model=model)).map
    except (DegenerateMap, DoesNotApply):
        return torch.zeros_like(case.map)


# -- other classes ---------------------------------------------------------------------------------


def unlikely_class(case: Case) -> int:
    """A class drawn from the lower half of the model's ranking of the clean image, never one that
    the case explains; of two classes the other. The same for every method.

    Raises:
        DoesNotApply: the model has one class.
    """
    others = _others(case)
    lower = others[len(others) // 2 :]
    draws = case.generator("another class", whatever_method=True)
    return lower[int(torch.randint(len(lower), (), generator=draws))]


def runner_up(case: Case) -> int:
    """The class that the case does not explain which is most probable on the clean image. Raises
    DoesNotApply where there is none.
    """
    return _others(case)[0]


def _others(case: Case) -> list[int]:
    """The classes that the case does not explain, most probable on the clean image first; where it
    explains one rather than the only other, that one. Raises DoesNotApply where there is none.
    """
    own = case.target.class_index, case.target.against
    ranked = case.once(
        "ranked classes",
        lambda: case.target.scores(case.x)[0].argsort(descending=True, stable=True).tolist(),
    )
    others = [index for index in ranked if index not in own]
    others = others or [index for index in own[1:] if index is not None]
    if not others:
        raise DoesNotApply(
            "it compares the maps of two classes, and this model has one. Leave this metric out."
        )
    return others
