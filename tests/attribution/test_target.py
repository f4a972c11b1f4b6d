"""Target: which layer is spatial, batches, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import timm
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute, attribute_together
from heatcheck.attribution.overrides import KeptAttention
from heatcheck.core.errors import BadParameter, DoesNotApply

X = torch.zeros(1, 3, 64, 64)


def timm_model(name: str, **options: object) -> nn.Module:
    torch.manual_seed(0)
    made: nn.Module = timm.create_model(name, num_classes=7, **options)
    if isinstance(head := made.get_classifier(), nn.Linear):  # type: ignore[operator]
        nn.init.normal_(head.weight)  # some come with zeros
    return made.eval()


def fused(model: nn.Module) -> nn.Module:
    """With attention as one function, which timm's Swin has as an option."""
    for module in model.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = True
    return model


VIT = {"img_size": 64, "depth": 2, "embed_dim": 48, "num_heads": 3}


@pytest.mark.parametrize(
    ("build", "layer", "shape"),
    [
        (lambda: torchvision.models.resnet18(weights=None).eval(), "layer4", (512, 2, 2)),
        (lambda: torchvision.models.mobilenet_v2(weights=None).eval(), "features", (1280, 2, 2)),
        (lambda: timm_model("tf_efficientnet_lite0"), "bn2", (1280, 2, 2)),
        (lambda: timm_model("convnext_atto"), "norm_pre", (320, 2, 2)),
        (lambda: timm_model("vit_tiny_patch16_224", **VIT), "blocks.1.norm1", (48, 4, 4)),
        (
            lambda: timm_model("vit_tiny_patch16_224", **VIT, class_token=False, global_pool="avg"),
            "blocks.1.norm2",
            (48, 4, 4),
        ),
        (
            lambda: timm_model("deit_tiny_distilled_patch16_224", **VIT),
            "blocks.1.norm1",
            (48, 4, 4),
        ),
        (lambda: timm_model("mixer_s16_224", img_size=64), "norm", (512, 4, 4)),
        (
            lambda: timm_model("swin_tiny_patch4_window7_224", img_size=64, window_size=2),
            "norm",
            (768, 2, 2),
        ),
        (lambda: torchvision.models.swin_t(weights=None).eval(), "permute", (768, 2, 2)),
    ],
)
def test_the_last_spatial_features_are_found_and_folded(
    build: Callable[[], nn.Module], layer: str, shape: tuple[int, ...]
) -> None:
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    target = Target(build(), 0, x)
    assert target.why_no_features() is None
    assert target.spatial_layer() == layer
    features, gradient = target.features(x)
    assert features.shape == gradient.shape == (1, *shape)
    assert gradient.any()
    torch.testing.assert_close(target.activations(x), features)


def test_torchvisions_transformer_folds_too() -> None:
    model = torchvision.models.VisionTransformer(64, 16, 2, 3, 48, 96, num_classes=7)
    nn.init.normal_(model.heads.head.weight)  # zero as it comes
    target = Target(model.eval(), 0, X)
    assert target.spatial_layer() == "encoder.layers.encoder_layer_1.ln_1"
    assert target.features(X)[0].shape == (1, 48, 4, 4)


def test_tokens_fold_to_where_they_came_from() -> None:
    """A bright patch in the picture is the bright place in the folded features."""

    class Patches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cut = nn.AvgPool2d(16)
            self.norm = NormLike()

        def forward(self, x: Tensor) -> Tensor:
            tokens = self.cut(x).flatten(2).transpose(1, 2)
            return self.norm(torch.cat([torch.zeros(len(x), 1, 3), tokens], 1)).sum(1)

    class NormLike(nn.Identity):
        pass

    x = torch.zeros(1, 3, 32, 64)
    x[..., 16:, 48:] = 1
    features, _ = Target(Patches().eval(), 0, x).features(x)
    assert features.shape == (1, 3, 2, 4)
    assert features[0, 0].tolist() == [[0, 0, 0, 0], [0, 0, 0, 1]]


