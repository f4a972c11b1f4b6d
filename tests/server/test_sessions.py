"""Many sessions at one workbench, without a model."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from heatcheck.attribution import METHODS
from heatcheck.core.errors import RunProblem
from heatcheck.inputs.sizes import Frame, Size
from heatcheck.metrics import METRICS
from heatcheck.metrics.substrates import SETS, STANDARD
from heatcheck.runs.cells import Cell, Subject
from heatcheck.runs.store import Store
from heatcheck.server import wishes, workbench
from heatcheck.server.workbench import Panel, Workbench
from heatcheck.tests.doubles.workers import Counting

QUICK = (METRICS.build("total_variation"),)
SESSIONS, PANELS, SIDE = 16, 25, 8


@pytest.fixture
def executor() -> Counting:
    return Counting()


@pytest.fixture
def bench(store: Store, executor: Counting) -> Iterator[Workbench]:
    bench = Workbench(store, lambda: executor)
    yield bench
    executor.free.set()
    bench.stop()


def page(image: str, panels: int = PANELS) -> list[Cell]:
    """Cells of one image; methods of which there are fewer come again with other parameters."""
    subject = Subject("none", np.zeros((SIDE, SIDE, 3), np.uint8), image)
    methods = [METHODS.build("random")] + [
        METHODS.build({"name": "smoothgrad", "samples": 2 + place}) for place in range(panels - 1)
    ]
    return [Cell(subject, 0, method, QUICK, 0, True) for method in methods]


def waited(look: Callable[[], Any]) -> Any:
    """What a look gives, once it is not None."""
    for _ in range(20_000):
        if (found := look()) is not None:
            return found
        threading.Event().wait(0.001)
    raise AssertionError("Expected an answer.")


def until_done(bench: Workbench, session: str, cells: list[Cell]) -> list[Panel]:
    """The panels, once nothing more will come."""

    def looked() -> list[Panel] | None:
        panels = bench.panels(session, cells)
        return panels if all(panel.done for panel in panels) else None

    panels: list[Panel] = waited(looked)
    return panels


def polled(
    bench: Workbench, pages: dict[str, list[Cell]], order: Callable[[list[str]], list[str]]
) -> dict[str, list[Panel]]:
    """Each page's panels, once all are there; the sessions look in that order, again and again."""
    panels: dict[str, list[Panel]] = {}
    pause = threading.Event()
    for _ in range(20_000):
        for session in order(list(pages)):
            panels[session] = bench.panels(session, pages[session])
        if all(panel.done for shown in panels.values() for panel in shown):
            return panels
        pause.wait(0.001)
    unfinished = [name for name, shown in panels.items() if not all(p.done for p in shown)]
    raise AssertionError(f"{len(unfinished)} of {len(pages)} pages did not finish")


