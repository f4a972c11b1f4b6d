"""Class names: what the classes of a network are called where its author says it, and where not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from heatcheck.attribution.outputs import Output


@lru_cache(maxsize=1)
def imagenet_labels() -> tuple[str, ...]:
    """The 1000 class names of ImageNet, in order."""
    import torchvision

    return tuple(torchvision.models.get_model_weights("resnet18")["DEFAULT"].meta["categories"])


def class_names(output: Output, outputs: int, given: Sequence[str] = ()) -> tuple[str, ...]:
    """A name a class of a network with so many outputs. Where nobody gave them: those of ImageNet,
    if a softmax has as many, else numbers. Of one logit one name is enough: it is class 1's.
    """
    if output is Output.BINARY and len(given) == 1:
        return (f"not {given[0]}", given[0])
    if given:
        return tuple(given)
    classes = output.classes(outputs)
    if output is Output.SOFTMAX and classes == 1000:
        return imagenet_labels()
    noun = "output" if output is Output.SCORE else "class"
    return tuple(f"{noun} {index}" for index in range(classes))
