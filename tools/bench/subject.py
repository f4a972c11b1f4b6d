"""The subject of the benchmarks: a classifier, the plain network of its weights, photographs."""

from __future__ import annotations

from dataclasses import dataclass

import timm
import torch
from torch import Tensor, nn

from heatcheck.inputs import classifiers, image_sets, images
from heatcheck.inputs.classifiers import Classifier

IMAGES = 10


@dataclass(frozen=True, eq=False)
class Subject:
    """EfficientNet-Lite0 and the first sample photographs."""

    ready: Classifier  # as Heatcheck loads it
    plain: nn.Module  # as timm builds it
    pictures: list[Tensor]  # each [1,3,224,224]
    tops: list[int]  # the most probable class of each

    @classmethod
    def load(cls) -> Subject:
        """From the packaged weights."""
        ready = classifiers.load("efficientnet_lite0")
        packaged = classifiers.PACKAGED["efficientnet_lite0"]
        assert packaged.path is not None
        plain = timm.create_model(packaged.architecture, pretrained=False).eval()
        weights = torch.load(packaged.path, weights_only=True)
        plain.load_state_dict(dict(zip(plain.state_dict(), weights.values(), strict=True)))
        pictures = [
            ready.to_input(images.picture(image.encoded(), ready.size))
            for image in image_sets.load(image_sets.SAMPLES)[:IMAGES]
        ]
        return cls(ready, plain, pictures, [int(plain(x).argmax()) for x in pictures])
