"""DICOM images, where the package pydicom is installed: grey values as a viewer shows them.

Slope and intercept, then the first window of the file; where it has none, from the smallest to the
largest value. MONOCHROME1 is turned over, so that white is what the file calls so; of a film the
first frame.
"""

from __future__ import annotations

import importlib.util
import io
import warnings
from typing import Any

import numpy as np
import PIL.Image

from heatcheck.core.errors import BadImage, first_line
from heatcheck.inputs.depth import MAX_PIXELS

PACKAGE = "pydicom"
ENDINGS = (".dcm", ".dicom")
DEFLATED = b"1.2.840.10008.1.2.1.99"  # a transfer syntax that may grow without bounds


def is_one(encoded: bytes) -> bool:
    """Whether bytes are a DICOM file, by its mark."""
    return encoded[128:132] == b"DICM"


def is_readable() -> bool:
    """Whether the package is there."""
    return importlib.util.find_spec(PACKAGE) is not None


def missing(name: str) -> BadImage:
    """What is said of a DICOM file where the package is not there."""
    return BadImage(
        f"{name}: expected the package {PACKAGE}, which reads DICOM. It is not installed. Run "
        "pip install 'heatcheck[dicom]', or save PNG files."
    )


def decode(encoded: bytes, name: str = "image") -> PIL.Image.Image:
    """A DICOM file's first frame, grey or RGB, 8 bits a channel.

    Raises:
        BadImage: pydicom is not installed; the file has no pixels, too many, or is compressed in a
        way that nothing here reads.
    """
    if not is_readable():
        raise missing(name)
    if DEFLATED in encoded[:4096]:
        raise BadImage(
            f"{name}: expected a DICOM file that is not deflated as a whole. Save it without "
            "compression, or as PNG."
        )
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(encoded))
            width, height = int(dataset.get("Columns", 0)), int(dataset.get("Rows", 0))
            if 0 < width * height <= MAX_PIXELS:
                return PIL.Image.fromarray(_pixels(dataset))
    except Exception as error:
        raise BadImage(
            f"{name}: the DICOM file cannot be decoded ({first_line(error)}). Save it without "
            "compression, or as PNG."
        ) from error
    raise BadImage(
        f"{name}: expected a DICOM image of at most {MAX_PIXELS // 10**6} million pixels. Got "
        f"{width} x {height}. Choose another file."
    )


def frames(encoded: bytes) -> int:
    """How many frames a DICOM file says that it has; 1 where it cannot be read."""
    try:
        import pydicom

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(encoded), specific_tags=["NumberOfFrames"])
            return int(dataset.get("NumberOfFrames") or 1)
    except Exception:  # what is wrong with it is said when it is decoded
        return 1


def _pixels(dataset: Any) -> np.ndarray:
    """The first frame as uint8, `[H,W]` or `[H,W,3]`."""
    from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

    values = pixel_array(dataset, index=0)
    kind = str(dataset.get("PhotometricInterpretation", "MONOCHROME2"))
    if kind == "PALETTE COLOR":
        values = apply_color_lut(values, dataset)
    if values.ndim == 3:
        return _bytes(values, 0, (1 << int(dataset.get("BitsStored", 8))) - 1)
    values = apply_modality_lut(values, dataset)
    if "WindowCenter" in dataset or "VOILUTSequence" in dataset:
        values = apply_voi_lut(values, dataset, index=0)
    low, high = _range(dataset, values)
    shown = _bytes(values, low, high)
    return 255 - shown if kind == "MONOCHROME1" else shown


def _range(dataset: Any, values: np.ndarray) -> tuple[float, float]:
    """What is black and what is white after the window."""
    from pydicom.pixels import apply_windowing

    if dataset.get("VOILUTSequence"):
        return 0, (1 << int(dataset.VOILUTSequence[0].LUTDescriptor[2])) - 1
    if "WindowCenter" in dataset and "WindowWidth" in dataset:
        with np.errstate(over="ignore"):
            low, high = apply_windowing(np.array([-1e12, 1e12]), dataset, index=0)
        return float(low), float(high)
    return float(values.min()), float(values.max())


def _bytes(values: np.ndarray, low: float, high: float) -> np.ndarray:
    shares = (values - low) / max(high - low, 1e-12)
    return (255 * np.clip(shares, 0, 1)).round().astype(np.uint8)
