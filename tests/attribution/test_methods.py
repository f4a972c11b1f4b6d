"""Every method in the registry: what each must keep."""

from __future__ import annotations

import copy
import threading

import pytest
import timm
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.core.errors import DegenerateMap

every_method = pytest.mark.parametrize("name", list(METHODS))


every_class_sensitive_method = pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if method.class_sensitive]
)


@pytest.fixture(scope="module")
def vit() -> nn.Module:
    """A small vision transformer for 20 x 24 pixels, three classes."""
    torch.manual_seed(0)
    made: nn.Module = timm.models.VisionTransformer(
        (20, 24), 4, embed_dim=24, depth=2, num_heads=2, num_classes=3
    )
    return made.eval()


def network_for(name: str, tiny: nn.Module, vit: nn.Module) -> nn.Module:
    """The small network that a method can explain."""
    return vit if "attention" in METHODS[name].needs else tiny


def target_of(model: nn.Module, x: Tensor, index: int = 1) -> Target:
    references = torch.rand(4, *x.shape[1:], generator=torch.Generator().manual_seed(5)) - 0.5
    return Target(model, index, x, mean=0.5, std=0.25, references=references)


@every_method
def test_a_map_is_one_finite_float32_plane(
    name: str, tiny: nn.Module, vit: nn.Module, tiny_x: Tensor
) -> None:
    made = attribute(METHODS.build(name), target_of(network_for(name, tiny, vit), tiny_x), tiny_x)
    assert made.map.shape == tiny_x.shape[-2:]
    assert made.map.dtype == torch.float32
    assert torch.isfinite(made.map).all()
    assert (
        name == "occlusion" or made.map.amax() > made.map.amin()
    )  # its one window covers the whole of this small image


@every_method
@pytest.mark.parametrize("shape", [(1, 20, 24), (3, 17, 23)], ids=["one channel", "prime sides"])
def test_one_channel_and_other_sizes(
    name: str, shape: tuple[int, int, int], vit: nn.Module
) -> None:
    if "attention" in METHODS[name].needs:
        return  # a transformer is built for one size
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(shape[0], 6, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 3),
    ).eval()
    x = torch.rand(1, *shape, generator=torch.Generator().manual_seed(1)) - 0.5
    assert attribute(METHODS.build(name), target_of(model, x), x).map.shape == shape[1:]


@every_method
def test_the_same_seed_gives_the_same_bits(
    name: str, tiny: nn.Module, vit: nn.Module, tiny_x: Tensor
) -> None:
    target = target_of(network_for(name, tiny, vit), tiny_x)
    first, second = (
        attribute(METHODS.build(name), target, tiny_x, seed=3, about="a") for _ in range(2)
    )
    assert torch.equal(first.map, second.map)


@every_method
def test_a_caller_without_gradients_gets_the_same_map(
    name: str, tiny: nn.Module, vit: nn.Module, tiny_x: Tensor
) -> None:
    target = target_of(network_for(name, tiny, vit), tiny_x)
    with torch.no_grad():
        within = attribute(METHODS.build(name), target, tiny_x)
    assert torch.equal(within.map, attribute(METHODS.build(name), target, tiny_x).map)


@pytest.mark.parametrize(
    "name", ["random", "smoothgrad", "smoothgrad_squared", "vargrad", "expected_gradients", "rise"]
)
@pytest.mark.parametrize("other", [{"seed": 4, "about": "a"}, {"seed": 3, "about": "b"}])
def test_another_seed_or_image_draws_other_numbers(
    name: str, other: dict[str, object], tiny: nn.Module, tiny_x: Tensor
) -> None:
    target = target_of(tiny, tiny_x)
    first = attribute(METHODS.build(name), target, tiny_x, seed=3, about="a")
    second = attribute(METHODS.build(name), target, tiny_x, **other)  # type: ignore[arg-type]
    assert not torch.equal(first.map, second.map)


@every_method
def test_another_class_changes_the_map_of_class_sensitive_methods_alone(
    name: str, tiny: nn.Module, vit: nn.Module, tiny_x: Tensor
) -> None:
    model = network_for(name, tiny, vit)
    maps = [
        attribute(METHODS.build(name), target_of(model, tiny_x, index), tiny_x).map
        for index in (0, 1)
    ]
    assert torch.equal(*maps) != METHODS[name].class_sensitive


