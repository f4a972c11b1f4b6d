"""Cut-outs: photographed objects whose every pixel is known, each on a background that we choose.

They are stamps of the drawing program Tux Paint: PNG files with an alpha channel, an English
caption beside each. Chosen are those whose caption is the name of exactly one ImageNet class,
drawings left out. The object's longer side fills four fifths of a square frame; the alpha channel,
through the same frame, resize and crop as the picture, is the mask. The files stay where the
package put
them: nothing of them is kept or shipped.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import PIL.Image

from heatcheck.core.errors import BadImage, unknown
from heatcheck.inputs import images
from heatcheck.inputs.images import Image, Picture
from heatcheck.inputs.sizes import Frame, Size

PACKAGE = "tuxpaint-stamps-default"
STAMPS = Path("/usr/share/tuxpaint/stamps")
FRAME, OBJECT = 300, 240  # pixels: the frame's side, and the longer side of the object in it
PLAIN = 211  # of 255: light grey
TEXTURE = "texture"
BACKGROUNDS = (TEXTURE, "another texture", "plain")
GRAIN = (
    (3, 2, 3),
    (5, 4, 1),
    (10, 3, 1),
    (25, 2, 1),
    (60, 1, 1),
)  # cells a side, weight, channels: coarse in colour, fine in grey
LEFT_OUT = {
    "animals/mammals/echidna": "a black silhouette",
    "animals/mammals/hedgehog": "a drawing",
    "animals/mammals/rodents/mouse": "the animal, where ImageNet's only mouse is a computer's",
    "clothes/t_sock": "a drawing",
    "seasonal/christmas/stocking": "a drawing",
    "seasonal/hanukkah/holiday_candle": "a drawing in a wide glow, so that its border is nowhere",
}


@dataclass(frozen=True)
class Cutout(Image):
    """One object on its default background, a texture of its own; `path` is the stamp. Bytes,
    digest and mask are of the composite.
    """

    @property
    def masked(self) -> bool:
        """Always."""
        return True

    def mask(self, given: Frame | Size | int) -> np.ndarray:
        """Where the object is in the picture in that frame, bool `[H,W]`: where more than half of
        what is seen is the object.
        """
        alpha = self._stamp().getchannel("A")
        return images.mask(images.png(np.asarray(alpha)), given, self.name)

    def encoded(self) -> bytes:
        """The composite as PNG. Raises BadImage where the stamp cannot be read."""
        return self.on(TEXTURE)

    @property
    def digest(self) -> str:
        """sha256 of the composite's bytes."""
        return images.digest(self.encoded())

    def background(self, given: Frame | Size | int, which: str) -> Picture:
        """The picture `[H,W,3]` of the same object in the same place on another of
        `BACKGROUNDS`.
        """
        return images.picture(self.on(which), given, self.name)

    def on(self, which: str) -> bytes:
        """The frame with the object on one of `BACKGROUNDS`, as PNG. Raises UnknownName where there
        is no such background.
        """
        if which not in BACKGROUNDS:
            raise unknown("background", which, BACKGROUNDS)
        return _composite(super().encoded(), which, self.name)

    def _stamp(self) -> PIL.Image.Image:
        return _framed(super().encoded(), self.name)


def load(root: Path = STAMPS) -> list[Cutout]:
    """The cut-outs below a folder of stamps, by name; each label is a class index of ImageNet.

    A name is the caption in words joined by underscores; where captions are the same, the later
    have a number.

    Raises:
        BadImage: there are none, since the package is not installed; the message says how to
        install it.
    """
    chosen = list(_chosen(root))
    if not chosen:
        raise BadImage(
            f"The cut-outs come with the Debian package {PACKAGE}, which is not "
            f"installed. Run apt-get install {PACKAGE}."
        )
    seen: Counter[str] = Counter()
    named = []
    for path, caption in chosen:
        seen[caption] += 1
        name = caption.replace(" ", "_") + (f"_{seen[caption]}" if seen[caption] > 1 else "")
        named.append(Cutout(name, path, str(class_named()[caption])))
    return sorted(named, key=lambda cutout: cutout.name)


def _chosen(root: Path) -> Iterator[tuple[Path, str]]:
    """Stamps whose caption names exactly one class and that are photographs, each with its caption,
    in an order of their own.
    """
    for path in sorted(root.rglob("*.png"), key=lambda path: _key(path, root).casefold()):
        if _drawn(path, root) or not path.with_suffix(".txt").is_file():
            continue
        caption = bare(path.with_suffix(".txt").read_text(encoding="utf-8", errors="replace"))
        if caption in class_named():
            yield path, caption


