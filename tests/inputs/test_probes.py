"""Probes of a network that somebody brings: each fault has its sentence, and nothing else has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.attribution.outputs import Output
from heatcheck.core.errors import BadParameter, ClassifierUnavailable
from heatcheck.inputs.probes import Probed, normalised, pictures, probed

SHAPE, MEAN, STD = (3, 32, 32), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def small(classes: int = 3, inplace: bool = False) -> nn.Sequential:
    torch.manual_seed(0)
    first, second = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 16, 3, 2, 1)
    layers = first, nn.BatchNorm2d(8), nn.ReLU(inplace), second, nn.ReLU(inplace)
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, classes))
    with torch.no_grad():
        network[-1].weight.mul_(16)
    return network.eval()


class Around(nn.Module):
    """A small network with something before it and after it."""

    def __init__(
        self,
        before: Callable[[Tensor], Tensor] = lambda x: x,
        after: Callable[[Tensor], object] = lambda z: z,
        classes: int = 3,
    ) -> None:
        super().__init__()
        self.inner, self.before, self.after = small(classes), before, after

    def forward(self, x: Tensor) -> object:
        return self.after(self.inner(self.before(x)))


def tried(model: nn.Module, **settings: object) -> Probed:
    return probed(model, SHAPE, MEAN, STD, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("inplace", [False, True])
def test_a_sound_network_passes_as_it_is_and_nothing_is_said(classes: int, inplace: bool) -> None:
    model = small(classes, inplace)
    passed = tried(model)
    assert (passed.model, passed.outputs, passed.notes) == (model, classes, ())
    assert passed.output is (Output.SOFTMAX if classes > 1 else Output.BINARY)


def standardised(x: Tensor) -> Tensor:
    axes = (1, 2, 3)
    return (x - x.mean(axes, keepdim=True)) / x.std(axes, keepdim=True)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Around(lambda x: x.clamp_(-1, 1)), "changes its input in place"),
        (Around(after=lambda z: {"logits": z}), "(dict of logits) the entry 'logits'"),
        (Around(after=lambda z: (z, z)), "(tuple of 2) the entry 0"),
        (Around(after=lambda z: z.squeeze(1), classes=1), r"answers with [N]; that is read as [N,"),
        (Around(after=lambda z: z.bfloat16()), "answers in bfloat16"),
        (Around(after=lambda z: torch.zeros_like(z)), "answers 4 unlike pictures alike"),
        (Around(after=lambda z: torch.full_like(z, 0.3)), "answers 4 unlike pictures alike"),
        (Around(standardised), "to a picture of one colour (mean)"),
        (small().double(), "double precision (float64); they are cast"),
    ],
)
def test_what_is_worth_knowing_is_said(model: nn.Module, words: str) -> None:
    passed = tried(model)
    assert len(passed.notes) == 1
    assert words in passed.notes[0]
    with torch.no_grad():
        assert passed.model(torch.rand(5, *SHAPE)).shape == (5, passed.outputs)


def test_a_network_that_changes_its_input_gets_a_copy() -> None:
    x = 3 * torch.randn(2, *SHAPE)
    before = x.clone()
    tried(Around(lambda x: x.clamp_(-1, 1))).model(x)
    assert torch.equal(x, before)


class Autocast(nn.Module):
    """Computes in bfloat16 by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = small()

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            scores: Tensor = self.inner(x)
            return scores


def test_a_network_with_autocast_inside_answers_in_float32_and_has_maps() -> None:
    passed = tried(Autocast())
    assert passed.notes == ("It answers in bfloat16, which is cast to float32.",)
    x = torch.rand(1, *SHAPE)
    assert passed.model(x).dtype == torch.float32
    torch.testing.assert_close(passed.model(x), small()(x), rtol=0.05, atol=0.05)
    heat = attribute(METHODS.build("vanilla_gradients"), Target(passed.model, 0, x), x).map
    assert heat.isfinite().all()
    assert heat.max() > 0


def test_a_network_without_an_answer_to_one_colour_is_told_another_substrate() -> None:
    assert "--substrates blur" in tried(Around(standardised)).notes[0]


