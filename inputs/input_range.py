"""Input range: whether a network was given its pictures normalised as in its training, as far as
its answers tell. A doubt is said, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from heatcheck.attribution.outputs import Output
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.images import Picture

PICTURES = 8  # that are tried
FEWEST = 3
MUCH = 0.25  # in probability
Range = tuple[tuple[float, ...], tuple[float, ...]]
USUAL: dict[str, Range] = {
    "mean and std of 0.5": ((0.5,) * 3, (0.5,) * 3),
    "ImageNet's mean and std": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "pixels from 0 to 1 as they are": ((0.0,) * 3, (1.0,) * 3),
    "pixels from 0 to 255 as they are": ((0.0,) * 3, (1 / 255,) * 3),
}


def doubt(classifier: Classifier, pictures: Sequence[Picture]) -> str:
    """A sentence where the network is much surer of these pictures `[H,W,3]` under another usual
    normalisation, and tells them much better from themselves with their pixels shuffled; else
    empty. Of colour pictures and probabilities alone.

    That a network is surer says little: larger numbers make any network sure. So both count.
    """
    usable = [picture for picture in pictures if picture.shape[-1] == 3][:PICTURES]
    if len(usable) < FEWEST or len(classifier.mean) != 3 or classifier.output is Output.SCORE:
        return ""
    here, margin = _sure(classifier, usable)
    best, other = 0.0, ""
    for name, (mean, std) in USUAL.items():
        if np.allclose(mean, classifier.mean, atol=0.02) and np.allclose(
            std, classifier.std, atol=0.02
        ):
            continue
        there, apart = _sure(replace(classifier, mean=mean, std=std), usable)
        if there - here > MUCH and apart - margin > MUCH and there > best:
            best, other = there, name
    if not other:
        return ""
    return (
        f"The network may expect another input range: with {other} its mean top probability on "
        f"{len(usable)} of these pictures is {best:.2f}, as it was asked {here:.2f}."
    )


def _sure(classifier: Classifier, pictures: Sequence[Picture]) -> tuple[float, float]:
    """The mean top probability, and by how much it is above that of the same pixels shuffled."""
    tops = []
    for each in (pictures, [_shuffled(picture) for picture in pictures]):
        x = torch.cat([classifier.to_input(picture) for picture in each])
        tops.append(float(classifier.probabilities(x).amax(1).nanmean()))
    return tops[0], tops[0] - tops[1]


def _shuffled(picture: Picture) -> Picture:
    """The same pixels in another order: the colours of a picture without the picture."""
    pixels = picture.reshape(-1, picture.shape[-1])
    return np.random.default_rng(0).permutation(pixels).reshape(picture.shape)
