"""The laboratory's questions: how four methods make their maps of one image, step by step. Each
answer travels from the worker to the page as arrays.

The worker is one process for all sessions, so a long question is asked in parts (`Begun`): what
others ask comes between.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, Method, Output, Target, anatomy
from heatcheck.attribution.baselines import baselines
from heatcheck.attribution.cam import enlarged
from heatcheck.attribution.grad_cam import GradCAM
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.attribution.target import BATCH
from heatcheck.attribution.vanilla_gradients import reduced
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.core.randomness import generator
from heatcheck.inputs import classifiers, images
from heatcheck.metrics.completeness_gap import gap
from heatcheck.metrics.similarity import finite, rank_correlation
from heatcheck.runs.cells import Subject
from heatcheck.runs.device_lock import turn

PLACES = 33  # on the path, both ends among them
NODES = 50  # gradients of the map of Integrated Gradients: the method's own number
COPIES = (1, 4, 16, 64)  # noisy copies at which the mean is looked at
SEED = 0  # of a run; a second seed tells what of a map is chance
CHANNELS = 6  # that are shown one by one
SMALL_GAP = 0.01  # of the change: as small as Integrated Gradients with "auto" steps asks for
CLOSE = 0.05  # how near a measured power of n lies to the one it is held against
AT_ONCE = 2 * BATCH  # gradients of a part of a long question: fewer than a map of Compare takes


class Sized:
    """An answer that knows how many bytes its arrays take."""

    @property
    def nbytes(self) -> int:
        """Of all its arrays."""
        held: list[object] = []
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            held += value.values() if isinstance(value, dict) else [value]
        return sum(one.nbytes for one in held if isinstance(one, np.ndarray))


@dataclass(frozen=True, eq=False)
class Begun(Sized):
    """A part of the answer to a long question: asked again with it, the question goes on."""

    gradients: int  # that are done
    state: bytes  # for the question alone

    @classmethod
    def at(cls, gradients: int, *state: Any) -> Begun:
        """After so many gradients, with what the rest needs."""
        return cls(gradients, pickle.dumps(state))

    def __str__(self) -> str:
        return f"after {self.gradients} gradients"  # tells one part from another

    @property
    def nbytes(self) -> int:
        """Of the state."""
        return len(self.state)


@dataclass(frozen=True, eq=False)
class Gradient(Sized):
    """What can be made of one gradient."""

    maps: dict[str, np.ndarray]  # [H,W] each, by reading: see `anatomy.readings`
    # rank correlation of each reading with `max_abs`; NaN where one of the two is constant
    alike: dict[str, float]
    cancelled: float  # share of the gradient that summing the channels loses
    channels: int


@dataclass(frozen=True, eq=False)
class Walk(Sized):
    """The path of Integrated Gradients in even steps."""

    places: tuple[float, ...]  # 0 at the baseline to 1 at the picture
    scores: tuple[float, ...]  # what is explained: a logit, or a score in a unit of its own
    probabilities: tuple[float, ...]  # none where the model gives none
    pictures: np.ndarray  # [S,H,W,3] uint8
    gradients: np.ndarray  # [S,H,W] float32, largest absolute value over channels
    saturated_from: float  # see `anatomy.saturated_from`


@dataclass(frozen=True, eq=False)
class Integral(Sized):
    """The map of Integrated Gradients as it adds up along the path, at the places of `Walk`."""

    maps: np.ndarray  # [S,H,W] float32, signed; the last one is the method's map
    counts: tuple[int, ...]  # gradients, of `NODES`, that each adds up


@dataclass(frozen=True, eq=False)
class Smoothing(Sized):
    """SmoothGrad at one sigma, as its copies grow in number."""

    maps: dict[int, np.ndarray]  # [H,W] by the number of copies
    # seed noise by the number of copies: 1 - rank correlation with the map of another seed; NaN of
    # constant maps
    seed_noise: dict[int, float]
    # distance of the two seeds' mean gradients, over that of one copy; NaN where that is zero
    distance: dict[int, float]


@dataclass(frozen=True, eq=False)
class Stage(Sized):
    """Grad-CAM at one layer."""

    layer: str
    rows: int
    columns: int
    map: np.ndarray  # [H,W]
    error: str = ""  # why there is no map


@dataclass(frozen=True, eq=False)
class Channels(Sized):
    """What adds up to Grad-CAM's map before its ReLU, each at the picture's size."""

    layer: str
    count: int  # of all channels
    parts: dict[int, np.ndarray]  # [H,W] by channel, the strongest first
    others: np.ndarray  # [H,W]: all other channels as one
    total: np.ndarray  # [H,W]: before the ReLU
    rectified: np.ndarray  # [H,W]: after it, which is Grad-CAM's map
    share: float  # of the channels' sizes that the parts hold; NaN where all are zero


def gradient(subject: Subject, class_index: int, *, interactive: bool = False) -> Gradient:
    """What can be made of the class's gradient. Raises DoesNotApply where there is none, and
    DegenerateMap, as all questions here, where it is not finite.
    """
    with turn(interactive=interactive):
        target, x = _asked(subject, class_index, METHODS.build("vanilla_gradients"))
        own = target.gradient(x)[0].cpu()
    finite(own)
    maps = anatomy.readings(own)
    return Gradient(
        {name: heat.numpy() for name, heat in maps.items()},
        {name: _alike(heat, maps["max_abs"]) for name, heat in maps.items()},
        anatomy.cancelled(own),
        len(own),
    )


def path(subject: Subject, class_index: int, baseline: str, *, interactive: bool = False) -> Walk:
    """The path from a baseline to the picture. Raises DoesNotApply where there is no gradient."""
    with turn(interactive=interactive):
        method = IntegratedGradients(baseline=baseline)
        target, x = _asked(subject, class_index, method)
        walked = anatomy.walked(target, x, _start(method, target, x, subject), PLACES)
        known = target.output is not Output.SCORE
        shares = target.probability(walked.images).tolist() if known else []
        pixels = target.to_pixels(walked.images).permute(0, 2, 3, 1).clamp(0, 1).cpu().numpy()
    finite(walked.gradients)
    finite(walked.scores)
    places, scores = walked.places.tolist(), walked.scores.double().tolist()
    return Walk(
        tuple(places),
        tuple(scores),
        tuple(shares),
        np.stack([images.shown(picture) for picture in pixels]),
        torch.stack([reduced(one, "max_abs") for one in walked.gradients.cpu()]).numpy(),
        anatomy.saturated_from(places, scores),
    )


def integral(
    subject: Subject, class_index: int, baseline: str, *, interactive: bool = False
) -> Integral:
    """The map of Integrated Gradients as it adds up. Raises as `path`."""
    with turn(interactive=interactive):
        method = IntegratedGradients(steps=NODES, baseline=baseline)
        target, x = _asked(subject, class_index, method)
        start = _start(method, target, x, subject)
        maps, counts = anatomy.so_far(target, x, start, NODES, torch.linspace(0, 1, PLACES))
    finite(maps)
    return Integral(maps.cpu().numpy(), tuple(counts))


def completeness(
    subject: Subject,
    class_index: int,
    baseline: str,
    steps: int,
    begun: Begun | None = None,
    *,
    interactive: bool = False,
) -> float | Begun:
    """The completeness gap of Integrated Gradients with so many steps, a share of the score's
    change; in parts. Raises DoesNotApply as `path`, DegenerateMap where the score does not change.
    """
    done, total = (begun.gradients, *pickle.loads(begun.state)) if begun else (0, 0.0)
    with turn(interactive=interactive):
        method = IntegratedGradients(steps=steps, baseline=baseline)
        target, x = _asked(subject, class_index, method)
        start = _start(method, target, x, subject)
        batches = anatomy.steps_of(target, x, start, steps, done)
        for batch in islice(batches, AT_ONCE // BATCH):
            done, total = done + len(batch), total + float(batch.double().sum())
        if done < steps:
            return Begun.at(done, total)
        scores = target.score(torch.cat([x, start])).double()
    return gap(torch.tensor([[total]]).double(), float(scores[0] - scores[1]))


def smoothing(
    subject: Subject,
    class_index: int,
    sigma: float,
    begun: Begun | None = None,
    *,
    interactive: bool = False,
) -> Smoothing | Begun:
    """SmoothGrad at one sigma, in pixel units of [0, 1]; in parts, a batch of both seeds each.
    Raises DoesNotApply where there is no gradient.
    """
    with turn(interactive=interactive):
        method = SmoothGrad(samples=max(COPIES), sigma=sigma)
        target, x = _asked(subject, class_index, method)
        seeds, known = (
            pickle.loads(begun.state)
            if begun
            else ([_seedling(method, x, subject, seed) for seed in (SEED, SEED + 1)], {})
        )
        (one, first), (other, second) = (
            anatomy.grown(method, target, x, mean, COPIES) for mean in seeds
        )
    known |= {n: _compared(first[n], second[n], method.reduce) for n in first}
    if one.copies < method.samples:
        return Begun.at(2 * one.copies, [one, other], known)
    alone = known[1].distance
    return Smoothing(
        {n: at.map for n, at in known.items()},
        {n: at.seed_noise for n, at in known.items()},
        {n: at.distance / alone if alone else float("nan") for n, at in known.items()},
    )


@dataclass(frozen=True, eq=False)
class _Compared:
    """Two seeds' means over as many copies."""

    map: np.ndarray  # [H,W], of the first
    seed_noise: float
    distance: float


