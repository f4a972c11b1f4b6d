"""Probes: a few passes of a network that somebody brings, each fault with its sentence.

Four unlike pictures, alone and together, and pictures of one colour. What would give wrong numbers
is refused; what is worth knowing is a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from heatcheck.attribution.outputs import Output, why_no_logits
from heatcheck.core.errors import ClassifierUnavailable, first_line
from heatcheck.core.numbers import rounded
from heatcheck.inputs import answers, modules, normalisation
from heatcheck.inputs.answers import Answering

SAME = 0.01  # of the largest answer: how far two answers to one picture may differ
FLAT = 1e-6  # of the largest answer: answers closer than that are equal
CONTRAST = 30.0  # times that of a picture


@dataclass(frozen=True, eq=False)
class Probed:
    """A network that passed, answering with `[N,K]`, and what is said of it."""

    model: nn.Module
    output: Output  # how its answers are read
    outputs: int  # K
    notes: tuple[str, ...]


def probed(
    model: nn.Module,
    shape: tuple[int, int, int],
    mean: Sequence[float],
    std: Sequence[float],
    *,
    named: int = 0,
    said: Output | None = None,
) -> Probed:
    """Look into a network and try it.

    Args:
        model: as it was handed over.
        shape: `C,H,W` of a picture.
        mean, std: of its normalisation, a number a channel, in pixels of [0, 1].
        named: how many classes have names; 0 where none was named.
        said: how its answers are read, where somebody said so; else one number is a logit of two
            classes, and several are logits of classes that exclude each other.

    Raises:
        ClassifierUnavailable: it gives wrong numbers, or none; BadParameter: they cannot be read as
        was said. The text is the reason, without the network's name.
    """
    normalisation.check(mean, std)
    network, notes = modules.plain(model)
    x = normalised(pictures(shape), mean, std)
    with torch.no_grad():
        asked = x[:1].clone()
        _passed(network, asked)
        copies = not torch.equal(asked, x[:1])
        network, told = _placed(network, x, copies)
        notes = (*notes, *told)
        if copies:
            notes = (*notes, "It changes its input in place; it is given a copy each time.")
        together = network(x)
        output = said or (Output.BINARY if together.shape[1] == 1 else Output.SOFTMAX)
        _check_count(output, together.shape[1], named)
        _check_finite(network, together)
        _check_same(network, x, together)
        # a score leaves [0, 1] where pictures have more contrast than any, a sigmoid does not
        if reason := why_no_logits(torch.cat([together, network(CONTRAST * x)]), output):
            raise ClassifierUnavailable(reason)
        notes = (*notes, *_flat(together), *_blind(network, shape, mean, std))
    return Probed(network, output, together.shape[1], notes)


# -- pictures --------------------------------------------------------------------------------------


def pictures(shape: tuple[int, int, int]) -> Tensor:
    """Four unlike pictures `[4,C,H,W]` in [0, 1]: noise, soft patches, a slope, a disc."""
    channels, height, width = shape
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(1, channels, height, width, generator=generator)
    patches = torch.rand(1, channels, 4, 4, generator=generator)
    soft = F.interpolate(patches, (height, width), mode="bilinear", align_corners=False)
    down, across = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 1, width)
    shares = torch.linspace(1, 0.3, channels).reshape(-1, 1, 1)
    slope = (shares * (down + across) / 2)[None]
    inside = (down - 0.5) ** 2 + (across - 0.4) ** 2 < 0.08
    disc = (0.1 + 0.8 * inside * shares.flip(0))[None]
    return torch.cat([noise, soft, slope, disc])


def normalised(pixels: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Pixels `[N,C,H,W]` in [0, 1] as a network takes them."""
    centre, spread = (torch.tensor(tuple(values)).reshape(1, -1, 1, 1) for values in (mean, std))
    return (pixels - centre) / spread


# -- what is refused -------------------------------------------------------------------------------


def _passed(network: nn.Module, x: Tensor) -> Any:
    """The network's answer as it comes."""
    shape = list(x.shape)
    try:
        return network(x)
    except Exception as error:
        why = first_line(error)
        kinds = ("half", "bfloat16", "double", "dtype", "scalar type")
        if any(kind in why.lower() for kind in kinds):
            advice = "Let it compute in float32, as its input is."
        elif len(x) > 1:
            advice = "It takes one picture alone; let it keep the first axis, the pictures."
        else:
            advice = "Give the size and the channels it was made for."
        raise ClassifierUnavailable(
            f"it does not take an input of {shape} ({why}). {advice}"
        ) from error


