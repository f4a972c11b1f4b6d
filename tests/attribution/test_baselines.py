"""Baselines: the blur."""

from __future__ import annotations

import numpy as np
import torch

from heatcheck.attribution.baselines import gaussian_blur
from heatcheck.tests.doubles.paths import X


def test_the_blur_keeps_the_mean_of_a_flat_image_and_is_scipys() -> None:
    from scipy.ndimage import gaussian_filter

    flat = torch.full((1, 1, 9, 7), 0.4)
    torch.testing.assert_close(gaussian_blur(flat, 3.0), flat)
    ours = gaussian_blur(X, 1.5)[0, 1].numpy()
    np.testing.assert_allclose(
        ours, gaussian_filter(X[0, 1].numpy(), 1.5, mode="nearest", truncate=4.0), atol=1e-5
    )