def _compared(mean: Tensor, other: Tensor, reduce: str) -> _Compared:
    apart = finite(mean - other)
    heat, again = (reduced(one, reduce).cpu() for one in (mean, other))
    return _Compared(
        heat.numpy(),
        1 - _alike(heat.abs(), again.abs()),
        float(apart.norm()),
    )


def _seedling(method: SmoothGrad, x: Tensor, subject: Subject, seed: int) -> anatomy.Growing:
    stream = generator(seed, subject.image_digest, method.stream, "attribution")
    return anatomy.seedling(x, stream)


def stages(subject: Subject, class_index: int, *, interactive: bool = False) -> tuple[Stage, ...]:
    """Grad-CAM at a layer of each grid. Raises DoesNotApply where the model has none."""
    with turn(interactive=interactive):
        target, x = _asked(subject, class_index, METHODS.build("grad_cam"))
        return tuple(_stage(target, x, layer) for layer in anatomy.stages_of(target, x))


def _stage(target: Target, x: Tensor, layer: str) -> Stage:
    try:
        coarse = GradCAM(layer=layer).coarse(target, x)
        finite(coarse)
    except (DoesNotApply, DegenerateMap) as error:
        return Stage(layer, 0, 0, np.zeros(x.shape[-2:], np.float32), str(error))
    rows, columns = coarse.shape
    return Stage(layer, rows, columns, enlarged(coarse, x).cpu().numpy())