def _placed(network: nn.Module, x: Tensor, copies: bool) -> tuple[nn.Module, tuple[str, ...]]:
    """The network answering with `[N,K]`, wrapped where it does not by itself, and what is said of
    it.
    """
    together, alone = _passed(network, x.clone()), _passed(network, x[:1].clone())
    place = answers.place_of(together, len(x))
    if place is None:
        raise ClassifierUnavailable(
            f"expected outputs [N,classes] of N = {len(x)} pictures, or a mapping or tuple with "
            f"them. Got {answers.kind_of(together)}. Wrap it so that it returns them."
        )
    bare = isinstance(together, Tensor) and isinstance(alone, Tensor)
    fitting = bare and together.ndim == alone.ndim == 2 and together.dtype == torch.float32
    told = answers.said(together, place)
    model = network if fitting and not copies else Answering(network, place, copies=copies)
    try:
        classes = answers.scores_at(together, place, len(x)).shape[1]
        first = answers.scores_at(alone, place, 1).shape
    except (KeyError, IndexError, RuntimeError, TypeError, AttributeError) as error:
        raise ClassifierUnavailable(
            f"expected the same kind of answer to one picture and to {len(x)}. Got "
            f"{answers.kind_of(alone)} and {answers.kind_of(together)}."
        ) from error
    if first != (1, classes):
        raise ClassifierUnavailable(
            f"expected {classes} scores of one picture, as of each of {len(x)}. Got "
            f"{answers.kind_of(alone)}."
        )
    return model, (told,) if told else ()


def _check_count(output: Output, outputs: int, named: int) -> None:
    classes = output.classes(outputs)  # raises BadParameter where they cannot be read so
    if named and named != classes and not (output is Output.BINARY and named == 1):
        raise ClassifierUnavailable(
            f"expected a label for each of its {classes} classes, got {named}. Give as many labels."
        )


def _check_finite(network: nn.Module, scores: Tensor) -> None:
    if torch.isfinite(scores).all():
        return
    entries = dict([*network.named_parameters(), *network.named_buffers()])
    broken = next((key for key, value in entries.items() if not torch.isfinite(value).all()), "")
    raise ClassifierUnavailable(
        "its answer to a picture is NaN or infinite"
        + (f", and so is its entry {broken}. Take a checkpoint from before that." if broken else "")
        + ("" if broken else ". Look for a division by zero or a value that overflows.")
    )


def _check_same(network: nn.Module, x: Tensor, together: Tensor) -> None:
    """The same picture has the same answer: twice alone, and among others."""
    first, second = network(x[:1]), network(x[:1])
    if _differ(first, second):
        raise ClassifierUnavailable(
            "it answers the same picture differently each time, by more than 1 % of its largest "
            f"score ({_pair(first, second)}). Take dropout or noise out of its evaluation mode: "
            "F.dropout needs training=self.training."
        )
    if _differ(first, together[:1]):
        raise ClassifierUnavailable(
            "its answer to a picture depends on the others in the batch, by more than 1 % of its "
            f"largest score ({_pair(first, together[:1])}). Let it normalise by statistics from "
            "training, not by those of the batch."
        )


def _differ(first: Tensor, second: Tensor) -> bool:
    return bool((first - second).abs().max() > SAME * max(first.abs().max(), second.abs().max()))


def _pair(first: Tensor, second: Tensor) -> str:
    at = int((first - second).abs().argmax())
    return " and ".join(rounded(float(scores.flatten()[at])) for scores in (first, second))


# -- what is said ----------------------------------------------------------------------------------


def _flat(scores: Tensor) -> tuple[str, ...]:
    """A note where unlike pictures have one answer."""
    apart = (scores.amax(0) - scores.amin(0)).max()
    if apart > FLAT * scores.abs().max():
        return ()
    return (f"It answers {len(scores)} unlike pictures alike; no map of it explains anything.",)


def _blind(
    network: nn.Module, shape: tuple[int, int, int], mean: Sequence[float], std: Sequence[float]
) -> tuple[str, ...]:
    """A note where pictures of one colour have no answer, as where each picture is standardised."""
    plain = torch.tensor(tuple(mean)).reshape(1, -1, 1, 1)
    colours = {"mean": plain, "black": torch.zeros(1, 1, 1, 1), "grey": torch.full_like(plain, 0.5)}
    blind = [
        colour
        for colour, value in colours.items()
        if not _answers(network, normalised(value.expand(1, *shape), mean, std))
    ]
    if not blind:
        return ()
    return (
        f"It has no answer (NaN) to a picture of one colour ({', '.join(blind)}), as a network "
        "that standardises each picture. Scores that go over such a picture fail: ask with "
        "--substrates blur.",
    )


def _answers(network: nn.Module, x: Tensor) -> bool:
    """Whether a picture has an answer in numbers."""
    try:
        return bool(torch.isfinite(network(x)).all())
    except Exception:  # it checks its input, perhaps
        return False