def test_tensors_of_four_dimensions_that_do_not_lie_over_the_image_are_passed_over() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.keys, self.pooled = nn.Identity(), nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            self.keys(torch.zeros(len(x), 3, 197, 64))  # [N,heads,tokens,width]
            self.pooled(torch.zeros(len(x), 96, 1, 1))
            return x.mean((2, 3))

    assert "has none" in str(Target(Attention(), 0, X).why_no_features())


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


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: torchvision.models.resnet18(weights=None).eval(), "has none that can be read"),
        (
            lambda: timm_model("swin_tiny_patch4_window7_224", img_size=64, window_size=2),
            "has none that can be read",
        ),
        (
            lambda: fused(timm_model("swin_tiny_patch4_window7_224", img_size=64, window_size=2)),
            "within windows",
        ),
    ],
)
def test_a_model_without_global_attention_says_so(
    build: Callable[[], nn.Module], words: str
) -> None:
    target = Target(build(), 0, X)
    assert words in str(target.why_no_attention())
    with pytest.raises(DoesNotApply, match=words):
        target.attention(X)


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


@pytest.mark.parametrize("cut", ["detached", "no_grad"])
def test_a_model_whose_gradients_are_cut_is_refused_with_the_reason(
    cut: str, tiny: nn.Module, tiny_x: Tensor
) -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = tiny

        def forward(self, x: Tensor) -> Tensor:
            if cut == "detached":
                return self.inner(x).detach()
            with torch.no_grad():
                return self.inner(x)

    target = Target(Cut(), 0, tiny_x)
    assert "carries none" in str(target.why_no_gradients())
    with pytest.raises(DoesNotApply, match="carries none"):
        target.gradient(tiny_x)
    with pytest.raises(DoesNotApply, match="carries none"):
        target.features(tiny_x)


@pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if method.family != "control"]
)
def test_a_model_that_ends_in_a_softmax_is_refused(
    name: str, tiny: nn.Module, tiny_x: Tensor
) -> None:
    reason = METHODS.build(name).check(Target(nn.Sequential(tiny, nn.Softmax(1)), 0, tiny_x))
    assert "already are probabilities" in str(reason)


def test_logits_that_sum_to_one_on_a_blank_picture_are_no_probabilities() -> None:
    class OneHot(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            left = x.abs().mean((1, 2, 3))
            return torch.stack([1 + 3 * left, left], 1)

    assert Target(OneHot(), 0, torch.zeros(1, 3, 8, 8)).why_no_logits() is None


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain CNN": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 3, 2),
        nn.ReLU(inplace=True),
        nn.Conv2d(8, 8, 3, 2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(32, 7),
    ),
    "residual": lambda: timm_model("test_resnet"),
    "depthwise, ReLU6": lambda: timm_model("tf_efficientnet_lite0"),
    "SiLU": lambda: timm_model("test_efficientnet"),
    "ViT": lambda: timm_model("vit_tiny_patch16_224", **VIT),
    "Swin": lambda: timm_model(
        "swin_tiny_patch4_window7_224",
        img_size=64,
        window_size=2,
        depths=(1, 1, 1, 1),
        embed_dim=24,
    ),
    "ConvNeXt": lambda: timm_model("test_convnext"),
    "MLP": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(3 * 64 * 64, 16), nn.ReLU(), nn.Linear(16, 7)
    ),
}
CHEAP = {
    "rise": {"samples": 32},
    "score_cam": {"channels": 16},
    "guided_ig": {"steps": 8},
    "blur_ig": {"steps": 8},
}
REFUSED = {
    "plain CNN": {"attention_gradients"},
    "residual": {"attention_gradients"},
    "depthwise, ReLU6": {"attention_gradients"},
    "SiLU": {"attention_gradients", "guided_backprop", "guided_grad_cam"},
    "ViT": {"guided_backprop", "guided_grad_cam"},
    "Swin": {"attention_gradients", "guided_backprop", "guided_grad_cam"},
    "ConvNeXt": {"attention_gradients", "guided_backprop", "guided_grad_cam"},
    "MLP": {
        "attention_gradients",
        "grad_cam",
        "guided_grad_cam",
        "grad_cam_plus_plus",
        "hires_cam",
        "layer_cam",
        "xgrad_cam",
        "score_cam",
        "inverted",
    },
}


