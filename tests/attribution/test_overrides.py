"""Overrides: attention that is kept, and the guided rule."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.attribution.overrides import KeptAttention
from heatcheck.core.errors import DoesNotApply
from heatcheck.tests.doubles.networks import VIT, timm_model

X = torch.zeros(1, 3, 64, 64)


@pytest.mark.parametrize("name", ["timm", "torchvision"])
def test_kept_attention_changes_no_answer_and_has_the_gradient_of_the_score(name: str) -> None:
    if name == "timm":
        model = timm_model("vit_tiny_patch16_224", **VIT)
    else:
        model = torchvision.models.VisionTransformer(64, 16, 2, 3, 48, 96, num_classes=7).eval()
        nn.init.normal_(model.heads.head.weight)
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        plain = model(x)
        with KeptAttention() as kept:
            torch.testing.assert_close(model(x), plain, rtol=1e-4, atol=1e-5)
    assert [tuple(weights.shape[-2:]) for weights in kept.weights] == [(17, 17)] * 2
    attention, gradients = Target(model, 2, x).attention(x)
    assert len(attention) == len(gradients) == 2
    for weights, gradient in zip(attention, gradients, strict=True):
        assert weights.shape == gradient.shape == (3, 17, 17)
        torch.testing.assert_close(weights.sum(-1), torch.ones(3, 17))
        assert gradient.any()


class Rectified(nn.Module):
    """Two linear maps with a rectifier between them, in every way in which people write one."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.kind = kind
        self.first, self.second, self.third = nn.Linear(12, 9), nn.Linear(9, 9), nn.Linear(9, 3)
        self.relu, self.in_place, self.six = nn.ReLU(), nn.ReLU(inplace=True), nn.ReLU6()

    def rectified(self, x: Tensor) -> Tensor:
        match self.kind:
            case "module, used twice":
                return self.relu(x)
            case "module in place":
                return self.in_place(x)
            case "F.relu":
                return F.relu(x)
            case "F.relu in place":
                return F.relu(x, inplace=True)
            case "torch.relu":
                return torch.relu(x)
            case "x.relu()":
                return x.relu()
            case "x.relu_() without its result":
                x.relu_()
                return x
            case "ReLU6":
                return self.six(20 * x)
            case "F.relu6":
                return F.relu6(20 * x)
            case _:
                return F.hardtanh(20 * x, 0.0, 6.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.third(self.rectified(self.second(self.rectified(self.first(x.flatten(1))))))

    def by_hand(self, x: Tensor, index: int) -> Tensor:
        """The guided gradient, a layer at a time."""
        scale = 20.0 if self.kind in ("ReLU6", "F.relu6", "F.hardtanh") else 1.0
        top = 6.0 if scale > 1 else float("inf")
        one = scale * self.first(x.flatten(1))
        two = scale * self.second(one.clamp(0, top))
        back = self.third.weight[index].expand(len(x), -1)
        for before, weight in ((two, self.second.weight), (one, self.first.weight)):
            back = back.clamp_min(0) * ((before > 0) & (before < top)) * scale @ weight
        return back.reshape(x.shape)


@pytest.mark.parametrize(
    "kind",
    [
        "module, used twice",
        "module in place",
        "F.relu",
        "F.relu in place",
        "torch.relu",
        "x.relu()",
        "x.relu_() without its result",
        "ReLU6",
        "F.relu6",
        "F.hardtanh",
    ],
)
def test_the_guided_rule_reaches_every_kind_of_relu(kind: str) -> None:
    model = Rectified(kind).eval()
    x = torch.randn(5, 3, 2, 2, generator=torch.Generator().manual_seed(1))
    target = Target(model, 1, x[:1])
    with torch.no_grad():
        expected = model.by_hand(x, 1)
    torch.testing.assert_close(target.guided_gradient(x), expected)
    assert not torch.allclose(target.gradient(x), expected)


@pytest.mark.parametrize(
    "act",
    [
        nn.GELU(),
        nn.SiLU(),
        nn.Hardswish(),
        nn.LeakyReLU(),
        nn.ELU(),
        nn.Sigmoid(),
        nn.Tanh(),
        nn.Hardtanh(),
        nn.PReLU(),
    ],
)
def test_the_guided_rule_is_refused_beside_any_other_activation(act: nn.Module) -> None:
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(12, 4), nn.ReLU(), nn.Linear(4, 4), act, nn.Linear(4, 2)
    ).eval()
    x = torch.randn(1, 3, 2, 2)
    with pytest.raises(DoesNotApply, match="defined for ReLU and ReLU6, and this model also uses"):
        Target(model, 0, x).guided_gradient(x)


def test_a_model_without_relus_is_refused_by_the_guided_rule() -> None:
    with pytest.raises(DoesNotApply, match="has none"):
        Target(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), 0, X[..., :2, :2]).guided_gradient(
            X[..., :2, :2]
        )
