"""Attributions of captum as methods: what captum itself gives, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import captum.attr
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Passes, Target, attribute, given
from heatcheck.attribution.captum_method import captum_method
from heatcheck.attribution.outputs import Output
from heatcheck.core.errors import BadParameter
from heatcheck.runs.questions import method_of


class Small(nn.Module):
    def __init__(self, outputs: int = 3) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.act = nn.ReLU()
        self.head = nn.Linear(8, outputs)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.head(self.act(self.layer(x)).mean((2, 3)))
        return answer


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with METHODS.also():
        yield


def small(outputs: int = 3, index: int = 1, **read: Any) -> tuple[Target, Tensor]:
    with torch.random.fork_rng():
        torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
        model = Small(outputs).eval().requires_grad_(False)
    x = torch.randn(1, 3, 16, 12, generator=torch.Generator().manual_seed(1))
    return Target(model, index, x, **read), x


def test_a_method_is_what_captum_gives_summed_over_channels() -> None:
    target, x = small()
    made = attribute(captum_method("their_saliency", captum.attr.Saliency, abs=False), target, x)
    own = captum.attr.Saliency(target.model).attribute(
        x.clone().requires_grad_(), target=1, abs=False
    )
    torch.testing.assert_close(made.map, own.sum(1)[0])
    assert made.passes == Passes(1, 1)
    assert not made.drew
    assert target.score(x).shape == (1,)
    steps = captum_method("their_ig", captum.attr.IntegratedGradients, n_steps=5)
    made = attribute(steps, target, x)
    paths = captum.attr.IntegratedGradients(target.model)
    torch.testing.assert_close(made.map, paths.attribute(x, target=1, n_steps=5).sum(1)[0].float())
    assert made.passes.forward >= 5


def test_layers_are_found_in_the_model_and_their_maps_enlarged() -> None:
    target, x = small()
    cam = captum_method("their_cam", lambda model: captum.attr.LayerGradCam(model, model.layer))
    coarse = captum.attr.LayerGradCam(target.model, target.model.layer).attribute(x, target=1)
    made = attribute(cam, target, x)
    assert coarse.shape[-2:] == (8, 6)
    torch.testing.assert_close(made.map, given.fitted(coarse.detach()[0, 0], 16, 12))


def test_either_side_of_one_logit_is_explained() -> None:
    method = captum_method("their_saliency", captum.attr.Saliency, abs=False)
    maps = [attribute(method, *small(1, side, output=Output.BINARY)).map for side in (0, 1)]
    torch.testing.assert_close(maps[0], -maps[1])
    assert maps[0].any()


def test_randomness_is_of_the_run_alone() -> None:
    target, x = small()
    noisy = captum_method(
        "their_smoothgrad",
        lambda model: captum.attr.NoiseTunnel(captum.attr.Saliency(model)),
        nt_samples=3,
    )
    state = torch.get_rng_state()
    first, same, other = (attribute(noisy, target, x, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(first.map, same.map)
    assert not torch.equal(first.map, other.map)
    assert first.drew


def test_a_method_is_known_by_its_name_and_may_be_named_again() -> None:
    first = captum_method("theirs", captum.attr.Saliency)
    assert METHODS.read(first.spec) == METHODS.build("theirs").__class__(**first.params) == first
    assert method_of(first.spec) == first
    assert captum_method("theirs", captum.attr.Saliency, abs=False).digest != first.digest
    again = captum_method("theirs", captum.attr.Saliency)
    assert again.digest == first.digest
    assert list(METHODS).count("theirs") == 1
    factor = 2
    makes: list[Callable[[Any], Any]] = [
        lambda model: captum.attr.Saliency(lambda x: 2 * model(x)),
        lambda model: captum.attr.Saliency(lambda x: 3 * model(x)),
        lambda model: captum.attr.Saliency(lambda x: factor * model(x)),
    ]
    assert len({captum_method("theirs", make).digest for make in makes}) == 3


def test_other_arguments_or_other_code_are_another_method() -> None:
    """Tensors count by all their values, of which a text shows the corners alone."""
    grey = torch.zeros(1, 3, 64, 64)
    dot = grey.clone()
    dot[0, 0, 32, 32] = 1
    made = [
        captum_method("theirs", captum.attr.IntegratedGradients, baselines=baseline)
        for baseline in (grey, dot, grey.clone())
    ]
    assert made[0].digest == made[2].digest != made[1].digest

    def of(power: int) -> Callable[[Any], Any]:
        class Theirs(captum.attr.Saliency):  # type: ignore[misc]
            def attribute(self, *given: Any, **words: Any) -> Any:
                return super().attribute(*given, **words) ** power

        return Theirs

    digests = [captum_method("theirs", of(power)).digest for power in (1, 2, 2)]
    assert digests[0] != digests[1] == digests[2]


def test_the_digest_is_the_same_where_the_same_code_is_read_again() -> None:
    text = "lambda model: Saliency(lambda x: 2 * model(x))"
    makes = [eval(text, {"Saliency": captum.attr.Saliency}) for _ in range(2)]
    assert len({captum_method("theirs", make).digest for make in makes}) == 1


def test_what_is_no_method_is_refused() -> None:
    for name in ("grad_cam", "two words", "given"):
        with pytest.raises(BadParameter, match="a name for a captum method"):
            captum_method(name, captum.attr.Saliency)
    with pytest.raises(BadParameter, match="a function that makes an attribution"):
        captum_method("theirs", captum.attr.Saliency(nn.Identity()))
    target, x = small()
    flat = captum_method("theirs", lambda model: captum.attr.LayerGradCam(model, model.head))
    with pytest.raises(BadParameter, match=r"an attribution .1,C,H,W.. Got"):
        attribute(flat, target, x)
