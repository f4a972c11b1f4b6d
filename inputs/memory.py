"""What this process holds in memory for a run: models that have no name anywhere, and images that
lie in no folder. They are found by their digests while they are held, and by nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from heatcheck.core.errors import BadImage, ClassifierUnavailable
from heatcheck.inputs.classifier_names import MEMORY

if TYPE_CHECKING:
    from heatcheck.inputs.image_sets import ImageSet
    from heatcheck.inputs.masks import Masks
    from heatcheck.inputs.own_networks import Loaded

T = TypeVar("T")
AGAIN = "Call heatcheck.evaluate again with the same model, images and store."

_models: dict[str, list[Loaded]] = {}
_images: dict[str, list[ImageSet]] = {}
_masks: dict[str, list[Masks]] = {}


def is_memory(name: str) -> bool:
    """Whether a classifier or a set of images lies in the memory of some process."""
    return name.startswith(f"{MEMORY}:")


@contextmanager
def held_model(name: str, model: Loaded) -> Iterator[None]:
    """Hold a model under its name while the block runs. The same may be held several times."""
    with _held(_models, name, model):
        yield


@contextmanager
def held_images(source: str, images: ImageSet) -> Iterator[None]:
    """Hold a set of images under its name while the block runs. The same may be held several
    times.
    """
    with _held(_images, source, images):
        yield


@contextmanager
def held_masks(source: str, masks: Masks) -> Iterator[None]:
    """Hold masks under their name while the block runs. The same may be held several times."""
    with _held(_masks, source, masks):
        yield


@contextmanager
def _held(shelf: dict[str, list[T]], name: str, value: T) -> Iterator[None]:
    shelf.setdefault(name, []).append(value)
    try:
        yield
    finally:
        shelf[name].pop()
        if not shelf[name]:
            del shelf[name]


def gone(name: str) -> str:
    """What is said of a model that is not held here."""
    return (
        f"expected the model {name}, which was in the memory of a Python process. It is not in "
        f"this one's. {AGAIN}"
    )


def model(name: str) -> Loaded:
    """A model that is held. Raises ClassifierUnavailable where this process holds none of that
    name.
    """
    if name not in _models:
        raise ClassifierUnavailable(f"E{gone(name)[1:]}")
    return _models[name][-1]


def images(source: str) -> ImageSet:
    """The images of a set that is held. Raises BadImage where this process holds none of that
    name.
    """
    if source not in _images:
        raise BadImage(
            f"Expected the images {source}, which were in the memory of a Python process. This "
            f"process does not hold them. {AGAIN}"
        )
    return _images[source][-1]


def masks(source: str) -> Masks:
    """The masks of that name. Raises BadImage where this process holds none."""
    if source not in _masks:
        raise BadImage(
            f"Expected the masks {source}, which were in the memory of a Python process. This "
            f"process does not hold them. {AGAIN}"
        )
    return _masks[source][-1]
