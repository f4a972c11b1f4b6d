"""A small finished run to review: ten images, four methods, two of them controls."""

from __future__ import annotations

import pytest

from heatcheck.inputs.images import Image
from heatcheck.review.store import Reviews
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.sessions import METHODS, mapped_run


@pytest.fixture
def run(store: Store, photographs: list[Image]) -> str:
    return mapped_run(store, photographs, images=10, side=32, methods=METHODS)


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
