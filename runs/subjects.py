"""The images of a run as its classifier sees them, each with its mask where one is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property

import numpy as np

from heatcheck.core.errors import BadImage, RunProblem
from heatcheck.inputs import images, masks
from heatcheck.inputs.images import Image, Picture
from heatcheck.inputs.masks import Masks
from heatcheck.inputs.sizes import Frame
from heatcheck.runs.cells import Subject, Unseen
from heatcheck.runs.specs import RunSpec, SpecImage


def subject_of(unseen: Unseen) -> Subject:
    """A file, decoded and brought to the classifier's input. Raises BadImage."""
    picture = images.picture(unseen.encoded, unseen.frame, unseen.name, unseen.bits)
    return Subject(
        unseen.classifier,
        picture,
        unseen.digest,
        unseen.mask,
        unseen.frame.fit,
        why_no_mask=unseen.why_no_mask,
    )


class Subjects:
    """What the cells of a run explain. The masks are looked for when the first image is asked
    for.
    """

    def __init__(self, spec: RunSpec, files: Mapping[str, Image], frame: Frame) -> None:
        self._spec, self._files, self._frame = spec, files, frame

    @cached_property
    def _masks(self) -> Masks | None:
        if not self._spec.masks:
            return None
        known = [self._files[one.name] for one in self._spec.images if one.name in self._files]
        return masks.again(self._spec.masks, self._spec.masks_digest, known)

    def unseen(self, image: SpecImage) -> Unseen:
        """An image for a worker to read.

        Raises:
            RunProblem: the image or the masks are gone or changed. BadImage: its file cannot be
            read.
        """
        if image.name not in self._files:
            raise RunProblem(
                f"Expected image {image.name!r} in {self._spec.source}. It is gone. Put it back, "
                "or start a new run."
            )
        encoded = self._files[image.name].encoded()
        if images.digest(encoded) != image.digest:
            raise RunProblem(
                f"Expected image {image.name!r} as it was when the run began. Its bytes have "
                "changed. Start a new run."
            )
        file = self._files[image.name]
        inside, why = self._mask(file)
        return Unseen(
            self._spec.classifier,
            image.name,
            encoded,
            image.digest,
            file.bits,
            self._frame,
            inside,
            why,
        )

    def of(self, image: SpecImage) -> Subject:
        """An image, ready to explain. Raises RunProblem as `unseen`, BadImage."""
        return subject_of(self.unseen(image))

    def pictures(self, listed: Sequence[SpecImage], most: int) -> list[Picture]:
        """The first of these images that can be read, as the classifier sees them."""
        read: list[Picture] = []
        for image in listed[: 2 * most]:
            with suppress(BadImage, RunProblem):  # what is gone may be done already
                read.append(self.of(image).picture)
            if len(read) == most:
                break
        return read

    def _mask(self, image: Image) -> tuple[np.ndarray | None, str]:
        """Where the object is, or why that is not known."""
        if self._masks is None:
            return image.mask(self._frame), ""
        try:
            return self._masks.of(image, self._frame), ""
        except BadImage as error:
            return None, str(error)
