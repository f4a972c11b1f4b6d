"""Deletion and insertion beside a loop of RISE's protocol and torchcam's metric: speed, and how far
apart the points and areas lie.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
import torchcam.methods
import torchcam.metrics
from torch import Tensor, nn

from heatcheck.attribution import METHODS, attribute
from heatcheck.attribution.blurs import blurred
from heatcheck.inputs import classifiers, image_sets, images
from heatcheck.metrics import METRICS, Case
from heatcheck.metrics.orders import case_ranks
from heatcheck.runs.specs import STANDARD
from heatcheck.tools.bench.subject import Subject
from heatcheck.tools.bench.timing import print_row, timed

IMAGES = 8  # a loop takes seconds
PROTOCOL = {"deletion": "mean", "insertion": "blur"}  # RISE's substrates


def rise_loop(
    model: nn.Module, class_index: int, start: Tensor, stop: Tensor, order: Tensor
) -> list[float]:
    """RISE's protocol as it is written down: one image a step, 224 pixels more each time; the 225
    probabilities of a class from `start` to `stop`, both `[1,C,224,224]`, in an order of pixels.
    """
    current, probabilities = start.clone(), []
    with torch.no_grad():
        for step in range(225):
            probabilities.append(float(model(current).softmax(1)[0, class_index]))
            change = order[224 * step : 224 * (step + 1)]
            current.view(*start.shape[:2], -1)[..., change] = stop.view(*start.shape[:2], -1)[
                ..., change
            ]
    return probabilities


def print_speed(subject: Subject) -> None:
    """Deletion and insertion of one map: adaptive and exact, beside a loop and beside torchcam's
    metric with 224 steps.
    """
    plain, pictures, tops = subject.plain, subject.pictures, subject.tops
    grad_cam = METHODS.build("grad_cam")
    cases = []
    for x, top in zip(pictures, tops, strict=True):
        target = subject.ready.target(x, top)
        cases.append(Case(target, x, attribute(grad_cam, target, x), "bench"))

    def curves(points: str, place: int) -> None:
        both = tuple(
            METRICS.build({"name": name, "points": points, "substrate": substrate})
            for name, substrate in PROTOCOL.items()
        )
        case = cases[place]
        fresh = Case(case.target, case.x, case.attribution, "bench", together=both)
        for metric in both:
            metric.score(fresh)

    def loop(place: int) -> None:
        x, order = pictures[place], case_ranks(cases[place]).flatten().argsort()
        rise_loop(plain, tops[place], x, torch.zeros_like(x), order)
        rise_loop(plain, tops[place], blurred(x), x, order)

    def torchcams(place: int) -> None:
        with torchcam.methods.GradCAM(plain, "bn2") as extractor:
            metric = torchcam.metrics.DeletionInsertionMetric(
                extractor, partial(torch.softmax, dim=-1), steps=224
            )
            metric.update(pictures[place].clone(), tops[place])

    for title, peer, our_work, their_work in (
        (
            "Deletion and insertion, for a leaderboard (9 drawn points)",
            "a loop of RISE's protocol, one image a step",
            partial(curves, "drawn-9"),
            loop,
        ),
        (
            "Deletion and insertion, for a leaderboard (9 drawn points)",
            "torchcam DeletionInsertionMetric, 224 steps",
            partial(curves, "drawn-9"),
            torchcams,
        ),
        (
            "Deletion and insertion, adaptive",
            "a loop of RISE's protocol, one image a step",
            partial(curves, "adaptive"),
            loop,
        ),
        (
            "Deletion and insertion, adaptive",
            "torchcam DeletionInsertionMetric, 224 steps",
            partial(curves, "adaptive"),
            torchcams,
        ),
        (
            "Deletion and insertion, all 225 points",
            "a loop of RISE's protocol, one image a step",
            partial(curves, "all"),
            loop,
        ),
    ):
        our_work(0), their_work(0)
        pairs = [
            (timed(our_work, place), timed(their_work, place))
            for place in range(min(IMAGES, len(pictures)))
        ]
        print_row(title, peer, np.array(pairs))


def print_accuracy() -> None:
    """Every point of every curve against the loop, and adaptive areas against exact ones."""
    loaded = classifiers.load("efficientnet_lite0")
    furthest, off, points, errors = 0.0, [], [], []
    for image in image_sets.load(image_sets.SAMPLES):
        x = loaded.to_input(images.picture(image.encoded(), loaded.size))
        top = int(loaded.probabilities(x).argmax())
        for name in STANDARD:
            target = loaded.target(x, top)
            attribution = attribute(METHODS.build(name), target, x, about=image.digest)
            case = Case(target, x, attribution, image.digest)
            order = case_ranks(case).flatten().argsort()
            for metric, start, stop in (
                ("deletion", x, torch.zeros_like(x)),
                ("insertion", blurred(x), x),
            ):
                exact, quick = (
                    METRICS.build(
                        {"name": metric, "points": which, "substrate": PROTOCOL[metric]}
                    ).score(case)
                    for which in ("all", "adaptive")
                )
                assert exact.curve is not None
                read = rise_loop(loaded.model, top, start, stop, order)
                furthest = max(
                    furthest, float(np.abs(np.array(read) - exact.curve.probabilities).max())
                )
                off.append(quick.value - exact.value)
                points.append(quick.sides["points"])
                errors.append(quick.sides["auc_error"])
        print(
            f"{image.name}: {len(off)} curves so far, furthest point from the loop {furthest:.1e}",
            flush=True,
        )
    gap = np.abs(off)
    print(f"\nExact against the loop at all 225 points: at most {furthest:.1e} apart.")
    print(
        f"Adaptive against exact: {gap.mean():.4f} on average, {gap.max():.4f} at most, "
        f"with {np.mean(points):.1f} points on average."
    )
    print(
        "Within two of its own standard errors: "
        f"{100 * np.mean(gap <= 2 * np.array(errors)):.0f} % of {len(gap)} areas."
    )
