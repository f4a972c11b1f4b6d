"""Worker processes: several at once, and one that dies takes no other job with it."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from heatcheck.runs import processes
from heatcheck.runs.processes import WorkerDied
from heatcheck.tests.doubles.worker_jobs import dies, meets, settings

MID_ANSWER = """
from heatcheck.runs import processes
from heatcheck.tests.doubles.worker_jobs import dies_in_mid_answer

with processes.local_workers() as workers:
    print(type(workers.submit(dies_in_mid_answer).exception(60)).__name__)
    print(workers.submit(abs, -3).result(60))
"""


def test_a_worker_that_dies_fails_its_job_alone() -> None:
    with processes.local_workers(2) as workers:
        jobs = [workers.submit(os.getpid if number != 3 else dies) for number in range(8)]
        with pytest.raises(WorkerDied):
            jobs[3].result(60)
        answers = [job.result(60) for number, job in enumerate(jobs) if number != 3]
        assert all(isinstance(answer, int) for answer in answers)
        assert workers.submit(abs, -3).result(60) == 3  # a new one took its place
        for _ in range(2):  # each of the two may die again
            with pytest.raises(WorkerDied):
                workers.submit(dies).result(60)
        assert [workers.submit(abs, -n).result(60) for n in range(3)] == [0, 1, 2]


def test_a_worker_that_dies_in_mid_answer_is_not_waited_for() -> None:
    """In a process of its own: whoever waits for the other half can only be ended."""
    command = [sys.executable, "-P", "-c", MID_ANSWER]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split() == ["WorkerDied", "3"], done.stderr


def test_several_workers_work_at_a_time_and_divide_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    with processes.local_workers(2) as workers:
        jobs = [workers.submit(meets, str(tmp_path), name) for name in "ab"]
        assert [job.result(120) for job in jobs] == ["a", "b"]
        told = workers.submit(settings).result(60)
    assert told["OMP_NUM_THREADS"] == "4"
    assert told["HEATCHECK_DEVICE_SLOT"] in "01"


def test_a_single_worker_has_the_whole_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with processes.local_workers() as workers:
        told = workers.submit(settings).result(60)
    assert "OMP_NUM_THREADS" not in told
    assert "HEATCHECK_DEVICE_SLOT" not in told


def test_what_has_not_begun_can_be_taken_back(tmp_path: Path) -> None:
    workers = processes.local_workers()
    first = workers.submit(meets, str(tmp_path), "a")
    second = workers.submit(abs, -1)
    assert second.cancel()
    (tmp_path / "b").touch()
    assert first.result(60) == "a"
    third = workers.submit(abs, -2)
    assert third.result(60) == 2
    workers.shutdown(cancel_futures=True)
    with pytest.raises(CancelledError):
        second.result(1)
    with pytest.raises(RuntimeError):
        workers.submit(abs, 1)
