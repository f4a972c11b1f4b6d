"""Images that a Python program hands over: paths, PIL images, arrays or a tensor become the images
of a set, named and encoded as files are.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from heatcheck.core.errors import BadImage, BadParameter, shown, unknown
from heatcheck.core.numbers import rounded
from heatcheck.inputs import arrays, image_sets, images
from heatcheck.inputs.classifier_names import MEMORY
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.images import Image
from heatcheck.inputs.labels import matched
from heatcheck.inputs.printable import printable
from heatcheck.inputs.sizes import Size

KINDS = (
    "a folder, a list of paths, PIL images or uint8 arrays [H,W,3], an array [N,H,W,3], or a "
    "tensor [N,C,H,W] in [0, 1]"
)
DEEP = 1e-3  # of a level of 8 bits: values nearer to one are that level
MOST_LAST = 4  # channels that a last axis may be taken for
AS_PNG = ("1", "L", "LA", "I;16", "P", "RGB", "RGBA")  # modes that a PNG holds as they are
CLEAR = ("PA", "RGBa")  # other modes with transparency
ALONE = "Of a DataLoader or Dataset give the images alone: [images for images, _ in loader]."
ROUNDED = "The tensor's values are rounded to 8 bits, by at most 1/510."


@dataclass(frozen=True)
class HeldImage(Image):
    """An image in memory, as the bytes of a file."""

    content: bytes = field(default=b"", repr=False)

    def encoded(self) -> bytes:
        """The bytes."""
        return self.content

    @property
    def digest(self) -> str:
        """sha256 of the bytes."""
        return images.digest(self.content)


@dataclass(frozen=True)
class Handed:
    """Images of a run: their set's name, what is known of all of them, what was done to them."""

    source: str  # a folder, the name of a set, or where they are held
    images: tuple[Image, ...]
    size: Size | None  # where all are in memory and have the same
    channels: int = 0  # of a tensor; files and pictures can be brought to a model's
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> ImageSet:
        """Them as a set."""
        return ImageSet(self.images, self.notes)


def handed(given: object) -> Handed:
    """The images, in their order.

    Raises:
        BadParameter: they are none of `KINDS`. BadImage: values are outside their range, or there
        is no such folder.
    """
    if isinstance(given, str | os.PathLike) and not _path(given).is_file():
        source = os.fsdecode(given)
        read = image_sets.read(source)
        return Handed(image_sets.absolute(source), read.images, None, notes=read.notes)
    if isinstance(given, Tensor):
        return _of_tensor(given)
    if isinstance(given, np.ndarray):
        return _in_memory([_pixels(one) for one in _several(given)])
    single = isinstance(given, PIL.Image.Image | str | os.PathLike)
    entries: list[Any] = [given] if single else _listed(given)
    if all(isinstance(one, Tensor) for one in entries):
        return _of_tensor(_stacked(entries))
    if all(isinstance(one, str | os.PathLike) for one in entries):
        return _of_paths([_path(one) for one in entries])
    made = _in_memory([_content(one) for one in entries], [_stem(one) for one in entries])
    bits, said = image_sets.depth_said(max(map(_largest, entries), default=0))
    if not bits:
        return made
    deep = tuple(replace(image, bits=bits) for image in made.images)
    return replace(made, images=deep, notes=(*made.notes, said))


def _largest(given: object) -> int:
    """The largest value of a PIL image of more than 8 bits; 0 of others."""
    deep = isinstance(given, PIL.Image.Image) and given.mode.startswith("I;16")
    return int(np.asarray(given).max()) if deep else 0


def labelled(given: Handed, labels: object, classes: Sequence[str]) -> Handed:
    """The same images with labels, one an image in their order: each the name of a class or its
    place among them.

    Raises:
        BadParameter: there is not one an image, or images of a folder have theirs from it.
        UnknownName: a label is no class.
    """
    if not given.source.startswith(f"{MEMORY}:"):
        raise BadParameter(
            "Expected labels beside a list of images, in the same order. Got labels beside a "
            f"folder, {shown(given.source)}. Give the paths as a list, or a folder a class."
        )
    entries = _labels(labels)
    if len(entries) != len(given.images):
        raise BadParameter(
            f"Expected a label an image, in the same order. Got {len(entries)} labels and "
            f"{len(given.images)} images."
        )
    texts = _texts([_place(label, classes) for label in entries], classes)
    named = zip(given.images, texts, strict=True)
    return _set([replace(image, label=text) for image, text in named], given)


def _labels(given: object) -> list[Any]:
    plain = given.tolist() if isinstance(given, Tensor | np.ndarray) else given
    if isinstance(plain, str) or not isinstance(plain, Iterable):
        raise BadParameter(
            f"Expected labels as a list, one an image. Got {shown(given)}. Put them into a list."
        )
    return list(plain)