ORDERS: dict[str, Callable[[list[str]], list[str]]] = {
    "in turn": list,
    "backwards": lambda names: names[::-1],
    "at random": lambda names: random.Random(len(names)).sample(names, len(names)),
    "one of them often": lambda names: [*names, *[names[0]] * 20],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shared", [False, True], ids=["an image each", "one image"])
def test_every_page_finishes_and_no_job_is_made_twice(
    bench: Workbench, executor: Counting, order: str, shared: bool
) -> None:
    pages = {str(s): page("one" if shared else f"image {s}") for s in range(SESSIONS)}
    polled(bench, pages, ORDERS[order])
    assert set(Counter(executor.jobs).values()) == {1}
    assert len(executor.jobs) == (1 if shared else SESSIONS) * PANELS * 2


def test_what_sessions_look_at_is_kept_beyond_the_bounds_and_the_rest_goes(
    store: Store, executor: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench, "KEPT", 10)
    bench = Workbench(store, lambda: executor)
    pages = {str(s): page(f"image {s}") for s in range(4)}
    polled(bench, pages, list)
    assert len(executor.jobs) == 4 * PANELS * 2
    polled(bench, pages, list)
    assert len(executor.jobs) == 4 * PANELS * 2  # everything shown is still there
    polled(bench, {str(s): page("the last", 1) for s in range(4)}, list)
    assert len(bench._answers) <= 10
    bench.stop()


def test_answers_are_bounded_by_their_bytes(
    store: Store, executor: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench, "KEPT_BYTES", 10 * (workbench.SMALL + 4 * SIDE**2))
    bench = Workbench(store, lambda: executor)
    for place in range(10):
        polled(bench, {"one": page(f"image {place}", 5)}, list)
    assert len(bench._answers) <= 10
    bench.stop()


def test_a_session_that_is_gone_wishes_nothing_after_a_while(
    bench: Workbench, executor: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(bench._wishes, "_clock", lambda: now[0])
    executor.free.clear()
    bench.panels("closed", page("of the closed tab"))
    assert executor.begun.acquire(timeout=30)  # its first map is under way
    bench.panels("open", page("of the open tab", 2))
    now[0] = wishes.SILENCE - 1
    bench.panels("open", page("of the open tab", 2))
    assert sum(key[1] == "of the closed tab" for key in asked(bench)) == PANELS
    now[0] = wishes.SILENCE + 1
    bench.panels("open", page("of the open tab", 2))
    assert sum(key[1] == "of the closed tab" for key in asked(bench)) == 1  # what had begun
    executor.free.set()
    polled(bench, {"open": page("of the open tab", 2)}, list)
    assert sum(job[1] == "of the closed tab" for job in executor.jobs) == 1


def asked(bench: Workbench) -> list[tuple[str, ...]]:
    """Of which images maps or scores are on their way."""
    return [(key[0], key[2]) for key in bench._asked]


def test_many_sessions_keep_their_wishes(bench: Workbench, executor: Counting) -> None:
    executor.free.clear()
    for session in range(200):
        bench.panels(str(session), page(f"image {session}", 1))
    assert len(asked(bench)) == 200


def test_a_wish_that_somebody_shares_stays(bench: Workbench, executor: Counting) -> None:
    executor.free.clear()
    for session in ("one", "other"):
        bench.panels(session, page("shared"))
    assert executor.begun.acquire(timeout=30)
    bench.panels("one", page("another", 1))
    assert sum(key[1] == "shared" for key in asked(bench)) == PANELS
    bench.panels("other", page("another", 1))
    assert sum(key[1] == "shared" for key in asked(bench)) == 1


def test_a_question_goes_before_what_others_wait_for(bench: Workbench, executor: Counting) -> None:
    executor.free.clear()
    bench.panels("one", page("image"))
    assert executor.begun.acquire(timeout=30)
    asking = threading.Thread(target=bench.predict, args=("other", page("new", 1)[0].subject))
    asking.start()
    while not any(key[0] == "predict" for key in list(bench._asked)):
        threading.Event().wait(0.001)
    executor.free.set()
    asking.join(30)
    assert [job[0] for job in executor.jobs[:3]] == ["make_map", "predict", "make_map"]


def test_what_a_page_asks_first_goes_before_a_runs_steps(
    bench: Workbench, executor: Counting
) -> None:
    bench.frame("none")
    bench.class_names("none")
    bench.why_not("none", wait=True)
    bench.predict("one", page("image", 1)[0].subject)
    assert [job[0] for job in executor.jobs] == ["frame_of", "class_names", "why_not", "predict"]
    assert executor.words == [{"interactive": True}] * 4


def test_a_worker_that_dies_takes_only_the_job_that_it_was_at(
    bench: Workbench, executor: Counting
) -> None:
    executor.deadly = {"random"}
    panels = bench.panels("one", page("image", 4))
    lost = []
    for _ in range(20_000):
        panels = bench.panels("one", page("image", 4))
        lost = [p for p in panels if p.result is not None and p.result.map is None]
        if lost and all(panel.done for panel in panels[1:]):
            break
        threading.Event().wait(0.001)
    assert [panel.cell.method.name for panel in lost] == ["random"]
    assert lost[0].result is not None
    assert "worker process ended" in lost[0].result.error
    assert all(panel.result and panel.result.map is not None for panel in panels[1:])
    asked = [job for job in executor.jobs if job[0] == "make_map"]
    for _ in range(20):  # who looks on does not kill another worker
        bench.panels("one", page("image", 4))
    assert [job for job in executor.jobs if job[0] == "make_map"] == asked
    executor.deadly = set()
    for _ in range(20_000):  # a page that is opened anew asks again
        panels = bench.panels("two", page("image", 4))
        if all(panel.done for panel in panels):
            break
        threading.Event().wait(0.001)
    assert all(panel.result and panel.result.map is not None for panel in panels)


def test_a_worker_that_dies_while_it_times_a_method_takes_no_score_with_it(
    bench: Workbench, executor: Counting
) -> None:
    (cell,) = page("image", 1)
    timed = replace(cell, metrics=(*QUICK, METRICS.build("runtime")))
    executor.deadly = {"runtime"}
    (panel,) = until_done(bench, "one", [timed])
    assert panel.result is not None
    assert panel.result.map is not None
    assert {one.metric.name: "worker process" in one.error for one in panel.scores} == {
        "total_variation": False,  # planted
        "runtime": True,
    }


def test_covers_that_fail_say_so_and_are_asked_again_by_a_page_that_is_opened_anew(
    bench: Workbench, executor: Counting
) -> None:
    cells = page("image", 1)
    executor.deadly = {"covers"}
    for _ in range(5):
        until_done(bench, "one", cells)
        with pytest.raises(RunProblem, match="may have run out of memory"):
            waited(lambda: bench.covers(cells[0].subject))
    assert [job[0] for job in executor.jobs].count("covers") == 1
    executor.deadly = set()
    bench.panels("two", cells)
    assert set(waited(lambda: bench.covers(cells[0].subject))) == set(SETS[STANDARD])


def test_a_question_that_the_worker_dies_over_is_told_once_and_asked_again(
    bench: Workbench, executor: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = itertools.chain([BrokenProcessPool()], itertools.repeat(None))

    def submit(work: Any, /, *args: Any, **words: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        if death := next(deaths):
            answer.set_exception(death)
        else:
            answer.set_result(Frame(Size.square(224)))
        return answer

    monkeypatch.setattr(executor, "submit", submit)
    with pytest.raises(RunProblem, match="worker process ended"):
        bench.frame("none")
    assert bench.frame("none") == Frame(Size.square(224))
