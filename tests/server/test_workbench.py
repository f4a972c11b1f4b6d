"""The workbench with the real worker: two sessions at once, answers shared and kept, wishes
dropped, a dead worker replaced.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, attribute
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.images import Image, picture
from heatcheck.metrics import METRICS
from heatcheck.runs import engine, processes, specs
from heatcheck.runs.cells import Cell, Subject
from heatcheck.runs.store import Store
from heatcheck.server import workbench
from heatcheck.server.workbench import Panel, Workbench

QUICK = tuple(
    METRICS.build(spec) for spec in ({"name": "deletion", "points": 3}, "total_variation")
)


@pytest.fixture
def bench(store: Store) -> Iterator[Workbench]:
    bench = Workbench(store)
    yield bench
    bench.stop()


def cells(photo: Image, lite0: Classifier, target: int, names: tuple[str, ...]) -> list[Cell]:
    subject = Subject(lite0.name, picture(photo.encoded(), lite0.size), photo.digest)
    return [Cell(subject, target, METHODS.build(name), QUICK, 0, True) for name in names]


def waited(bench: Workbench, session: str, wanted: list[Cell]) -> list[Panel]:
    deadline = time.monotonic() + 120
    while True:
        panels = bench.panels(session, wanted)
        if all(panel.done for panel in panels):
            return panels
        assert time.monotonic() < deadline
        time.sleep(0.02)


def maps(bench: Workbench, asked: list[Cell]) -> int:
    """How many of the cells' maps are there or on their way."""
    keys = [("map", *workbench.key_of(cell)) for cell in asked]
    return sum(key in bench._answers or key in bench._asked for key in keys)


def died(bench: Workbench) -> Future[None]:
    """A job over which the worker dies."""
    return bench._ask(("die",), os._exit, 1, question=True)


def test_two_sessions_get_the_maps_that_their_images_have_alone(
    bench: Workbench, lite0: Classifier, photographs: list[Image], lite0_inputs: Tensor
) -> None:
    names = ("vanilla_gradients", "smoothgrad", "grad_cam", "random")
    wanted = {str(place): cells(photographs[place], lite0, 5 + place, names) for place in (0, 1)}
    first = {
        session: bench.panels(session, asked) for session, asked in wanted.items()
    }  # both are under way at once
    assert not any(panel.done for panels in first.values() for panel in panels)
    for session, asked in wanted.items():
        x = lite0_inputs[int(session)][None]
        for panel in waited(bench, session, asked):
            result = panel.result
            assert result is not None
            assert result.map is not None
            alone = attribute(
                panel.cell.method,
                lite0.target(x, panel.cell.class_index),
                x,
                about=panel.cell.subject.image_digest,
            ).map
            assert torch.equal(torch.from_numpy(result.map.copy()), alone), panel.cell.method.name


def test_an_answer_is_computed_once(
    bench: Workbench, lite0: Classifier, photographs: list[Image]
) -> None:
    asked = cells(photographs[0], lite0, 7, ("random",))
    one, other = (
        waited(bench, "one", asked)[0],
        waited(bench, "other", cells(photographs[0], lite0, 7, ("random",)))[0],
    )
    assert one.result is other.result
    assert all(a is b for a, b in zip(one.scores, other.scores, strict=True))


def test_what_a_run_has_answered_is_taken_from_the_store(
    store: Store, bench: Workbench, lite0: Classifier, photographs: list[Image], tmp_path: object
) -> None:
    spec = specs.ask(methods=["grad_cam"], metrics=["deletion", "total_variation"], points=3)
    spec = specs.RunSpec(spec.classifier, spec.images[:1], spec.methods, QUICK, 0, spec.source)
    with processes.local_workers() as workers:
        engine.execute(spec, store, workers)
    target = store.results.images(spec.id)[0].target
    assert target is not None
    asked = cells(photographs[0], lite0, target, ("grad_cam",))
    (panel,) = bench.panels("one", asked)  # at once, without a worker
    assert panel.done
    assert panel.scores is not None
    table = store.results.table(spec.id).set_index("metric")["value"]
    assert {answer.metric.name: answer.score.value for answer in panel.scores if answer.score} == {
        name: table[name] for name in ("deletion", "total_variation")
    }
    assert panel.result is not None
    np.testing.assert_array_equal(panel.result.map, next(store.results.maps(spec.id))[2])
    other = bench.panels("one", cells(photographs[0], lite0, target + 1, ("grad_cam",)))[0]
    assert not other.done  # another class is another question


def test_wishes_that_nobody_shares_are_dropped(
    bench: Workbench, lite0: Classifier, photographs: list[Image]
) -> None:
    many = [
        cell
        for place in range(6)
        for cell in cells(photographs[place], lite0, 1, ("smoothgrad", "integrated_gradients"))
    ]
    bench.panels("one", many)
    last = cells(photographs[9], lite0, 1, ("random",))
    waited(bench, "one", last)
    assert maps(bench, many) <= 1  # the one that had begun


def test_a_worker_that_dies_is_replaced_and_takes_no_panel_with_it(
    bench: Workbench, lite0: Classifier, photographs: list[Image]
) -> None:
    dying = died(bench)
    (panel,) = waited(bench, "one", cells(photographs[0], lite0, 7, ("smoothgrad",)))
    assert isinstance(dying.exception(), BrokenProcessPool)
    assert panel.result is not None
    assert panel.result.map is not None


def test_a_new_image_does_not_wait_for_the_wishes_before(
    bench: Workbench, lite0: Classifier, photographs: list[Image]
) -> None:
    many = [
        cell
        for place in range(6)
        for cell in cells(photographs[place], lite0, 1, ("smoothgrad", "integrated_gradients"))
    ]
    bench.panels("one", many)
    seen = bench.predict("one", cells(photographs[9], lite0, 1, ("random",))[0].subject)
    assert len(seen.classes) == 5
    assert maps(bench, many) <= 1  # the one that had begun; the others are dropped


def test_a_question_outlives_the_worker_before_it(
    bench: Workbench, lite0: Classifier, photographs: list[Image]
) -> None:
    dying = died(bench)
    assert (
        len(bench.predict("one", cells(photographs[0], lite0, 1, ("random",))[0].subject).classes)
        == 5
    )
    assert isinstance(dying.exception(), BrokenProcessPool)


def test_what_cannot_explain_a_classifier_is_known_with_its_reason(bench: Workbench) -> None:
    assert (
        bench.why_not("efficientnet_lite0", wait=False) == {}
    )  # nothing runs yet, and nobody waits
    reasons = bench.why_not("efficientnet_lite0", wait=True)
    assert list(reasons) == ["attention_gradients"]
    assert "attention" in reasons["attention_gradients"]
    assert bench.why_not("efficientnet_lite0", wait=False) == reasons
