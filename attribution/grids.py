"""Grids: whether a layer's output lies over the image, and how it folds to `[N,K,h,w]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from heatcheck.core.errors import DoesNotApply

MOST_PREFIX = 8  # tokens before the image's own: class token, distillation token, registers


@dataclass(frozen=True)
class Extent:
    """The image's height and width in pixels, against which the outputs of layers are held."""

    height: int
    width: int

    def fits(self, height: int, width: int) -> bool:
        """Whether an output of that extent lies over the image: more than one place, and the
        image's own proportions.

        Attention's [N,heads,tokens,width] has four dimensions too, and other proportions. A square
        image has square outputs; of others the sides may be rounded.
        """
        if self.height == self.width:
            return height == width > 1
        return (
            min(height, width) > 1
            and abs(height * self.width - width * self.height) <= self.height + self.width
        )

    def is_grid(self, shape: Sequence[int]) -> bool:
        """Whether an output `[K,h,w]`, `[h,w,K]` or `[tokens,K]` lies over a grid of places."""
        if len(shape) == 3:
            return self.fits(*shape[1:]) or self.fits(*shape[:2])
        return len(shape) == 2 and self.token_grid(shape[0]) is not None

    def grid(self, shape: Sequence[int]) -> tuple[int, int]:
        """Rows and columns of an output that `is_grid`."""
        if len(shape) == 3:
            rows, columns = shape[1:] if self.fits(*shape[1:]) else shape[:2]
            return rows, columns
        return self.grid_of(shape[0])[:2]

    def token_grid(self, tokens: int) -> tuple[int, int, int] | None:
        """Rows, columns and tokens before the image's own, for a count of tokens; None where they
        make no grid.
        """
        for prefix in range(min(MOST_PREFIX, tokens - 1) + 1):
            rows = round(((tokens - prefix) * self.height / self.width) ** 0.5)
            columns = (tokens - prefix) // max(1, rows)
            if rows * columns == tokens - prefix and self.fits(rows, columns):
                return rows, columns, prefix
        return None

    def grid_of(self, tokens: int) -> tuple[int, int, int]:
        """As `token_grid`. Raises DoesNotApply where they make no grid."""
        grid = self.token_grid(tokens)
        if grid is None:
            raise DoesNotApply(
                f"{tokens} tokens make no grid over an image of {self.height} x {self.width}."
            )
        return grid

    def folded(self, output: Tensor) -> Tensor:
        """An output over a grid of places as `[N,K,h,w]`."""
        if output.ndim == 4:
            return output if self.fits(*output.shape[-2:]) else output.permute(0, 3, 1, 2)
        rows, columns, prefix = self.grid_of(output.shape[1])
        return output[:, prefix:].transpose(1, 2).reshape(len(output), -1, rows, columns)
