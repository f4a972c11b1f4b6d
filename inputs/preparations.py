"""How a network's own preprocessor scales a picture before its middle is cut out, where that is
another way than ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import PIL.Image

LONGEST = 16_384  # pixels of a side; a picture that would become longer is scaled in our way


@dataclass(frozen=True)
class Preparation:
    """The sides to which a picture is scaled, and by which filter; the middle is cut out of that.

    The arithmetic is torchvision's on 8 bits with antialiasing, which transformers uses.
    """

    height: int
    width: int
    squashed: bool  # each side is scaled for itself; else until both reach these
    filter: str = "bicubic"  # as torchvision calls it

    def scaled(self, height: int, width: int) -> tuple[int, int]:
        """The sides `height, width` of a picture of these, scaled."""
        if self.squashed:
            return self.height, self.width
        if height <= width:
            return self.height, max(self.width, int(self.height * width / height))
        return max(self.height, int(self.width * height / width)), self.width

    def takes(self, height: int, width: int) -> bool:
        """Whether a picture of these sides stays small enough when it is scaled."""
        return max(self.scaled(height, width)) <= max(LONGEST, height, width)

    def words(self, height: int, width: int) -> str:
        """For people, of a network's input of these sides."""
        sides = f"{self.height} x {self.width}"
        how = f"both sides to {sides}" if self.squashed else f"the shorter side to {self.height}"
        cut = f"the middle {height} x {width} of it" if sides != f"{height} x {width}" else ""
        middle = cut or ("" if self.squashed else "the middle of it")
        return ", then ".join(filter(None, (f"{how}, {self.filter}", middle)))

    def of(self, image: PIL.Image.Image | np.ndarray, height: int, width: int) -> np.ndarray:
        """An image's middle `[height,width,C]`, of an image in RGB or an array `[h,w,C]`; uint8, or
        float32 in [0, 1] where the array is.
        """
        import torch
        from torchvision.transforms.v2 import functional as transforms

        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
        mode = transforms.InterpolationMode(self.filter)
        sides = list(self.scaled(*pixels.shape[1:]))
        scaled = transforms.resize(pixels, sides, interpolation=mode, antialias=True)
        scaled = scaled.clamp(0, 1) if scaled.is_floating_point() else scaled
        top, left = (sides[0] - height) // 2, (sides[1] - width) // 2
        middle = scaled[:, top : top + height, left : left + width]
        return np.ascontiguousarray(middle.permute(1, 2, 0).numpy())
