"""Experiments on methods: what no score on a run's images can tell. Each runs on small networks
and takes seconds.

They ask what kinds of network a method runs on, what its maps on a transformer are worth, whether
it runs with gradients cut off, whether its map has a derivative, and what it sees of a change in a
network that has saturated. The networks and their input are the same every time. The derivative is
also tried on the run's own network and first image.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from heatcheck.attribution import Method, Target, attribute
from heatcheck.attribution.given import ELSEWHERE
from heatcheck.core.errors import HeatcheckError
from heatcheck.core.randomness import generator
from heatcheck.runs import trained_transformer

SIDE, CLASSES = 32, 4
STEP = 1e-2  # of the input's spread, for the derivative
OWN_STEP = 1e-3  # the same on a run's own network, whose many layers bend sooner
AGREE = 0.1  # how far the derivatives of two step sizes may lie apart, of their size
FLAT = 1e-6  # of the map's own size: a derivative below it is none
ZERO = "its map is zero throughout"
SMOOTH = {"smooth": "a smooth CNN", "cnn": "a CNN with ReLUs", "transformer": "a transformer"}
NETWORKS = {"cnn": "a CNN", "transformer": "a transformer", "mlp": "an MLP"}
EXPERIMENTS = (
    *(f"runs_on_{network}" for network in NETWORKS),
    "hits_on_transformer",
    "runs_without_gradients",
    "derivative",
    "derivative_with_relus",
    "derivative_on_own",
    "lost_when_saturated",
)
PICTURES = 12  # of the trained transformer
OWN = "the run's own network"


@dataclass(frozen=True)
class Finding:
    """What came of an experiment; `value` is None where it could not be made, and `words` say why,
    or what happened.
    """

    experiment: str
    value: float | None
    words: str = ""


@dataclass(frozen=True, eq=False)
class Own:
    """A run's own network, as the target of one of its images, and that image."""

    target: Target
    x: Tensor


def experiment(method: Method, own: Own | None = None) -> tuple[Finding, ...]:
    """All experiments on a method, in the order of `EXPERIMENTS`. What goes wrong with the method
    is a finding, never an exception.
    """
    if not method.repeatable:
        return tuple(Finding(name, None, f"{ELSEWHERE}.") for name in EXPERIMENTS)
    runs = [_runs(f"runs_on_{network}", method, network) for network in NETWORKS]
    return (
        *runs,
        _hits(method),
        _without_gradients(method),
        _derivative(method),
        _derivative_with_relus(method),
        _derivative_on_own(method, own),
        _lost(method),
    )


def _runs(name: str, method: Method, network: str) -> Finding:
    """1 where the method gives a finite map that is not zero throughout for some class, else 0 with
    the reason.
    """
    try:
        told = _telling(method, network) is not None
    except Exception as error:
        return Finding(name, 0.0, _reason(error))
    return Finding(name, 1.0) if told else Finding(name, 0.0, ZERO)


def _hits(method: Method) -> Finding:
    """In which share of the pictures the map's maximum lies on the patch that a trained transformer
    reads; most of the places that share the maximum have to.
    """
    name = "hits_on_transformer"
    network = trained_transformer.trained()
    xs, colours, patches = trained_transformer.pictures(PICTURES, torch.Generator().manual_seed(6))
    hits = 0
    try:
        for x, colour, patch in zip(xs.split(1), colours.tolist(), patches, strict=True):
            target = Target(network, colour, x, references=_references())
            heat = attribute(method, target, x, about="experiment").map
            hits += bool(heat.any() and patch[heat == heat.max()].double().mean() > 0.5)
    except Exception as error:
        return Finding(name, None, _reason(error))
    return Finding(name, hits / PICTURES, f"{hits} of {PICTURES} pictures")


def _without_gradients(method: Method) -> Finding:
    """1 where the method gives a map when no gradient passes through a network on which it
    otherwise runs, else 0 with the reason.

    What the method declares of its needs is not asked: it is made to try.
    """
    name = "runs_without_gradients"
    network = next((one for one in NETWORKS if _runs(name, method, one).value), None)
    if network is None:
        return Finding(name, None, "It runs on none of the networks.")
    cut = Target(_Cut(_network(network)), 0, _input(), references=_references())
    try:
        made = method.attribute(cut, _input(), generator("experiment", method.digest))
        heat = made[0] if isinstance(made, tuple) else made
    except Exception as error:
        return Finding(name, 0.0, _reason(error))
    return Finding(name, 1.0) if heat.isfinite().all() and heat.any() else Finding(name, 0.0, ZERO)


def _telling(method: Method, network: str) -> int | None:
    """The first class of an untrained network for which the map is not zero throughout; a method
    that shows what speaks for a class is silent about one for which nothing does."""
    return next(
        (index for index in range(CLASSES) if _map(method, network, _input(), index).any()), None
    )


def _derivative(method: Method) -> Finding:
    """The size of the map's derivative along a random direction of the input, over the map's own
    size, on a smooth CNN; 0 where there is none.

    A method that does not run there is tried on a CNN with ReLUs, then on a transformer.
    """
    name = "derivative"
    network = next((one for one in SMOOTH if method.check(_target(one, _input())) is None), None)
    if network is None:
        return Finding(name, None, "It runs on none of the networks.")
    return Finding(name, *_slope_on(method, network))


def _derivative_with_relus(method: Method) -> Finding:
    """The same on a CNN with ReLUs, where a gradient is constant in pieces and jumps between
    them.
    """
    return Finding("derivative_with_relus", *_slope_on(method, "cnn"))


