"""The queue: who waits, in which order, and that nobody starts a run twice."""

from __future__ import annotations

import threading

import pytest

from heatcheck.core.errors import BadParameter, LeaseLost, RunProblem, UnknownName
from heatcheck.runs import specs
from heatcheck.runs.queue import at_once
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import put_in_state


def opened(store: Store, count: int) -> list[str]:
    """So many runs that somebody asked for."""
    return [
        store.runs.open(specs.ask(methods=["random"], points=9, only=["photo_00"], seed=seed))
        for seed in range(count)
    ]


def queued(store: Store, count: int) -> list[str]:
    runs = opened(store, count)
    for run in runs:
        store.queue.join(run)
    return runs


def taken(store: Store, most: int = 1) -> str | None:
    claimed = store.queue.take(most)
    return claimed and claimed[0]


def test_runs_wait_in_the_order_asked_and_start_one_at_a_time(any_store: Store) -> None:
    first, second, third = opened(any_store, 3)
    for run in (second, third, first, second):  # asked for twice: its place stays
        any_store.queue.join(run)
    assert any_store.queue.waiting() == [second, third, first]
    assert taken(any_store) == second
    assert any_store.runs.get(second).status == "running"
    assert taken(any_store) is None, "one is under way"
    assert any_store.queue.waiting() == [third, first]
    any_store.runs.release(second, lease_of(any_store, second))
    assert [taken(any_store), taken(any_store)] == [third, None]
    any_store.runs.release(third, lease_of(any_store, third))
    assert [taken(any_store), any_store.queue.waiting()] == [first, []]


def lease_of(store: Store, run: str) -> int:
    with store.database.writing() as connection:
        return int(store.runs.locked(connection, run).lease)


def test_more_than_one_may_run_at_once(any_store: Store) -> None:
    runs = queued(any_store, 3)
    assert [taken(any_store, 2) for _ in range(3)] == [*runs[:2], None]


def test_a_run_may_be_moved_to_the_front_and_one_that_comes_to_wait_goes_behind(
    any_store: Store,
) -> None:
    first, second, third = queued(any_store, 3)
    any_store.queue.move_to_front(third)
    assert any_store.queue.waiting() == [third, first, second]
    any_store.queue.move_to_front(second)
    assert any_store.queue.waiting() == [second, third, first]
    assert taken(any_store) == second
    with pytest.raises(RunProblem, match="does not wait any more"):
        any_store.queue.move_to_front(second)


def test_one_that_is_cancelled_while_it_waits_does_not_start(any_store: Store) -> None:
    first, second = queued(any_store, 2)
    any_store.runs.ask_to_stop(first)
    assert any_store.runs.get(first).status == "cancelled"
    assert taken(any_store) == second
    any_store.queue.join(first)  # asked for again
    assert any_store.queue.waiting() == [first]
    assert not any_store.runs.stop_asked(first)


def test_what_the_command_line_is_about_to_begin_is_no_servers(any_store: Store) -> None:
    (theirs,) = opened(any_store, 1)
    assert any_store.runs.get(theirs).status == "waiting"
    assert any_store.queue.waiting() == []
    assert taken(any_store) is None
    with any_store.runs.claim(theirs):
        any_store.queue.join(theirs)  # a page asks for it too
        assert any_store.queue.waiting() == []
        assert any_store.runs.get(theirs).status == "running"


def test_a_run_that_waits_may_be_taken_by_the_command_line_and_then_waits_no_more(
    any_store: Store,
) -> None:
    first, second = queued(any_store, 2)
    with any_store.runs.claim(first):
        assert any_store.queue.waiting() == [second]
        assert taken(any_store) == second, "the command line's run is not the server's"


def test_the_runs_of_a_server_on_another_host_are_left_to_it(any_store: Store) -> None:
    first, second = queued(any_store, 2)
    put_in_state(any_store, first, "waiting", host="elsewhere")
    put_in_state(any_store, second, "running", host="elsewhere")
    (here,) = opened(any_store, 3)[2:]
    any_store.queue.join(here)
    assert any_store.queue.waiting() == [here]
    assert taken(any_store) == here


def test_a_run_that_waits_again_shows_nothing_of_its_end_and_its_old_process_writes_no_more(
    any_store: Store,
) -> None:
    (run,) = opened(any_store, 1)
    with any_store.runs.claim(run) as lease:
        any_store.runs.release(run, lease.number, "it was killed")  # it seemed dead
        any_store.queue.join(run)
        with pytest.raises(LeaseLost):
            lease.renew()
        lease.ended = True
    known = any_store.runs.get(run)
    assert (known.status, known.problem, known.ended_at) == ("waiting", "", None)


def test_of_two_servers_that_look_at_once_one_starts_the_run(any_store: Store) -> None:
    (run,) = queued(any_store, 1)
    together, found = threading.Barrier(6), []

    def look() -> None:
        together.wait()
        found.append(taken(any_store, 64))

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=str) == sorted([run, *[None] * 5], key=str)


def test_a_run_that_is_not_there_cannot_wait(any_store: Store) -> None:
    with pytest.raises(UnknownName):
        any_store.queue.join("nosuchrun")


@pytest.mark.parametrize("setting", ["0", "65", "two", "1.5", "-1", ""])
def test_a_setting_that_is_no_number_of_runs_is_refused(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEATCHECK_RUNS_AT_ONCE", raising=False)
    assert at_once() == 1
    monkeypatch.setenv("HEATCHECK_RUNS_AT_ONCE", "3")
    assert at_once() == 3
    monkeypatch.setenv("HEATCHECK_RUNS_AT_ONCE", setting)
    with pytest.raises(BadParameter, match="from 1 to 64"):
        at_once()
