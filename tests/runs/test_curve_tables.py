"""Mean curves from what the store has packed: each sample weighs the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatcheck.metrics import Curve
from heatcheck.metrics.base import mean_curve
from heatcheck.tests.doubles.runs import without_experiments
from heatcheck.tests.doubles.small_runs import mixed_run


def test_a_mean_curve_gives_each_sample_the_same_weight(tmp_path: Path) -> None:
    with without_experiments():
        store, run = mixed_run(tmp_path, "meant_network")
    spec, curves = store.runs.get(run).spec, store.results.curves(run)
    assert len(set(spec.samples.values())) == 4 < len(spec.images) == 6
    for metric in ("deletion", "insertion.on_mean"):
        means = store.results.mean_curves(run, metric)
        assert list(means) == list(spec.keyed)
        for method, mean in means.items():
            by_sample: dict[str, list[Curve]] = {}
            own = curves[(curves["metric"] == metric) & (curves["method"] == method)]
            for image, points in own.groupby("image"):
                columns = (
                    tuple(points[name]) for name in ("fraction", "probability", "energy_gap")
                )
                by_sample.setdefault(spec.samples[str(image)], []).append(Curve(*columns))
            by_hand = mean_curve([mean_curve(same) for same in by_sample.values()])
            assert mean.fractions == pytest.approx(by_hand.fractions)
            assert mean.probabilities == pytest.approx(by_hand.probabilities)
            assert mean.energy_gaps == pytest.approx(by_hand.energy_gaps)
