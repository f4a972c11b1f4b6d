"""The image set that Compare offers, and small pictures of it."""

from __future__ import annotations

from functools import lru_cache

from heatcheck.core.errors import BadImage
from heatcheck.inputs import images
from heatcheck.inputs.catalogues import Catalogue, Catalogues
from heatcheck.inputs.images import Image
from heatcheck.server import service

THUMBNAIL = 96  # pixels a side at which an upload is tried
TILE = 160  # pixels a side in the gallery: sharp on a dense screen too


@lru_cache(maxsize=1)
def _catalogues() -> Catalogues:
    return Catalogues()


def catalogue(source: str) -> Catalogue:
    """The set; a new file in the folder shows within half a minute, in a large one later. Raises
    BadImage, OSError.
    """
    return _catalogues().of(source)


def forget() -> None:
    """Read all sets again."""
    _catalogues().forget()


def thumbnail(image: Image, side: int = TILE) -> str | None:
    """The digest of a small square of the image, as `service.blobs` has it; None where the file is
    gone or is not an image we take. The file is read again once it has changed.
    """
    try:
        state = image.path.stat()
        about = ("thumbnail", image.path, state.st_size, state.st_mtime_ns, image.bits, side)
        return service.blobs().digest(about, lambda: _square(image, side))
    except (BadImage, OSError):
        return None


def _square(image: Image, side: int) -> bytes:
    with image.path.open("rb") as file:
        encoded = file.read(images.MAX_BYTES + 1)
    return images.png(images.preview(encoded, side, bits=image.bits))
