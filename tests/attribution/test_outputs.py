"""What a network's raw answer means: scores, probabilities, energy, and what cannot be read so."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Output, Target
from heatcheck.core.errors import BadParameter

RAW = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]])
LOGIT = torch.tensor([[0.7], [-1.2]])


def test_a_softmax_is_over_classes_that_exclude_each_other() -> None:
    torch.testing.assert_close(Output.SOFTMAX.probabilities(RAW), RAW.softmax(1))
    torch.testing.assert_close(Output.SOFTMAX.energy(RAW), RAW.logsumexp(1))
    assert torch.equal(Output.SOFTMAX.scores(RAW), RAW)


def test_each_sigmoid_has_a_probability_of_its_own() -> None:
    torch.testing.assert_close(Output.SIGMOID.probabilities(RAW), RAW.sigmoid())
    expected = torch.log1p(RAW.double().exp()).sum(1).float()
    torch.testing.assert_close(Output.SIGMOID.energy(RAW), expected)


def test_one_logit_is_two_classes() -> None:
    assert Output.BINARY.classes(1) == 2
    as_two = torch.cat([torch.zeros_like(LOGIT), LOGIT], 1)
    torch.testing.assert_close(Output.BINARY.probabilities(LOGIT), as_two.softmax(1))
    torch.testing.assert_close(Output.BINARY.energy(LOGIT), as_two.logsumexp(1))
    assert torch.equal(Output.BINARY.scores(LOGIT), torch.cat([-LOGIT, LOGIT], 1))


def test_a_plain_score_stays_in_its_own_unit_and_has_no_energy() -> None:
    assert torch.equal(Output.SCORE.probabilities(RAW), RAW)
    assert Output.SCORE.energy(RAW).isnan().all()
    assert (Output.SCORE.unit, Output.SIGMOID.unit) == ("output", "probability")


@pytest.mark.parametrize(
    ("output", "outputs", "words"),
    [(Output.BINARY, 2, "Expected one logit"), (Output.SOFTMAX, 1, "at least two logits")],
)
def test_a_head_that_cannot_be_read_so_is_refused(output: Output, outputs: int, words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        output.classes(outputs)


def test_a_word_that_is_no_output_is_refused() -> None:
    with pytest.raises(BadParameter, match=r"softmax, sigmoid, binary, score. Got 'logits'"):
        Output.read("logits")


class Linear(nn.Module):
    """Outputs that are linear in the mean of each channel."""

    def __init__(self, outputs: int, end: nn.Module | None = None) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.weight = nn.Parameter(torch.randn(3, outputs, generator=generator))
        self.end = end or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.end(5 * x.mean((2, 3)) @ self.weight)
        return answer


X = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("side", [0, 1])
def test_either_side_of_one_logit_is_explained_with_its_own_probability(side: int) -> None:
    model = Linear(1)
    target = Target(model, side, X, output=Output.BINARY)
    sign = 1 if side else -1
    z = sign * model(X)[:, 0].detach()
    torch.testing.assert_close(target.score(X), z)
    torch.testing.assert_close(target.probability(X), z.sigmoid())
    other = Target(model, 1 - side, X, output=Output.BINARY)
    torch.testing.assert_close(target.gradient(X), -other.gradient(X))
    torch.testing.assert_close(target.probability(X) + other.probability(X), torch.ones(1))


def test_a_class_against_another_is_its_share_of_the_two() -> None:
    model = Linear(4)
    target = Target(model, 2, X, against=0)
    p = model(X).softmax(1)[0].detach()
    assert target.probability(X).item() == pytest.approx(float(p[2] / (p[2] + p[0])), abs=1e-6)
    assert target.readings(X)[0].item() == pytest.approx(float(p[2] / (p[2] + p[0])), abs=1e-6)
    torch.testing.assert_close(target.score(X), (model(X)[:, 2] - model(X)[:, 0]).detach())
    plain = Target(model, 2, X).gradient(X) - Target(model, 0, X).gradient(X)
    torch.testing.assert_close(target.gradient(X), plain)
    assert target.about().against == 0
    assert target.about(1).against is None, "another class is held against none"


@pytest.mark.parametrize("output", [Output.SIGMOID, Output.BINARY])
def test_what_does_not_exclude_each_other_has_no_contrast(output: Output) -> None:
    with pytest.raises(BadParameter, match="Name one class"):
        Target(Linear(1), 1, X, output=output, against=0)


@pytest.mark.parametrize(
    ("end", "output", "words"),
    [
        (nn.Softmax(1), Output.SOFTMAX, "already are probabilities"),
        (nn.Softmax(1), Output.SIGMOID, "already are probabilities"),
        (nn.LogSoftmax(1), Output.SOFTMAX, "log-softmax"),
        (nn.Sigmoid(), Output.SOFTMAX, "sigmoid is at the model's end"),
        (nn.Sigmoid(), Output.SIGMOID, "sigmoid is at the model's end"),
    ],
)
def test_what_is_at_a_networks_end_is_named(end: nn.Module, output: Output, words: str) -> None:
    assert words in str(Target(Linear(3, end), 0, X, output=output).why_no_logits())
    assert Target(Linear(3, end), 0, X, output=Output.SCORE).why_no_logits() is None


def test_a_score_that_is_cut_at_one_beside_a_class_of_zeros_is_no_sigmoid() -> None:
    class Cut(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            score = x.clamp(0, 1).mean((1, 2, 3))
            return torch.stack([score, torch.zeros_like(score)], 1)

    assert Target(Cut(), 0, X).why_no_logits() is None


def test_one_output_behind_a_sigmoid_is_named() -> None:
    target = Target(Linear(1, nn.Sigmoid()), 0, X, output=Output.BINARY)
    assert "sigmoid is at the model's end" in str(target.why_no_logits())


@pytest.mark.parametrize("output", Output)
def test_logits_are_taken(output: Output) -> None:
    outputs = 1 if output is Output.BINARY else 3
    assert Target(Linear(outputs), 0, X, output=output).why_no_logits() is None


def test_a_network_that_fails_on_a_constant_picture_is_judged_by_the_others() -> None:
    class PerImage(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            z: Tensor = (x - x.mean((1, 2, 3), keepdim=True)) / x.std((1, 2, 3), keepdim=True)
            return z.mean((2, 3)).softmax(1)

    assert "already are probabilities" in str(Target(PerImage(), 0, X).why_no_logits())
    assert math.isnan(PerImage()(torch.zeros(1, 3, 8, 8))[0, 0])
