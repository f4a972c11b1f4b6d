"""A small finished run to review: ten images, four methods, two of them controls."""

from __future__ import annotations

import numpy as np
import pytest

from heatcheck.inputs.images import Image, picture, png
from heatcheck.metrics import Score
from heatcheck.review.store import Reviews
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.store import Store

METHODS = ["vanilla_gradients", "grad_cam", "random", "edges"]


@pytest.fixture
def run(store: Store, photographs: list[Image]) -> str:
    spec = specs.ask(methods=METHODS, metrics=["deletion"], points=3)
    run = store.runs.open(spec)
    random = np.random.default_rng(0)
    with store.runs.claim(run) as lease:
        for image, photo in zip(spec.images[:10], photographs, strict=False):
            store.results.save_image(
                lease,
                image,
                picture=png(picture(photo.encoded(), 32)),
                target=1,
                target_name="thing",
                probability=0.5,
            )
            for method in spec.methods:
                scores = (Scored(spec.metrics[0], Score(float(random.random()), None, {})),)
                result = CellResult(
                    random.random((32, 32), np.float32), 0.1, 1, 1, True, "", scores
                )
                store.results.save_cell(lease, image, spec.keys[method], result)
        store.runs.end(lease, "finished")
    return run


@pytest.fixture
def images(store: Store, run: str) -> list[str]:
    return [image.name for image in store.results.images(run)]


@pytest.fixture
def reviews(store: Store) -> Reviews:
    return Reviews(store)


@pytest.fixture
def host(reviews: Reviews, run: str, images: list[str]) -> str:
    """The token of the host of an open session: 6 images, 4 methods, 2 votes an image."""
    return reviews.open_session(run, "A title", "Which is better?", images[:6], METHODS, 2, "Hanna")
