"""DICOM as a viewer shows it, where pydicom is installed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatcheck.core.errors import BadImage
from heatcheck.inputs import decoding, dicom, image_sets, images

SIDE = 40


def written(pixels: np.ndarray, **tags: Any) -> bytes:
    """A file of unsigned values `[H,W]`, `[N,H,W]` for a film, with these tags."""
    pydicom = pytest.importorskip("pydicom", reason="pip install pydicom to test DICOM")
    from pydicom.dataset import FileDataset, FileMetaDataset

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = pydicom.uid.UID("1.2.3")
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    if pixels.ndim == 3:
        dataset.NumberOfFrames = len(pixels)
    for tag, value in tags.items():
        setattr(dataset, tag, value)
    dataset.PixelData = pixels.astype("<u2").tobytes()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def columns(*stripes: int) -> np.ndarray:
    """Stripes of one value each, `[S,S]`."""
    return np.repeat(np.array(stripes), SIDE // len(stripes))[None].repeat(SIDE, 0)


def shown(encoded: bytes) -> list[int]:
    """The grey of four columns."""
    return images.picture(encoded, SIDE)[0, [0, 10, 20, 30], 0].tolist()


def test_slope_intercept_and_window_are_applied() -> None:
    """A window of 400 around 40, of values 1024 above what they mean."""
    content = written(
        columns(0, 1024 - 160 + 100, 1024 + 40, 4000),
        RescaleSlope=1,
        RescaleIntercept=-1024,
        WindowCenter=40,
        WindowWidth=401,
    )
    assert shown(content) == [0, 64, 128, 255]


def test_the_first_of_several_windows_counts() -> None:
    content = written(columns(0, 100, 200, 400), WindowCenter=[100.5, 3000], WindowWidth=[201, 10])
    assert shown(content) == [0, 128, 255, 255]


def test_without_a_window_the_smallest_value_is_black_and_the_largest_white() -> None:
    assert shown(written(columns(100, 200, 300, 600))) == [0, 51, 102, 255]


def test_monochrome_1_is_turned_over() -> None:
    content = written(columns(100, 200, 300, 600), PhotometricInterpretation="MONOCHROME1")
    assert shown(content) == [255, 204, 153, 0]


def test_a_window_comes_before_monochrome_1_is_turned_over() -> None:
    content = written(
        columns(0, 100, 200, 400),
        PhotometricInterpretation="MONOCHROME1",
        WindowCenter=100.5,
        WindowWidth=201,
    )
    assert shown(content) == [255, 127, 0, 0]


def test_of_a_film_the_first_frame_is_shown() -> None:
    film = np.stack([columns(0, 0, 0, 4095), columns(4095, 0, 0, 0)])
    assert shown(written(film)) == [0, 0, 0, 255]
    assert decoding.is_film(written(film))
    assert not decoding.is_film(written(film[0]))


def test_a_cut_file_and_one_without_pixels_say_so() -> None:
    content = written(columns(0, 1, 2, 3))
    with pytest.raises(BadImage, match="the DICOM file cannot be decoded"):
        images.picture(content[:-500], SIDE, "cut.dcm")
    with pytest.raises(BadImage, match="Got 0 x 0"):
        images.picture(bytes(128) + b"DICM", SIDE, "empty.dcm")
    with pytest.raises(BadImage, match="not deflated as a whole"):
        images.picture(bytes(128) + b"DICM" + dicom.DEFLATED, SIDE, "deflated.dcm")


def test_a_file_of_another_kind_is_no_dicom() -> None:
    with pytest.raises(BadImage, match=r"or DICOM image. Got a file of another kind"):
        images.picture(b"x" * 400, SIDE, "other.dcm")


def test_without_the_package_a_sentence_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dicom, "is_readable", lambda: False)
    words = r"expected the package pydicom.*pip install 'heatcheck\[dicom\]'"
    with pytest.raises(BadImage, match=words):
        images.picture(bytes(128) + b"DICM", SIDE, "scan.dcm")
    (tmp_path / "scan.dcm").write_bytes(bytes(128) + b"DICM")
    with pytest.raises(BadImage, match=words):
        image_sets.load(str(tmp_path))
