"""Baselines: what each name means, and which substrates methods start from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from heatcheck.attribution import METHODS, Method, Target
from heatcheck.attribution.base import title_of_wrapped, wrappable, wrapped
from heatcheck.attribution.baselines import NAMES, RENAMED, SHARED, baselines
from heatcheck.attribution.blurs import gaussian_blur
from heatcheck.core.errors import BadParameter
from heatcheck.tests.doubles.paths import X, smooth

FROM_BASELINES = ("guided_ig", "idgi", "integrated_gradients")


def test_the_blur_keeps_the_mean_of_a_flat_image_and_is_scipys() -> None:
    from scipy.ndimage import gaussian_filter

    flat = torch.full((1, 1, 9, 7), 0.4)
    torch.testing.assert_close(gaussian_blur(flat, 3.0), flat)
    ours = gaussian_blur(X, 1.5)[0, 1].numpy()
    np.testing.assert_allclose(
        ours, gaussian_filter(X[0, 1].numpy(), 1.5, mode="nearest", truncate=4.0), atol=1e-5
    )


def test_the_mean_is_zero_and_the_pictures_mean_is_its_own() -> None:
    target = Target(smooth().model, 0, X, mean=0.4, std=0.25)
    start = {
        name: baselines(name, target, X, torch.Generator().manual_seed(0))
        for name in NAMES
        if name != "several"
    }
    assert not start["mean"].any()
    torch.testing.assert_close(
        start["picture_mean"], X.mean((2, 3), keepdim=True).expand_as(X), rtol=1e-5, atol=1e-6
    )
    pixels = {name: target.to_pixels(one) for name, one in start.items()}
    torch.testing.assert_close(pixels["black"], torch.zeros_like(X), rtol=0, atol=1e-6)
    torch.testing.assert_close(pixels["white"], torch.ones_like(X), rtol=0, atol=1e-6)
    side = min(X.shape[-2:])
    torch.testing.assert_close(pixels["wide_blur"], gaussian_blur(target.to_pixels(X), side / 10))
    together = baselines("several", target, X, torch.Generator().manual_seed(0))
    for one, name in zip(together, ("black", "white", "wide_blur", "noise"), strict=True):
        assert torch.equal(one[None], start[name])


@pytest.mark.parametrize("name", FROM_BASELINES)
def test_a_path_method_starts_from_the_mean_unless_another_baseline_is_named(name: str) -> None:
    assert METHODS.build(name).params["baseline"] == "mean"
    assert METHODS.build(name).starts_from == {"mean"}
    for baseline in NAMES:
        method = METHODS.build({"name": name, "baseline": baseline})
        if baseline == "several":
            assert method.starts_from == {"black", "white"}
        else:
            assert method.starts_from == ({baseline} & set(SHARED))
        assert method.asked_anew == (baseline in RENAMED)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_says_what_it_starts_from(name: str) -> None:
    method = METHODS.build(name)
    starts = {"mean"} if name in (*FROM_BASELINES, "input_x_gradient") else set()
    assert method.starts_from == starts
    assert method.asked_anew == (name in FROM_BASELINES)
    if starts or method.complete:
        assert "part of the question" in method.reference


def test_a_wrapper_starts_where_what_it_wraps_starts() -> None:
    def of(word: str) -> list[Method]:
        names = ("smoothgrad", "smoothgrad_squared", "vargrad", "inverted")
        return [METHODS.build({"name": name, "of": word}) for name in names]

    for word, starts, anew in (
        ("integrated_gradients", {"mean"}, True),
        ("integrated_gradients:black", {"black"}, False),
        ("idgi:blur", {"blur"}, True),
        ("input_x_gradient", {"mean"}, False),
        ("vanilla_gradients", set(), False),
        ("blur_ig", set(), False),
    ):
        for method in of(word):
            assert method.starts_from == starts, method
            assert method.asked_anew == anew, method


def test_a_wrapped_method_may_start_elsewhere() -> None:
    assert {f"idgi:{start}" for start in ("black", "white", "blur")} < set(wrappable())
    assert "idgi:mean" not in wrappable()  # the plain name says it
    assert "vanilla_gradients:black" not in wrappable()
    assert wrapped("idgi:black") == METHODS.build({"name": "idgi", "baseline": "black"})
    assert title_of_wrapped("idgi:black") == "IDGI from black"
    assert title_of_wrapped("grad_cam") == "Grad-CAM"
    with pytest.raises(BadParameter, match="to be one of"):
        METHODS.build({"name": "smoothgrad", "of": "idgi:plaid"})
