"""What tests of team sessions share: the methods of their run, a way in, a vote wherever one is, a
clock that can be put forward.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from heatcheck.inputs.images import Image, picture, png
from heatcheck.metrics import Score
from heatcheck.review.store import Reviews
from heatcheck.review.tally import Choice
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.store import Store

METHODS = ["vanilla_gradients", "grad_cam", "random", "edges"]


def mapped_run(
    store: Store,
    photographs: list[Image],
    *,
    images: int = 6,
    side: int = 64,
    methods: list[str] | None = None,
    target_name: str = "thing",
) -> str:
    """A finished run that has a random map of every method on its first `images` photographs."""
    words = {} if methods is None else {"methods": methods}
    spec = specs.ask(metrics=["deletion"], points=3, **words)
    run = store.runs.open(spec)
    random = np.random.default_rng(0)
    with store.runs.claim(run) as lease:
        for image, photo in zip(spec.images[:images], photographs, strict=False):
            shown = png(picture(photo.encoded(), side))
            seen = {"picture": shown, "target": 1, "target_name": target_name, "probability": 0.5}
            store.results.save_image(lease, image, **seen)
            for method in spec.methods:
                scores = (Scored(spec.metrics[0], Score(float(random.random()), None, {})),)
                heat = random.random((side, side), np.float32)
                result = CellResult(heat, 0.1, 1, 1, True, "", scores)
                store.results.save_cell(lease, image, spec.keys[method], result)
        store.runs.end(lease, "finished")
    return run


def joined(reviews: Reviews, host: str, name: str = "Ada") -> str:
    """The token of a reviewer who has just come in."""
    return reviews.join(reviews.invitation(host), name)


def voted(reviews: Reviews, token: str, item: str, choice: Choice | str) -> None:
    """Go to an item and vote on it."""
    reviews.turn_to(token, item)
    reviews.cast(token, item, choice)  # type: ignore[arg-type]


class Clock:
    """The time, and as much more as it is put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Now."""
        return datetime.now(UTC) + self.ahead