class OfTheBatch(nn.Module):
    """Normalises by the statistics of the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = small()
        self.inner[1] = nn.BatchNorm2d(8, track_running_stats=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)


def broken() -> nn.Module:
    model = small()
    with torch.no_grad():
        model[3].bias[0] = float("nan")
    return model


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Around(F.dropout), "answers the same picture differently each time.*training="),
        (Around(lambda x: x + torch.randn_like(x)), "answers the same picture differently"),
        (OfTheBatch().eval(), "depends on the others in the batch"),
        (broken(), "NaN or infinite, and so is its entry 3.bias"),
        (Around(after=lambda z: z / 0), "NaN or infinite. Look for a division"),
        (Around(after=torch.sigmoid), "within 0 and 1.*a sigmoid"),
        (Around(after=torch.sigmoid, classes=1), "within 0 and 1.*a sigmoid"),
        (Around(after=lambda z: z.softmax(1)), "already are probabilities.*Take the softmax off"),
        (Around(after=lambda z: z.log_softmax(1)), "logarithms of probabilities"),
        (Around(after=lambda z: z.argmax(1)), r"Got \[4\] of int64"),
        (Around(after=lambda z: z[:, :, None, None].expand(-1, -1, 2, 2)), r"Got \[4, 3, 2, 2\]"),
        (Around(after=lambda z: z.flatten()[None]), r"Got \[1, 12\]"),
        (Around(after=lambda z: "cat"), "Got str"),
        (Around(lambda x: x.half()), "Let it compute in float32"),
        (Around(lambda x: x[:, :2]), "Give the size and the channels"),
        (Around(lambda x: x.reshape(1, 3, 32, 32)), "takes one picture alone"),
    ],
)
def test_what_would_give_wrong_numbers_is_refused_with_what_to_do(
    model: nn.Module, words: str
) -> None:
    with pytest.raises(ClassifierUnavailable, match=words):
        tried(model)


def test_a_plain_score_may_lie_between_0_and_1() -> None:
    assert tried(Around(after=torch.sigmoid, classes=1), said=Output.SCORE).notes == ()
    with pytest.raises(ClassifierUnavailable, match="a sigmoid"):
        tried(Around(after=torch.sigmoid), said=Output.SIGMOID)


def test_scores_that_lie_between_0_and_1_by_chance_are_no_probabilities() -> None:
    """A network with small weights, all of whose scores of usual pictures lie there."""
    model = small(1)
    with torch.no_grad():
        model[-1].weight.mul_(0.01)
        model[-1].bias.fill_(0.5)
        usual = model(normalised(pictures(SHAPE), MEAN, STD))
    assert usual.min() > 0 and usual.max() < 1
    assert tried(model).model is model


@pytest.mark.parametrize("named", [2, 4])
def test_labels_for_another_count_of_classes_are_refused_and_one_logit_may_have_two(
    named: int,
) -> None:
    with pytest.raises(ClassifierUnavailable, match=f"each of its 3 classes, got {named}"):
        tried(small(), named=named)
    assert tried(small(1), named=2).outputs == 1


@pytest.mark.parametrize(
    ("mean", "std", "words"),
    [
        ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), "by 255"),
        ((0.5,) * 3, (0.0, 0.5, 0.5), "std above zero"),
    ],
)
def test_a_mean_or_std_that_cannot_be_of_pixels_is_refused(
    mean: tuple[float, ...], std: tuple[float, ...], words: str
) -> None:
    with pytest.raises(BadParameter, match=words):
        probed(small(), SHAPE, mean, std)


@pytest.mark.parametrize("shape", [(3, 32, 64), (1, 28, 28), (5, 8, 8)])
def test_the_pictures_are_unlike_and_in_range(shape: tuple[int, int, int]) -> None:
    four = pictures(shape)
    assert four.shape == (4, *shape)
    assert four.min() >= 0 and four.max() <= 1
    assert len({tuple(picture.flatten().tolist()) for picture in four}) == 4
