"""The spatial layer: which layers of a model have an output over the image, which of them counts
where none is named, and what passes through one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from heatcheck.attribution.grids import Extent
from heatcheck.attribution.hooks import evaluating, hooked

STAGES = 5  # layers that are looked at in a model whose grid stays the same


@dataclass(frozen=True)
class SpatialOutputs:
    """The layers whose output lies over a grid of places."""

    paths: tuple[str, ...]  # in the order in which they finish; as often as they are used
    tokens: frozenset[str]  # those whose output is `[N,tokens,K]`
    grids: tuple[tuple[int, int], ...] = ()  # rows and columns of each of `paths`


def spatial_outputs(model: nn.Module, blank: Tensor) -> SpatialOutputs:
    """Those layers, found by one pass of a blank image `[1,C,H,W]`."""
    extent = Extent(*blank.shape[-2:])
    paths: list[str] = []
    tokens: set[str] = set()
    grids: list[tuple[int, int]] = []

    def note(path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, output: Any) -> None:
            if isinstance(output, Tensor) and len(output) == 1 and extent.is_grid(output.shape[1:]):
                paths.append(path)
                grids.append(extent.grid(output.shape[1:]))
                if output.ndim == 3:
                    tokens.add(path)

        return hook

    hooks = [(module, note(path)) for path, module in model.named_modules() if path]
    with torch.no_grad(), evaluating(model), hooked(hooks):
        model(blank)
    return SpatialOutputs(tuple(paths), frozenset(tokens), tuple(grids))


def last_layer(
    model: nn.Module, outputs: SpatialOutputs, reaches_score: Callable[[str], bool]
) -> str:
    """The layer that counts where none is named: the last normalised tokens that reach the score,
    else the last output over a grid.

    Args:
        model: has `outputs`, one at least.
        outputs: of the model.
        reaches_score: whether the score has a gradient to the output of a layer.
    """
    paths = outputs.paths
    plain = [path for path in paths if path not in outputs.tokens]
    after = len(paths) - 1 - paths[::-1].index(plain[-1]) if plain else -1
    norms = [
        path
        for path in paths[after + 1 :]
        if "norm" in type(model.get_submodule(path)).__name__.lower()
    ]
    for path in reversed(norms):  # what a class token alone reads gives its neighbours no gradient
        if reaches_score(path):
            return path
    return plain[-1] if plain else paths[-1]


def stages(outputs: SpatialOutputs, counts: str) -> list[str]:
    """A layer of each grid a model goes through, in the order of the pass: of those of one grid the
    outermost, and of these the last; `counts`, the layer that counts where none is named, stands
    for its own. Of a model with one grid throughout, `STAGES` of its blocks, evenly spaced.

    Args:
        outputs: of the model, one at least.
        counts: among them.
    """
    by_grid: dict[tuple[int, int], list[str]] = {}
    for path, grid in zip(outputs.paths, outputs.grids, strict=True):
        by_grid.setdefault(grid, []).append(path)
    if len(by_grid) == 1:
        numbered = [path for path in dict.fromkeys(outputs.paths) if path.split(".")[-1].isdigit()]
        outer = min((path.count(".") for path in numbered), default=0)
        blocks = [path for path in numbered if path.count(".") == outer and path != counts]
        chosen = sorted({round(at * (len(blocks) - 1) / (STAGES - 2)) for at in range(STAGES - 1)})
        return [*(blocks[place] for place in chosen if blocks), counts]
    return [
        counts if counts in paths else [path for path in paths if _is_outermost(path, paths)][-1]
        for paths in by_grid.values()
    ]


def _is_outermost(path: str, paths: list[str]) -> bool:
    return path.count(".") == min(one.count(".") for one in paths)


@contextmanager
def cut_at(model: nn.Module, path: str, uses: int) -> Iterator[list[Tensor]]:
    """Within this, a layer's output becomes a leaf of the graph, to which the score can be
    differentiated; the list holds it after a pass.

    Of a layer that is used more than once, the last of its `uses` counts.
    """
    leaves: list[Tensor] = []
    seen = 0

    def cut(module: nn.Module, args: Any, output: Tensor) -> Tensor:
        nonlocal seen
        seen += 1
        if seen < uses:
            return output
        leaves.append(output.detach().requires_grad_())
        return leaves[-1].clone()  # what follows may work in place

    with hooked([(model.get_submodule(path), cut)]):
        yield leaves


@contextmanager
def kept_at(model: nn.Module, path: str) -> Iterator[list[Tensor]]:
    """Within this, copies of a layer's outputs are added to the list."""
    copies: list[Tensor] = []

    def keep(module: nn.Module, args: Any, output: Tensor) -> None:
        copies.append(output.detach().clone())

    with hooked([(model.get_submodule(path), keep)]):
        yield copies
