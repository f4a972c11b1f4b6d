"""Names of files that an export writes."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from heatcheck.inputs import named_files

LONGEST = 255  # bytes of a file's name, on all usual file systems
SHORTER = (LONGEST, 143)
SHORTEST = 80


def written(folder: Path, image: str, method: str, content: bytes) -> Path:
    """The file of a map, written under the longest name that the folder takes: some encrypted ones
    take 143 bytes. Raises OSError where it takes none of them.
    """
    for longest in SHORTER:
        path = folder / map_file(image, method, longest)
        try:
            path.write_bytes(content)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
        else:
            return path
    path = folder / map_file(image, method, SHORTEST)
    path.write_bytes(content)
    return path


def map_file(image: str, method: str, longest: int = LONGEST) -> str:
    """`IMAGE__METHOD.npy`, for an image's name and a method's key in the run.

    In the image's name all but letters, digits, `_.-~` and spaces is percent-encoded, so that it is
    one name anywhere and another one for another image. Where the whole is longer than that many
    bytes, the end of the image's name gives way to `~` and twelve digits of the digest of all of
    it.
    """
    name, end = named_files.encoded(image), f"{named_files.EXPORTED}{method}.npy"
    if len(name) + len(end) > longest:
        piece = named_files.piece(image)
        kept = name[: longest - len(end) - len(piece)]
        name = re.sub(r"%.?$", "", kept) + piece  # no half of a code
    return name + end
