"""Mean curves are those of the curves one by one, whatever their points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatcheck.judgement import standings
from heatcheck.metrics import Curve, Score
from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.store import Store
from heatcheck.tools.large_store import question


def test_mean_curves_are_those_of_the_long_table(any_store: Store) -> None:
    plain = question(6, 3, ["deletion"])
    grouped = [
        replace(image, group="a" if place < 3 else "") for place, image in enumerate(plain.images)
    ]
    spec = replace(plain, images=tuple(grouped))
    (metric,) = spec.metrics
    run, random = any_store.runs.open(spec), np.random.default_rng(3)
    first, second, third = spec.keyed
    with any_store.runs.claim(run) as lease, any_store.results.writing(lease) as writer:
        for place, image in enumerate(spec.images):
            writer.image(image)
            for key in (second, first):
                points = int(random.integers(2, 9))
                rows = [np.sort(random.random(points)), *random.random((2, points))]
                given = [tuple(row.tolist()) for row in rows]
                bare = key == second and place == 4  # of a network whose outputs have no energy
                curve = Curve(*given[: 2 if bare else 3])
                score = Score(0.5, curve, {"on_mean": 0.5}, {"on_mean": curve})
                writer.cell(image, key, CellResult(None, scores=(Scored(metric, score),)))
            writer.cell(image, third, CellResult(None, scores=(Scored(metric, Score(0.5)),)))
    curves = any_store.results.curves(run)
    keys = list(spec.keyed)
    for name in ("deletion", "deletion.on_mean"):
        expected = standings.mean_curves(curves, name, keys, spec.samples)
        means = any_store.results.mean_curves(run, name)
        assert list(means) == list(expected) == [first, second]
        for key, mean in means.items():
            assert mean.fractions == expected[key].fractions
            assert mean.probabilities == pytest.approx(expected[key].probabilities, abs=1e-14)
        assert means[first].energy_gaps == pytest.approx(expected[first].energy_gaps, abs=1e-14)
        assert means[second].energy_gaps == ()
    assert any_store.results.mean_curves(run, "insertion") == {}
