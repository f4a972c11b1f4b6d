"""PNG files that hold values of pixels, and no picture: maps and masks of other tools."""

from __future__ import annotations

import io
import warnings

import PIL.Image

from heatcheck.core.errors import BadParameter
from heatcheck.inputs.depth import MAX_PIXELS


def opened(encoded: bytes) -> PIL.Image.Image:
    """Untrusted bytes as the PNG that they are, in its own mode and size.

    Raises:
        BadParameter: it has too many pixels. What Pillow raises of bytes that are no PNG.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the size is checked below, before a pixel is decoded
        image = PIL.Image.open(io.BytesIO(encoded), formats=("PNG",))
    if image.width * image.height > MAX_PIXELS:
        raise BadParameter(f"expected at most {MAX_PIXELS // 10**6} million pixels. Scale it down.")
    image.load()
    return image