def _place(label: Any, classes: Sequence[str]) -> int:
    """Which class a label means."""
    plain = label.item() if isinstance(label, Tensor | np.generic) else label
    if isinstance(plain, int) and not isinstance(plain, bool):
        if not 0 <= plain < len(classes):
            raise BadParameter(
                f"Expected labels from 0 to {len(classes) - 1}, the places of the model's "
                f"{len(classes)} classes. Got {plain}."
            )
        return plain
    if not isinstance(plain, str):
        advice = (
            "An image has one label. Of several findings explain one: target='class:NAME'."
            if isinstance(plain, list | tuple) and len(plain) != 1
            else "Give whole numbers, as labels.flatten().long() of a tensor."
        )
        raise BadParameter(
            f"Expected labels as names of classes or places. Got {shown(plain)}. {advice}"
        )
    place = matched([plain], classes).of(plain)
    if place is None:
        raise unknown("class", plain, classes)
    return place


def _texts(places: Sequence[int], classes: Sequence[str]) -> list[str]:
    """Labels by which a run finds these classes: their names, or their places where a name is that
    of several.
    """
    for texts in ([classes[place] for place in places], [str(place) for place in places]):
        meant = matched(texts, classes)
        if [meant.of(text) for text in texts] == list(places):
            return texts
    raise BadParameter(
        "Expected each class under a name of its own. Two have the same. Rename one."
    )


# -- one kind each ---------------------------------------------------------------------------------


def _listed(given: object) -> list[Any]:
    if isinstance(given, Iterable) and not isinstance(given, bytes | dict):
        entries = list(given)
        if entries:
            return entries
        raise BadParameter("Expected at least one image. Got none.")
    advice = f" {ALONE}" if hasattr(given, "__getitem__") and not isinstance(given, dict) else ""
    raise BadParameter(f"Expected images as {KINDS}. Got {type(given).__name__}.{advice}")


def _path(given: str | os.PathLike[Any]) -> Path:
    return Path(os.fsdecode(given)).expanduser()


def _of_paths(paths: Sequence[Path]) -> Handed:
    """Files as they lie, each under its name without its ending; with its folder where names
    repeat.
    """
    gone = next((path for path in paths if not path.is_file()), None)
    if gone is not None:
        raise BadImage(f"Expected files of images. There is none at {printable(str(gone))}.")
    whole = [path.resolve() for path in paths]
    names = [path.stem for path in whole]
    if len(set(names)) < len(names):
        names = [f"{path.parent.name}/{path.name}" for path in whole]
    bits, said = image_sets.depth_of(whole)
    named = zip(_names(names, len(whole)), whole, strict=True)
    return _set(
        [Image(name, path, bits=bits) for name, path in named],
        Handed("", (), None, notes=tuple(filter(None, (image_sets.films_said(whole), said)))),
    )


def _of_tensor(given: Tensor) -> Handed:
    pixels = given.detach().cpu()
    pixels = pixels[None] if pixels.ndim == 3 else pixels
    last = pixels.ndim == 4 and pixels.shape[-1] <= MOST_LAST < pixels.shape[1]
    if pixels.ndim != 4 or last or not pixels.numel():
        raise BadParameter(
            f"Expected a tensor [N,C,H,W]. Got {list(given.shape)}. Channels come before height "
            "and width."
        )
    if pixels.dtype != torch.uint8:
        _check_range(pixels)
    if pixels.shape[1] not in arrays.PLAIN:
        return replace(_in_memory([_npy(one) for one in pixels]), channels=pixels.shape[1])
    if pixels.dtype == torch.uint8:
        levels = pixels
    else:
        exact = pixels.double() * 255
        levels = exact.round().to(torch.uint8)
    rounded = pixels.dtype != torch.uint8 and bool((exact - levels).abs().max() > DEEP)
    pictures = levels.permute(0, 2, 3, 1).numpy()
    if pixels.shape[1] == 1:
        pictures = pictures[..., 0]
    made = _in_memory([_png(PIL.Image.fromarray(one)) for one in pictures])
    return replace(made, channels=pixels.shape[1], notes=(ROUNDED,) if rounded else ())


def _check_range(pixels: Tensor) -> None:
    """Refuse values that are no pixels in [0, 1]."""
    if not pixels.is_floating_point():
        raise BadParameter(
            f"Expected a tensor of floats in [0, 1], or of uint8. Got {pixels.dtype}."
        )
    if not bool(pixels.isfinite().all()):
        raise BadImage("Expected a tensor of finite pixels. Got NaN or infinity in it.")
    low, high = float(pixels.min()), float(pixels.max())
    if low < 0 or high > 1:
        advice = (
            "Divide it by 255."
            if low >= 0 and high <= 255 and high > 16
            else "Where it is normalised already, take that back (x * std + mean), and give mean= "
            "and std=."
        )
        raise BadImage(
            f"Expected a tensor of pixels in [0, 1]. Got values from {rounded(low)} to "
            f"{rounded(high)}. "
            f"{advice}"
        )


