"""Many writes in one transaction: all are there at its end, or none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatcheck.core.errors import LeaseLost
from heatcheck.metrics import Score
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult, Machine, Scored
from heatcheck.runs.experiments import Finding
from heatcheck.runs.store import Store


def test_a_transaction_holds_images_cells_and_counts_or_nothing(any_store: Store) -> None:
    spec = specs.ask(methods=["random", "edges"], metrics=["deletion"], points=3)
    run, results = any_store.runs.open(spec), any_store.results
    (metric,) = spec.metrics
    good = CellResult(np.eye(4, dtype=np.float32), scores=(Scored(metric, Score(0.5)),))
    bad = CellResult(None, error="no map", scores=(Scored(metric, None, "no map"),))
    image, other = spec.images[:2]
    laptop = Machine((("device", "cpu"), ("cores", "2")))
    with any_store.runs.claim(run) as lease:
        with results.writing(lease) as writer:
            writer.image(image, target=3, picture=b"seen")
            writer.image(image, target=4, picture=b"other")  # it is there already
            writer.cell(image, "random", replace(good, machine=laptop))
            writer.cell(image, "edges", bad)
            writer.comparison(image, "random", ())
            writer.findings("random", [Finding("derivative", 0.5, "half")])
            writer.progress("photo_00 done")
        known = any_store.runs.get(run)
        assert (known.done, known.failures, known.progress) == (3, 1, "photo_00 done")
        assert results.targets(run) == {image.name: 3}
        assert [seen.picture for seen in results.images(run)] == [b"seen"]
        assert results.machines(run) == {laptop.id: {"device": "cpu", "cores": "2"}}
        table = results.table(run)
        assert list(table["machine"]) == [laptop.id, ""]
        assert list(table["error"]) == ["", "no map"]
        assert results.compared_cells(run) == {(image.name, "random")}
        np.testing.assert_array_equal(results.map(run, image.name, "random"), np.eye(4))
        with pytest.raises(ZeroDivisionError), results.writing(lease) as writer:
            writer.image(other)
            writer.cell(other, "random", good)
            writer.drop_map(image.name, "random")
            raise ZeroDivisionError
        assert any_store.runs.get(run).done == 3
        assert results.done_cells(run) == {(image.name, "random"), (image.name, "edges")}
        assert results.mapped_cells(run) == {(image.name, "random")}
        with results.writing(lease) as writer:
            writer.drop_map(image.name, "random")
        assert results.mapped_cells(run) == set()
        assert results.done_cells(run) == {(image.name, "random"), (image.name, "edges")}
        any_store.runs.end(lease, "finished")
    with pytest.raises(LeaseLost), results.writing(lease) as writer:
        writer.drop_map(image.name, "edges")


def test_each_cell_names_its_own_machine(any_store: Store) -> None:
    spec = specs.ask(methods=["random", "edges"], metrics=["deletion", "runtime"], points=3)
    run = any_store.runs.open(spec)
    machines = [Machine((("device", name),)) for name in ("one", "other")]
    scores = tuple(Scored(metric, Score(0.5)) for metric in spec.metrics)
    expected = {}
    with any_store.runs.claim(run) as lease, any_store.results.writing(lease) as writer:
        for place, image in enumerate(spec.images[:5]):
            writer.image(image)
            for number, key in enumerate(spec.keyed):
                machine = machines[(place + number) % 2]
                expected[image.name, key] = machine.id
                writer.cell(image, key, CellResult(None, scores=scores, machine=machine))
    table = any_store.results.table(run)
    assert len(table) == 20
    told = zip(table["image"], table["method"], table["machine"], strict=True)
    assert all(machine == expected[image, method] for image, method, machine in told)