@pytest.mark.parametrize("network", NETWORKS)
def test_each_method_explains_a_network_or_says_in_a_sentence_why_not(network: str) -> None:
    model = NETWORKS[network]().eval()
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) - 0.5
    target = Target(model, 2, x, mean=0.5, std=0.5, references=x.flip(2))
    refused = set()
    for name in METHODS:
        method = METHODS.build({"name": name, **CHEAP.get(name, {})})
        if reason := method.check(target):
            refused.add(name)
            assert reason.endswith(".")
            with pytest.raises(DoesNotApply, match="does not apply here"):
                attribute(method, target, x)
        else:
            assert attribute(method, target, x).map.shape == (64, 64)
    assert refused == REFUSED[network]


def test_methods_that_are_asked_together_share_passes_and_give_the_same_maps(
    tiny: nn.Module, tiny_x: Tensor
) -> None:
    methods = [
        METHODS.build(name)
        for name in (
            "vanilla_gradients",
            "input_x_gradient",
            "grad_cam",
            "hires_cam",
            "layer_cam",
            "guided_grad_cam",
        )
    ]
    target = Target(tiny, 1, tiny_x)
    together = attribute_together(methods, target, tiny_x)
    assert (target.passes.forward, target.passes.backward) == (
        3,
        3,
    )  # a gradient, the features, a guided gradient
    for method, made in zip(methods, together, strict=True):
        assert torch.equal(made.map, attribute(method, Target(tiny, 1, tiny_x), tiny_x).map)


def test_variants_of_the_image_are_not_kept(tiny: nn.Module, tiny_x: Tensor) -> None:
    """Otherwise Integrated Gradients with many steps would hold them all."""
    target = Target(tiny, 0, tiny_x)
    with target.sharing(tiny_x):
        for _ in range(2):
            attribute(METHODS.build({"name": "integrated_gradients", "steps": 40}), target, tiny_x)
        assert target.passes.backward == 80
        assert target._shared is not None
        assert target._shared[1] == {}


def test_methods_share_a_pass_only_when_they_are_told_to(tiny: nn.Module, tiny_x: Tensor) -> None:
    target = Target(tiny, 0, tiny_x)
    with target.sharing(tiny_x):
        shared = [target.gradient(tiny_x), target.gradient(tiny_x), target.gradient(tiny_x + 1)]
        target.features(tiny_x)
        target.features(tiny_x)
    assert (target.passes.forward, target.passes.backward) == (3, 3)
    assert shared[0] is shared[1]
    assert not torch.equal(shared[0], shared[2])
    target.gradient(tiny_x)
    assert target.passes.backward == 4


def test_variants_run_in_batches_and_are_counted(tiny: nn.Module, tiny_x: Tensor) -> None:
    sizes: list[int] = []
    tiny.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])))
    target = Target(tiny, 0, tiny_x)
    many = tiny_x.repeat(35, 1, 1, 1)
    assert target.score(many).shape == target.probability(many).shape == (35,)
    assert target.gradient(many).shape == many.shape
    assert sizes == [16, 16, 3] * 3
    assert (target.passes.forward, target.passes.backward) == (105, 35)


def test_pixels_and_inputs_are_inverse(tiny: nn.Module, tiny_x: Tensor) -> None:
    target = Target(tiny, 0, tiny_x, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
    torch.testing.assert_close(target.to_input(target.to_pixels(tiny_x)), tiny_x)
    assert target.to_input(torch.zeros(1, 3, 1, 1)).flatten().tolist() == pytest.approx(
        [-0.2, -1 / 3, -3 / 7]
    )


def test_what_is_not_a_classifier_or_an_image_is_refused(tiny: nn.Module, tiny_x: Tensor) -> None:
    with pytest.raises(BadParameter, match=r"Expected x of shape \[1,C,H,W\]"):
        Target(tiny, 0, tiny_x[0])
    with pytest.raises(BadParameter, match=r"class index in 0\.\.2. Got 3"):
        Target(tiny, 3, tiny_x).score(tiny_x)
    with pytest.raises(DoesNotApply, match=r"returns logits \[N,classes\]"):
        Target(nn.Identity(), 0, tiny_x).score(tiny_x)
    with pytest.raises(BadParameter, match="one value or 3"):
        Target(tiny, 0, tiny_x, mean=(0.1, 0.2))
