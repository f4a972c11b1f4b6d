"""A small transformer that has learned to name the colour of a bright patch: what maps on it are
worth can be counted, since the evidence lies on the patch and nowhere else.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE, CELL = 32, 8
CELLS, COLOURS = (SIDE // CELL) ** 2, 3
BRIGHT = 2.0  # of the background's spread
STEPS, BATCH = 150, 64


def pictures(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Soft patterns with a patch in one colour in one cell: the pictures `[N,3,S,S]`, the colours
    `[N]`, and where the patches lie, `[N,S,S]` bool.
    """
    noise = torch.randn(count, COLOURS, SIDE // 4, SIDE // 4, generator=generator)
    x = F.interpolate(noise, (SIDE, SIDE), mode="bicubic", align_corners=False)
    colours = torch.randint(0, COLOURS, (count,), generator=generator)
    cells = F.one_hot(torch.randint(0, CELLS, (count,), generator=generator), CELLS)
    grid = cells.reshape(count, SIDE // CELL, SIDE // CELL)
    patches = grid.repeat_interleave(CELL, 1).repeat_interleave(CELL, 2)
    x = x + BRIGHT * F.one_hot(colours, COLOURS)[:, :, None, None] * patches[:, None]
    return x, colours, patches.bool()


@cache
def trained() -> nn.Module:
    """The transformer, trained in seconds from a stream of its own; the process's stream stays as
    it was.
    """
    from timm.models import VisionTransformer

    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
        network: nn.Module = VisionTransformer(
            SIDE, CELL, embed_dim=32, depth=2, num_heads=2, num_classes=COLOURS
        )
        stream = torch.Generator().manual_seed(5)
        optimiser = torch.optim.Adam(network.parameters(), 3e-3)
        for _ in range(STEPS):
            x, colours, _patches = pictures(BATCH, stream)
            loss = F.cross_entropy(network(x), colours)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    for weights in network.parameters():
        weights.grad = None
    return network.eval().requires_grad_(False)
