"""A run for one comparison: the engine asks after each image more, and is told in a sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatcheck.commands.deciding import decided_by
from heatcheck.core.errors import BadParameter
from heatcheck.metrics import Score
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.partners import ring
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store

UNTIL = "deletion:edges,random"


def question(until: str = UNTIL) -> RunSpec:
    return specs.ask(methods=["edges", "random"], metrics=["deletion"], points=3, until=until)


def measured(store: Store, spec: RunSpec, better: float) -> list[str]:
    """All images with scores of which edges has so much less than random; their names in order."""
    (metric,) = spec.metrics
    draws = np.random.default_rng(0)
    with store.runs.claim(store.runs.open(spec)) as lease:
        with store.results.writing(lease) as writer:
            for image in spec.images:
                writer.image(image)
                for key, level in (("edges", 0.5 - better), ("random", 0.5)):
                    score = Score(level + draws.normal(0, 0.01))
                    made = CellResult(None, scores=(Scored(metric, score),))
                    writer.cell(image, key, made)
        store.runs.end(lease, "cancelled")
    return [image.name for image in ring(spec)]


def test_nothing_is_asked_of_a_run_that_is_for_no_comparison(store: Store) -> None:
    assert decided_by(question(""), store) is None


def test_a_clear_difference_is_decided_early(store: Store) -> None:
    spec = question()
    names = measured(store, spec, 0.4)
    decided = decided_by(spec, store)
    assert decided is not None
    assert decided(names[:9], False) == ""
    said = [decided(names[:count], False) for count in range(10, 21)]
    first = next(place for place, sentence in enumerate(said) if sentence)
    assert said[first].startswith("Deletion: Edges is better than Random, decided after ")
    assert f"{10 + first} of 20 images" in said[first]
    assert all(said[first:])


def test_no_difference_is_not_decided_and_said_to_be_none(store: Store) -> None:
    spec = question()
    names = measured(store, spec, 0.0)
    decided = decided_by(spec, store)
    assert decided is not None
    assert not any(decided(names[:count], False) for count in range(1, 21))
    assert "are not told apart after 20 of 20 images" in decided(names, True)


@pytest.mark.parametrize(
    ("until", "why"),
    [
        ("insertion:edges,random", "Expected a metric of this run"),
        ("deletion:edges,grad_cam", "Expected a method of this run"),
        ("runtime:edges,random", "Expected a metric that can decide early"),
        ("deletion edges random", "Expected METRIC:METHOD,METHOD"),
    ],
)
def test_a_comparison_that_is_none_of_the_run_is_refused(
    until: str, why: str, store: Store
) -> None:
    with pytest.raises(BadParameter, match=why):
        decided_by(replace(question(), until=until), store)
