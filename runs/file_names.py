"""Names of files that an export writes."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

LONGEST = 255  # bytes of a file's name, on all usual file systems


def map_file(image: str, method: str) -> str:
    """`IMAGE__METHOD.npy`, for an image's name and a method's key in the run.

    In the image's name all but letters, digits, `_.-~` and spaces is percent-encoded, so that it is
    one name anywhere and another one for another image. Where the whole is longer than 255 bytes,
    the end of the image's name gives way to `~` and twelve digits of the digest of all of it.
    """
    name, end = quote(image, safe=" "), f"__{method}.npy"
    if len(name) + len(end) > LONGEST:
        piece = "~" + hashlib.sha256(image.encode()).hexdigest()[:12]
        kept = name[: LONGEST - len(end) - len(piece)]
        name = re.sub(r"%.?$", "", kept) + piece  # no half of a code
    return name + end
