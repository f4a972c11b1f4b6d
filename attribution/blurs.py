"""Blurs: RISE's, which baselines and substrates share, and true Gaussians."""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.ndimage
import torch
import torch.nn.functional as F
from torch import Tensor

KERNEL, SIGMA = 11, 5


@cache
def blur_kernel() -> Tensor:
    """RISE's blur `[11,11]`: what scipy's Gaussian filter makes of a centred one in an 11 x 11
    field with reflecting borders.

    Nearly a box: the corner is 0.876 of the centre, where a truncated Gaussian's would be 0.368.
    """
    field = np.zeros((KERNEL, KERNEL))
    field[KERNEL // 2, KERNEL // 2] = 1
    return torch.from_numpy(scipy.ndimage.gaussian_filter(field, SIGMA))


def blurred(x: Tensor) -> Tensor:
    """The image under RISE's blur, with zero padding in normalised space; where insertion
    starts.
    """
    channels = x.shape[1]
    kernel = blur_kernel().to(x).expand(channels, 1, KERNEL, KERNEL)
    return F.conv2d(x, kernel, padding=KERNEL // 2, groups=channels)


def gaussian_blur(images: Tensor, sigma: float) -> Tensor:
    """`[N,C,H,W]` under a Gaussian of deviation `sigma` pixels, cut at four deviations, borders
    repeated.
    """
    if sigma <= 0:
        return images
    reach = max(1, round(4 * sigma))
    places = torch.arange(-reach, reach + 1, dtype=torch.float64)
    kernel = torch.exp(-0.5 * (places / sigma) ** 2)
    kernel = (kernel / kernel.sum()).to(images)
    planes = images.flatten(0, 1)[:, None]
    planes = F.conv2d(
        F.pad(planes, (reach, reach, 0, 0), mode="replicate"), kernel[None, None, None]
    )
    planes = F.conv2d(
        F.pad(planes, (0, 0, reach, reach), mode="replicate"), kernel[None, None, :, None]
    )
    return planes.reshape(images.shape)
