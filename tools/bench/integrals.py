"""Integrated Gradients: how many gradients captum and we need, and what each way leaves."""

from __future__ import annotations

import time

import captum.attr
import numpy as np
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.attribution.baselines import baselines
from heatcheck.attribution.quadrature import adaptive, gauss_legendre
from heatcheck.inputs import classifiers, image_sets, images
from heatcheck.tools.bench.subject import Subject
from heatcheck.tools.bench.timing import print_row

GAPS = (50, 100, 200, 400, 800)  # steps that captum is given, until its gap is under 1 %


def print_speed(subject: Subject) -> None:
    """ "auto" beside captum with as many steps as its gap takes, and a line an image."""
    integrated = captum.attr.IntegratedGradients(subject.plain)
    steps, pairs, gaps = [], [], []
    for x, top in zip(subject.pictures, subject.tops, strict=True):
        target = Target(subject.plain, top, x, mean=0.5, std=0.5)
        black = baselines("black", target, x, torch.Generator())
        change = float(target.score(x) - target.score(black))
        for count in GAPS:
            start = time.perf_counter()
            theirs = integrated.attribute(
                x, black, top, n_steps=count, method="gausslegendre", internal_batch_size=16
            )
            took = 1000 * (time.perf_counter() - start)
            gap = abs(float(theirs.sum()) - change) / abs(change)
            if gap < 0.01:
                break
        start = time.perf_counter()
        made = attribute(
            METHODS.build({"name": "integrated_gradients", "steps": "auto", "baseline": "black"}),
            subject.ready.target(x, top),
            x,
        )
        pairs.append((1000 * (time.perf_counter() - start), took))
        steps.append((int(made.told["steps"]), count))
        gaps.append((made.told["completeness_gap"], gap))
    print_row(
        "Integrated Gradients, auto, gap under 1 %",
        "captum, fewest steps of 50 to 800 with a gap under 1 %",
        np.array(pairs),
    )
    print("\nIntegrated Gradients, auto, against captum, an image each:")
    print(
        "| image | our gradients | our gap | captum's steps | its gap |\n|---|---:|---:|---:|---:|"
    )
    for place, (count, gap) in enumerate(zip(steps, gaps, strict=True)):
        print(
            f"| {place} | {count[0]} | {100 * gap[0]:.2f} % | {count[1]} | {100 * gap[1]:.2f} % |"
        )


def _summed(target: Target, start: Tensor, x: Tensor, places: Tensor, weights: Tensor) -> Tensor:
    """Integrated Gradients by given places and weights, `[1,H,W]`."""
    total = 0 * x
    for a, w in zip(places.to(x).split(16), weights.to(x).split(16), strict=True):
        total += (
            w.reshape(-1, 1, 1, 1) * target.gradient(start + a.reshape(-1, 1, 1, 1) * (x - start))
        ).sum(0, keepdim=True)
    return ((x - start) * total).sum(1)


def print_gaps(midpoints: int) -> None:
    """What each way of integrating leaves, a photograph each; with `midpoints`, every second map
    against that many.
    """
    loaded = classifiers.load("efficientnet_lite0")
    print(
        "| photograph | gap of 50 fixed nodes | gap of auto | gradients | settled | L2 "
        "against midpoints |\n|---|---:|---:|---:|---|---:|"
    )
    for place, image in enumerate(image_sets.load(image_sets.SAMPLES)):
        x = loaded.to_input(images.picture(image.encoded(), loaded.size))
        target = loaded.target(x, int(loaded.model(x).argmax()))
        start = baselines("black", target, x, torch.Generator())
        change = float(target.score(x) - target.score(start))

        fixed = abs(float(_summed(target, start, x, *gauss_legendre(50)).sum()) - change) / abs(
            change
        )
        auto, apart = adaptive(target, start, x), ""
        if midpoints and place % 2 == 0:
            fine = _summed(
                target,
                start,
                x,
                (torch.arange(midpoints) + 0.5) / midpoints,
                torch.full((midpoints,), 1 / midpoints),
            )
            apart = f"{100 * float((auto.attribution.sum(1) - fine).norm() / fine.norm()):.1f} %"
        settled = "yes" if auto.settled else "no"
        print(
            f"| {place} | {100 * fixed:.1f} % | {100 * auto.gap:.2f} % | {auto.gradients} "
            f"| {settled} | {apart} |",
            flush=True,
        )