def state_of(model: nn.Module, x: Tensor) -> list[object]:
    """What must be as before: modes, hooks, gradients, weights, the caller's tensor, the global
    random state.
    """
    hooks = [
        (len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks))
        for m in model.modules()
    ]
    weights = [parameter.detach().clone() for parameter in model.state_dict().values()]
    grads = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    requires = [p.requires_grad for p in model.parameters()]
    modes = torch.overrides._get_current_function_mode_stack()
    enabled = torch.is_grad_enabled()
    return [
        [m.training for m in model.modules()],
        hooks,
        weights,
        grads,
        requires,
        x.clone(),
        x.requires_grad,
        torch.get_rng_state(),
        modes,
        enabled,
    ]


def same(a: object, b: object) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.equal(a, b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


@every_method
def test_everything_is_as_before_after_success(
    name: str, tiny: nn.Module, vit: nn.Module, tiny_x: Tensor
) -> None:
    model = copy.deepcopy(network_for(name, tiny, vit)).train()
    next(
        module for module in model.modules() if "Norm" in type(module).__name__
    ).eval()  # a mixed state must survive too
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    before = state_of(model, tiny_x)
    attribute(METHODS.build(name), target_of(model, tiny_x), tiny_x)
    assert same(before, state_of(model, tiny_x))


@every_class_sensitive_method
def test_everything_is_as_before_after_an_error_wherever_it_is_thrown(
    name: str, tiny: nn.Module, vit: nn.Module, tiny_x: Tensor
) -> None:
    model = copy.deepcopy(network_for(name, tiny, vit)).train()
    calls, fail_at = 0, 0

    def fail(module: nn.Module, args: object) -> None:
        nonlocal calls
        calls += 1
        if calls == fail_at:
            raise RuntimeError("planted")

    model.get_submodule("head").register_forward_pre_hook(fail)
    before = state_of(model, tiny_x)
    for fail_at in range(1, 8):  # the looks at the structure first, then the passes of the method
        calls = 0
        try:
            attribute(METHODS.build(name), target_of(model, tiny_x), tiny_x)
            assert calls < fail_at
        except RuntimeError as error:
            assert str(error) == "planted"
        assert same(before, state_of(model, tiny_x))
    assert calls > 0


def test_a_map_that_is_not_finite_is_refused(tiny: nn.Module, tiny_x: Tensor) -> None:
    with torch.no_grad():
        tiny.head.weight.fill_(float("nan"))
    with pytest.raises(DegenerateMap, match="NaN"):
        attribute(METHODS.build("vanilla_gradients"), Target(tiny, 0, tiny_x), tiny_x)


THREADED = ("grad_cam", "guided_backprop", "vanilla_gradients", "attention_gradients")


@pytest.mark.parametrize("name", THREADED)
def test_8_threads_with_50_calls_each_on_one_model_get_the_serial_maps_bit_for_bit(
    name: str, tiny: nn.Module, vit: nn.Module
) -> None:
    """A barrier in the forward pass holds all threads inside it at once, so that every hook and
    mode of one meets the calls of the others.
    """
    model, threads, calls = copy.deepcopy(network_for(name, tiny, vit)).train(), 8, 50
    inputs = [
        torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(seed))
        for seed in range(threads)
    ]
    kinds = [
        METHODS.build(
            name if place % 2 == 0 or name == "attention_gradients" else "vanilla_gradients"
        )
        for place in range(threads)
    ]
    alone = [
        attribute(kind, target_of(model, x), x).map for kind, x in zip(kinds, inputs, strict=True)
    ]
    together = threading.Barrier(threads)
    inside = model.get_submodule("blocks" if name == "attention_gradients" else "second")
    meet = inside.register_forward_hook(lambda *_: (together.wait(timeout=60), None)[1])
    wrong: list[int] = []

    def work(place: int) -> None:
        for _ in range(calls):
            if not torch.equal(
                attribute(kinds[place], target_of(model, inputs[place]), inputs[place]).map,
                alone[place],
            ):
                wrong.append(place)

    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    meet.remove()
    assert wrong == []
    assert not together.broken
    assert all(module.training for module in model.modules())


def test_the_registry_holds_the_methods_that_are_compared() -> None:
    assert {"vanilla_gradients", "integrated_gradients", "smoothgrad", "grad_cam"} <= set(METHODS)
