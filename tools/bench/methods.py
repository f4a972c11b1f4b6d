"""Speed of methods, beside captum's and torchcam's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import captum.attr
import numpy as np
import torch
import torchcam.methods
from torch import Tensor

from heatcheck.attribution import METHODS, attribute
from heatcheck.tools.bench.subject import Subject
from heatcheck.tools.bench.timing import print_row, timed

PAIRS = 15


def print_speed(subject: Subject) -> None:
    """The head of the table, and a line a method and peer."""
    plain, pictures, tops = subject.plain, subject.pictures, subject.tops

    def ours(name: str) -> Callable[[int], Any]:
        return lambda place: attribute(
            METHODS.build(name), subject.ready.target(pictures[place], tops[place]), pictures[place]
        )

    def leaf(place: int) -> Tensor:
        return pictures[place].clone().requires_grad_()

    def torchcams(place: int) -> None:
        with torchcam.methods.GradCAM(plain, "bn2") as extractor:
            extractor(tops[place], plain(leaf(place)), normalized=False)

    saliency, tunnel = (
        captum.attr.Saliency(plain),
        captum.attr.NoiseTunnel(captum.attr.Saliency(plain)),
    )
    cam, integrated = (
        captum.attr.LayerGradCam(plain, plain.bn2),
        captum.attr.IntegratedGradients(plain),
    )
    rows: list[tuple[str, str, Callable[[int], Any], Callable[[int], Any]]] = [
        (
            "Vanilla Gradients",
            "captum Saliency",
            ours("vanilla_gradients"),
            lambda place: saliency.attribute(leaf(place), tops[place]),
        ),
        (
            "SmoothGrad, 50 samples",
            "captum NoiseTunnel, chunks of 16",
            ours("smoothgrad"),
            lambda place: tunnel.attribute(
                pictures[place],
                nt_samples=50,
                nt_samples_batch_size=16,
                stdevs=0.3,
                target=tops[place],
                abs=False,
            ),
        ),
        ("Grad-CAM", "torchcam GradCAM", ours("grad_cam"), torchcams),
        (
            "Grad-CAM",
            "captum LayerGradCam",
            ours("grad_cam"),
            lambda place: cam.attribute(leaf(place), tops[place]),
        ),
        (
            "Integrated Gradients, 50 steps",
            "captum, 50 steps, chunks of 16",
            ours("integrated_gradients"),
            lambda place: integrated.attribute(
                pictures[place],
                torch.zeros_like(pictures[place]),
                tops[place],
                n_steps=50,
                method="gausslegendre",
                internal_batch_size=16,
            ),
        ),
    ]
    print(
        "| ours | peer | ours ms | peer ms | peer / ours, median (quartiles) "
        "|\n|---|---|---:|---:|---:|"
    )
    images = len(pictures)
    for title, peer, our_work, their_work in rows:
        for place in range(3):
            our_work(place % images), their_work(place % images)
        pairs = [
            (timed(our_work, place % images), timed(their_work, place % images))
            for place in range(PAIRS)
        ]
        print_row(title, peer, np.array(pairs))
