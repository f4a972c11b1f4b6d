"""Transformations for speed: the same answers, whatever a convolution's weights are made of."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from heatcheck.inputs import speed_ups
from heatcheck.inputs.speed_ups import fold_batch_norm, thrifty

X = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))

COMPUTED: dict[str, Callable[[nn.Module], nn.Module]] = {
    "weight norm": nn.utils.parametrizations.weight_norm,
    "spectral norm": nn.utils.parametrizations.spectral_norm,
    "spectral norm of old": nn.utils.spectral_norm,
}


def normed(computed: Callable[[nn.Module], nn.Module]) -> nn.Module:
    """Two convolutions with a batch norm each; the first one's weights are computed in each
    pass.
    """
    torch.manual_seed(0)
    first, second = computed(nn.Conv2d(3, 4, 3)), nn.Conv2d(4, 4, 3)
    norms = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
    ends = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    model = nn.Sequential(first, norms[0], nn.ReLU(), second, norms[1], nn.ReLU(), *ends)
    model(X)  # batch statistics of its own
    return model.eval()


@pytest.mark.parametrize("kind", COMPUTED)
def test_weights_that_are_computed_in_each_pass_stay_so_and_the_others_are_folded(
    kind: str,
) -> None:
    model = normed(COMPUTED[kind])
    with torch.no_grad():
        expected = model(X)
        torch.testing.assert_close(thrifty(model, X, X.device)(X), expected)
    assert fold_batch_norm(model, X[:1]) == 1
    kinds = [type(layer) for layer in model.children()]
    assert (kinds[1], kinds[4]) == (nn.BatchNorm2d, nn.Identity)


def pooled(seed: int) -> nn.Module:
    """A small network whose max pooling has ties wherever a picture has one colour."""
    torch.manual_seed(seed)
    first, second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
    layers = first, nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU()
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3)).eval()


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_the_gradient_of_a_flat_area_is_the_users_own(
    seed: int, folded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another layout takes other ones of equal features: half of the largest value, here; whether
    or not batch norms could be folded.
    """
    if not folded:  # what folding would have changed the answers
        monkeypatch.setattr(speed_ups, "fold_batch_norm", lambda fast, x: fast[0].bias.add_(9))
    model = pooled(seed).requires_grad_(False)
    x = torch.randn(1, 3, 64, 64)
    x[..., 16:48, 16:48] = torch.randn(3)[:, None, None]
    theirs = copy.deepcopy(model)
    fast = thrifty(theirs, torch.randn(2, 3, 64, 64), x.device)

    def gradient(network: nn.Module) -> torch.Tensor:
        leaf = x.clone().requires_grad_(True)
        network(leaf)[0, 0].backward()
        assert leaf.grad is not None
        return leaf.grad

    expected = gradient(model)
    assert (gradient(fast) - expected).abs().max() < 1e-4 * expected.abs().max()
