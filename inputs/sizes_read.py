"""The size of the input as a file's entries tell it: position embeddings and tables of relative
positions are as long as the picture has patches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from heatcheck.core.errors import ClassifierUnavailable
from heatcheck.inputs import architectures, misfits
from heatcheck.inputs.architectures import Design, Outline
from heatcheck.inputs.sizes import Size

USUAL = (
    *(
        32,
        48,
        64,
        80,
        96,
        112,
        128,
        144,
        160,
        176,
        192,
        196,
        224,
        240,
        256,
        280,
        288,
        320,
        336,
        352,
    ),
    *(378, 384, 392, 416, 448, 480, 512, 518, 560, 576, 640, 672, 768, 896, 1024),
)


def sized(design: Design, outline: Outline, state: Mapping[str, Tensor]) -> tuple[Design, str]:
    """The design with the size that the entries were trained at, and what there is to say; as it
    was where its own size fits.

    Raises ClassifierUnavailable where the user said another size than the file.
    """
    wrong = misfits.misshapen(outline, state)
    if not wrong or not architectures.size_word(design.architecture):
        return design, ""
    fitting = _fitting(design, outline, state, wrong)
    if not fitting:
        return design, ""
    if design.size:
        raise ClassifierUnavailable(
            f"its entries are those of an input of {_listed(fitting)} pixels ({wrong[0]}), and "
            f"--size says {design.size.text}. Leave --size out, or give that one"
        )
    if len(fitting) > 1:
        raise ClassifierUnavailable(
            f"its entries fit inputs of {_listed(fitting)} pixels. Say which with --size"
        )
    note = f"The size of its input, {fitting[0]}, is read from {wrong[0]}."
    return replace(design, size=Size.square(fitting[0])), note


def _listed(sizes: list[int]) -> str:
    return " or ".join(map(str, sizes))


def _fitting(
    design: Design, outline: Outline, state: Mapping[str, Tensor], wrong: list[str]
) -> list[int]:
    """The sizes at which the entries have the file's shapes."""
    own = _own_size(design, outline)
    exact = {side for name in wrong if (side := _from_places(name, outline, state, own))}
    if len(exact) == 1:
        (side,) = exact
        return [side] if _fits(design, side, state) else []
    return [side for side in USUAL if _fits(design, side, state)]


def _fits(design: Design, side: int, state: Mapping[str, Tensor]) -> bool:
    changed = replace(design, size=Size.square(side))
    try:
        return not misfits.misshapen(architectures.outline(changed), state)
    except ClassifierUnavailable:
        return False


def _own_size(design: Design, outline: Outline) -> int:
    size = design.size or architectures.preprocessing(design.architecture, outline.model).size
    return size.height if size.height == size.width else 0


def _from_places(name: str, outline: Outline, state: Mapping[str, Tensor], own: int) -> int:
    """The side of a square input from a table with a place a patch, `[1,places,features]`; 0 where
    it is none.
    """
    expected, got = outline.shapes[name], tuple(state[name].shape)
    if len(expected) != 3 or len(got) != 3 or expected[0] != 1 or expected[2] != got[2]:
        return 0
    for extra in range(8 if own else 0):  # class token, distillation token, registers
        before, after = math.isqrt(expected[1] - extra), math.isqrt(max(got[1] - extra, 0))
        if before**2 == expected[1] - extra and after and after**2 == got[1] - extra:
            return after * own // before
    return 0