def channels(subject: Subject, class_index: int, *, interactive: bool = False) -> Channels:
    """The channels that add up to Grad-CAM's map. Raises DoesNotApply where there are none."""
    with turn(interactive=interactive):
        target, x = _asked(subject, class_index, METHODS.build("grad_cam"))
        own, layer = anatomy.weighted_channels(target, x), target.spatial_layer()
        finite(own)
        shown = anatomy.strongest(own, CHANNELS)
        rest = own.sum(0) - own[shown].sum(0)
        sizes = own.double().abs().sum((1, 2))
        return Channels(
            layer,
            len(own),
            {k: enlarged(own[k], x).cpu().numpy() for k in shown},
            enlarged(rest, x).cpu().numpy(),
            enlarged(own.sum(0), x).cpu().numpy(),
            enlarged(own.sum(0).relu(), x).cpu().numpy(),
            float(sizes[shown].sum() / sizes.sum()),
        )


def _asked(subject: Subject, class_index: int, method: Method) -> tuple[Target, Tensor]:
    loaded = classifiers.load(subject.classifier)
    x = loaded.to_input(subject.picture)
    target = loaded.target(x, class_index)
    if reason := method.check(target):
        raise DoesNotApply(f"{method.title} does not apply here: {reason}")
    return target, x


def _start(method: IntegratedGradients, target: Target, x: Tensor, subject: Subject) -> Tensor:
    stream = generator(SEED, subject.image_digest, method.stream, "attribution")
    return baselines(method.baseline, target, x, stream)


def _alike(a: Tensor, b: Tensor) -> float:
    with suppress(DegenerateMap):
        return rank_correlation(a, b)
    return float("nan")


def slope(values: Sequence[float], at: Sequence[int]) -> float:
    """The power of n with which positive values fall: the slope of their logarithms over those of
    n, by least squares. NaN where fewer than two are positive.
    """
    known = [(n, value) for n, value in zip(at, values, strict=True) if value > 0]
    if len(known) < 2:
        return float("nan")
    counts, sizes = np.log(np.array(known, dtype=float)).T
    return float(np.polyfit(counts, sizes, 1)[0])