def _stacked(entries: Sequence[Tensor]) -> Tensor:
    if all(one.ndim == 4 and one.shape[1:] == entries[0].shape[1:] for one in entries):
        return torch.cat(list(entries))  # batches
    shapes = {tuple(one.shape) for one in entries}
    if len(shapes) > 1 or any(one.ndim != 3 for one in entries):
        raise BadParameter(
            "Expected tensors [C,H,W] of one shape in the list, or batches [N,C,H,W]. Got "
            f"{', '.join(str(list(shape)) for shape in sorted(shapes))}. Scale them to one size, "
            "and leave labels out."
        )
    return torch.stack(list(entries))


def _several(given: np.ndarray) -> list[np.ndarray]:
    """The arrays of an array: itself where it is one picture."""
    if given.ndim == 3:
        return [given]
    if given.ndim == 4 and len(given):
        return list(given)
    raise _bad_array(given)


def _content(given: object) -> tuple[bytes, Size]:
    """An entry of a list as the bytes of a file, with its size."""
    if isinstance(given, np.ndarray):
        return _pixels(given)
    if isinstance(given, PIL.Image.Image):
        if given.mode in ("F", "I"):
            raise BadImage(
                f"Expected PIL images of 8 bits or 16 a channel. Got mode {given.mode}, whose "
                "range nobody knows. Convert them, or give a tensor in [0, 1]."
            )
        if given.mode.startswith("I;16") and given.mode not in AS_PNG:  # Pillow's RGB is white
            given = PIL.Image.fromarray(np.asarray(given).astype(np.uint16))
        if given.mode not in AS_PNG:
            given = given.convert("RGBA" if given.mode in CLEAR else "RGB")
        return _png(given)
    advice = f" {ALONE}" if isinstance(given, list | tuple) else ""
    raise BadParameter(
        f"Expected images as {KINDS}. Got {type(given).__name__} among them.{advice}"
    )


def _pixels(given: np.ndarray) -> tuple[bytes, Size]:
    if given.dtype != np.uint8 or given.ndim != 3 or given.shape[2] != 3 or not given.size:
        raise _bad_array(given)
    return _png(PIL.Image.fromarray(np.ascontiguousarray(given)))


def _bad_array(given: np.ndarray) -> BadParameter:
    advice = "Stack a grey one three times on a last axis."
    if given.dtype != np.uint8:
        advice = "Give floats in [0, 1] as a tensor [N,C,H,W]."
    elif given.ndim in (3, 4) and given.shape[-3] in (1, 3):
        advice = "Move the channels to the end: numpy.moveaxis(images, -3, -1)."
    return BadParameter(
        f"Expected uint8 arrays [H,W,3], or one [N,H,W,3]. Got {given.dtype} "
        f"{list(given.shape)}. {advice}"
    )


def _npy(pixels: Tensor) -> tuple[bytes, Size]:
    """A picture `[C,H,W]` of more channels than a PNG has, as the bytes of a NumPy file."""
    plain = pixels if pixels.dtype == torch.uint8 else pixels.float()
    buffer = io.BytesIO()
    np.save(buffer, plain.permute(1, 2, 0).contiguous().numpy())
    return buffer.getvalue(), Size(*pixels.shape[-2:])


def _png(image: PIL.Image.Image) -> tuple[bytes, Size]:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue(), Size(image.height, image.width)


def _stem(given: object) -> str:
    """What a PIL image that was opened is called; empty for others."""
    name = getattr(given, "filename", "")
    return Path(os.fsdecode(name)).stem if isinstance(name, str | bytes) and name else ""


# -- a set -----------------------------------------------------------------------------------------


def _in_memory(contents: Sequence[tuple[bytes, Size]], names: Sequence[str] = ()) -> Handed:
    sizes = {size for _, size in contents}
    named = zip(_names(names, len(contents)), contents, strict=True)
    found = [HeldImage(name, Path(name), content=content) for name, (content, _) in named]
    return _set(found, Handed("", (), sizes.pop() if len(sizes) == 1 else None))


def _names(given: Sequence[str], count: int) -> list[str]:
    """A name an image: the given ones where each is another, else numbers."""
    written = [printable(name) for name in given]
    if all(written) and len(set(written)) == count:
        return written
    return [f"image_{place:0{len(str(count - 1))}}" for place in range(count)]


def _set(found: Sequence[Image], like: Handed) -> Handed:
    """The images under the name of their set: a digest of their names, bytes and labels."""
    total = hashlib.sha256()
    for image in found:
        total.update(f"{image.name}\n{image.digest}\n{image.label}\n".encode())
    return replace(like, source=f"{MEMORY}:{total.hexdigest()[:16]}", images=tuple(found))