def _derivative_on_own(method: Method, own: Own | None) -> Finding:
    """The same on the run's own network, at one of its images and for that image's class."""
    name = "derivative_on_own"
    if own is None:
        return Finding(name, None, "No image of the run could be read.")

    def heat_at(x: Tensor) -> Tensor:
        return attribute(method, own.target, x, about="experiment").map.double()

    return Finding(name, *_slope(own.x, heat_at, OWN, OWN_STEP))


def _slope_on(method: Method, network: str) -> tuple[float | None, str]:
    """`_slope` on one of the small networks, for a class for which the map is not zero."""
    try:
        told = _telling(method, network)
    except Exception as error:
        return None, _reason(error)
    if told is None:
        return None, ZERO
    return _slope(_input(), lambda x: _map(method, network, x, told), SMOOTH[network])


def _slope(
    x: Tensor, heat_at: Callable[[Tensor], Tensor], where: str, step: float = STEP
) -> tuple[float | None, str]:
    """The derivative's size at `x`, by central differences of two step sizes that have to agree;
    with a word on it.
    """
    way = torch.randn(x.shape, generator=torch.Generator().manual_seed(2)).to(x.device)
    try:
        up, down = ([heat_at(x + sign * h * way) for h in (step, step / 2)] for sign in (1, -1))
    except Exception as error:
        return None, _reason(error)
    own = (_size(up[1]) + _size(down[1])) / 2
    if not own:
        return None, ZERO
    wide, narrow = ((up[place] - down[place]) / (2 * h) for place, h in enumerate((step, step / 2)))
    size = _size(narrow)
    if not math.isfinite(size):
        return None, "its derivative is not finite"
    if max(size, _size(wide)) < FLAT * own:
        return 0.0, "its map does not change with the picture"
    if _size(wide - narrow) > AGREE * size:
        return 0.0, "its map jumps"
    return size / own, f"on {where}"


def _lost(method: Method) -> Finding:
    """The share of its mass that a map has lost where x = 2 on x - ReLU(x - 1), against its mean on
    the way there from 0; none below 0. None where it has no mass on the whole way.

    The network has changed its answer by 1 on that way and reacts no more at its end (Sundararajan
    2017). The picture is a square on black; the mass inside the square counts.
    """
    name = "lost_when_saturated"
    square = torch.zeros(1, 3, SIDE, SIDE)
    inside = slice(SIDE // 4, 3 * SIDE // 4)
    square[..., inside, inside] = 2.0
    try:
        masses = [
            _size(_map(method, "saturating", k / 4 * square)[inside, inside]) for k in range(1, 5)
        ]
    except Exception as error:
        return Finding(name, None, _reason(error))
    mean = sum(masses) / len(masses)
    if not mean:
        return Finding(name, None, "its map is zero on the whole way")
    return Finding(name, max(0.0, 1 - masses[-1] / mean))


def _map(method: Method, network: str, x: Tensor, index: int = 0) -> Tensor:
    return attribute(method, _target(network, x, index), x, about="experiment").map.double()


def _size(heat: Tensor) -> float:
    return float(heat.abs().sum())


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, HeatcheckError) else f"{type(error).__name__}: {error}"


# -- networks --------------------------------------------------------------------------------------


def _input() -> Tensor:
    """A soft pattern around 0, `[1,3,S,S]`: neither flat nor noise."""
    noise = torch.randn(1, 3, SIDE // 4, SIDE // 4, generator=torch.Generator().manual_seed(1))
    return F.interpolate(noise, (SIDE, SIDE), mode="bicubic", align_corners=False)


def _target(network: str, x: Tensor, index: int = 0) -> Target:
    return Target(
        _network(network),
        index,
        x,
        references=_references() if network != "saturating" else torch.zeros_like(x),
    )


def _references() -> Tensor:
    return torch.randn(4, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3))


@cache
def _network(name: str) -> nn.Module:
    """The network, its weights drawn as its layers draw them from a stream of their own; the
    process's stream stays as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
        return _BUILDERS[name]().eval().requires_grad_(False)


class _Cut(nn.Module):
    """A network through which no gradient passes."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            made: Tensor = self.inner(x)
        return made


class _Saturating(nn.Module):
    """x - ReLU(x - 1) for x >= 0, meant over pixels and channels, for its first class; the second
    stands still.

    The same function as 1 - ReLU(1 - x), but its layer also holds what speaks for the class, so
    that methods that keep positive evidence alone have some on the way.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rectified = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        rise, excess = self.rectified(torch.cat([x, x - 1], 1)).chunk(2, 1)
        score = (rise - excess).mean((1, 2, 3))
        return torch.stack([score, torch.zeros_like(score)], 1)


def _cnn(activation: Callable[[], nn.Module]) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        activation(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        activation(),
        nn.Conv2d(16, 16, 3, stride=2, padding=1),
        activation(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, CLASSES),
    )


def _transformer() -> nn.Module:
    from timm.models import VisionTransformer

    made: nn.Module = VisionTransformer(
        SIDE, 8, embed_dim=32, depth=2, num_heads=2, num_classes=CLASSES
    )
    return made


def _mlp() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 32), nn.ReLU(), nn.Linear(32, CLASSES)
    )


_BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "cnn": lambda: _cnn(nn.ReLU),
    "smooth": lambda: _cnn(nn.Softplus),
    "transformer": _transformer,
    "mlp": _mlp,
    "saturating": _Saturating,
}
