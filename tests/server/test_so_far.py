"""Standings of a run under way: true of what is there, and looked at rarely."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heatcheck.answer.leaderboard import board
from heatcheck.answer.summary import Summary
from heatcheck.inputs.images import Image
from heatcheck.metrics import Score
from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.records import Run
from heatcheck.runs.store import Store
from heatcheck.server.so_far import LARGE, SoFar, Standings, so_far
from heatcheck.tests.doubles.runs import fill, put_in_state


@pytest.fixture
def run(tmp_path: Path, photographs: list[Image]) -> Run:
    store = Store(f"sqlite:///{tmp_path / 'far.db'}")
    known = store.runs.get(fill(store, photographs, images=6))
    store.engine.dispose()
    return known


class Watched:
    """Standings with a clock and a reader that a test moves; each look takes `takes` seconds."""

    def __init__(self, takes: float = 0.0) -> None:
        self.now, self.takes, self.looks = 0.0, takes, 0
        self.standings = Standings(self._read, lambda: self.now)

    def _read(self, run: Run) -> SoFar:
        self.looks += 1
        self.now += self.takes
        return SoFar(None, run.done, len(run.spec.images))  # type: ignore[arg-type]

    def look(self, run: Run, done: int, after: float) -> int:
        """Look at the run after so many seconds, when so many steps are done: what is shown."""
        self.now += after
        return self.standings.of(replace(run, done=done)).complete


def test_it_is_looked_at_again_only_when_something_was_committed_and_after_five_seconds(
    run: Run,
) -> None:
    watched = Watched()
    assert watched.look(run, 7, 0) == 7
    assert watched.look(run, 8, 4.9) == 7
    assert watched.look(run, 8, 0.2) == 8
    assert watched.look(run, 8, 1000) == 8
    assert watched.looks == 2, "nothing was committed in all that time"
    assert watched.look(run, 9, 0) == 9


def test_a_look_that_takes_long_is_good_for_twenty_times_as_long(run: Run) -> None:
    watched = Watched(takes=2.0)
    watched.look(run, 1, 0)
    assert watched.look(run, 2, 39) == 1
    assert watched.look(run, 3, 2) == 3


def test_a_large_run_is_looked_at_every_half_minute_at_most(run: Run) -> None:
    images = run.spec.images * (LARGE // len(run.spec.images) + 1)
    large = replace(run, spec=replace(run.spec, images=images))
    watched = Watched()
    watched.look(large, 1, 0)
    assert watched.look(large, 2, 29) == 1
    assert watched.look(large, 2, 2) == 2


def test_of_many_runs_the_last_are_kept_and_one_that_was_made_anew_is_another(run: Run) -> None:
    watched = Watched()
    for place in range(20):
        watched.look(replace(run, id=f"{place}"), 1, 0)
    assert len(watched.standings._looks) == 8
    watched.look(run, 5, 0)
    anew = replace(run, asked_at=run.asked_at.replace(year=2031))
    assert watched.look(anew, 1, 0) == 1


def test_it_is_the_leaderboards_own_table_and_counts_whole_images_alone(
    tmp_path: Path, photographs: list[Image]
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'board.db'}")
    name = fill(store, photographs, images=6)
    put_in_state(store, name, "running")
    run = store.runs.get(name)
    seen = so_far(store, run)
    assert seen.board == board(Summary.of_run(store, name))
    assert seen.words == (
        "So far, from 6 of 20 images; intervals are of these images alone and will move."
    )
    put_in_state(store, name, "interrupted")
    image, result = run.spec.images[6], CellResult(np.zeros((2, 2), np.float32), 0.1, 1, 0, True)
    with store.runs.claim(name) as lease:  # one method of the seventh image
        store.results.save_image(lease, image)
        scored = tuple(Scored(metric, Score(0.5)) for metric in run.spec.alone)
        store.results.save_cell(lease, image, "random", replace(result, scores=scored))
    assert so_far(store, run).complete == 6
    store.engine.dispose()


def test_before_an_image_is_whole_that_is_said() -> None:
    assert SoFar(None, 0, 1200).words == (  # type: ignore[arg-type]
        "So far, no image is measured by all methods (1,200 in all); these numbers say nothing yet."
    )