def _key(path: Path, root: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()


def _drawn(path: Path, root: Path) -> bool:
    """Whether a stamp is no photograph: filed under cartoons, made from an SVG that lies beside it,
    or one of the few known by name.
    """
    return (
        "cartoon" in path.relative_to(root).parts
        or path.with_suffix(".svg").is_file()
        or _key(path, root) in LEFT_OUT
    )


def bare(caption: str) -> str:
    """A caption's first line in lower case, without the leading article and the final punctuation.

    >>> bare("An electric guitar.\\nfr.utf8=Une guitare.")
    'electric guitar'
    """
    first = caption.strip().split("\n")[0].casefold()
    return re.sub(r"^(an?|the)\s+", "", first.strip().rstrip(".!?").strip())


@lru_cache(maxsize=1)
def class_named() -> dict[str, int]:
    """Each name that belongs to exactly one ImageNet class -> that class's index: 'crane', a bird
    and a machine, is not here.
    """
    import timm

    known = timm.data.ImageNetInfo()
    classes: dict[str, set[int]] = {}
    for index in range(known.num_classes()):
        for name in known.index_to_description(index).split(","):
            classes.setdefault(name.strip().casefold(), set()).add(index)
    return {name: next(iter(indices)) for name, indices in classes.items() if len(indices) == 1}


# -- pixels ----------------------------------------------------------------------------------------


def _framed(stamp: bytes, name: str) -> PIL.Image.Image:
    """A stamp's bytes -> RGBA `[FRAME,FRAME]`: the object in the middle, its longer side `OBJECT`
    pixels, nothing around it.
    """
    whole = images.decode(stamp, name)
    whole = whole if whole.mode == "RGBA" else whole.convert("RGBA")
    box = whole.getchannel("A").point(lambda alpha: 255 * (alpha > images.OPAQUE)).getbbox()
    if box is None:
        raise BadImage(
            f"{name}: expected an object in the alpha channel. Got none: every pixel is "
            "transparent. Choose another stamp."
        )
    scale = OBJECT / max(box[2] - box[0], box[3] - box[1])
    width, height = (max(1, round(side * scale)) for side in (box[2] - box[0], box[3] - box[1]))
    frame = PIL.Image.new("RGBA", (FRAME, FRAME))
    frame.paste(
        whole.crop(box).resize((width, height), PIL.Image.Resampling.BICUBIC),
        ((FRAME - width) // 2, (FRAME - height) // 2),
    )
    return frame


@lru_cache(maxsize=128)
def _composite(stamp: bytes, which: str, name: str) -> bytes:
    behind = (
        np.full((FRAME, FRAME, 3), PLAIN, np.uint8)
        if which == "plain"
        else texture(hashlib.sha256(stamp).hexdigest(), which)
    )
    seen = PIL.Image.alpha_composite(
        PIL.Image.fromarray(behind).convert("RGBA"), _framed(stamp, name)
    )
    buffer = io.BytesIO()
    seen.convert("RGB").save(
        buffer, "PNG", compress_level=1
    )  # a quarter of the usual time; the noise hardly shrinks
    return buffer.getvalue()


def texture(*about: str) -> Picture:
    """A smooth random texture `[FRAME,FRAME,3]`, the same for the same words on every machine.

    Five noises, from two cells a side to sixty, enlarged smoothly and averaged by weight. They are
    drawn from a hash and added as whole numbers, so that no library's random stream and no rounding
    is in them.
    """
    total = np.zeros((FRAME, FRAME, 3), np.uint16)
    for cells, weight, channels in GRAIN:
        drawn = hashlib.shake_256("\x1f".join((*about, str(cells))).encode()).digest(
            cells * cells * channels
        )
        grid = np.frombuffer(drawn, np.uint8).reshape(cells, cells, channels)
        coarse = PIL.Image.fromarray(grid if channels == 3 else grid[..., 0])
        smooth = coarse.resize((FRAME, FRAME), PIL.Image.Resampling.BICUBIC)
        total += weight * np.asarray(smooth, np.uint16).reshape(FRAME, FRAME, channels)
    return (total // sum(weight for _, weight, _ in GRAIN)).astype(np.uint8)
