"""Processes that are killed at many moments: the state shown is right soon after, and a run that
goes on ends as one that nobody disturbed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from heatcheck.runs import engine, specs
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.leases import Status
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store

LEASE = "2"  # seconds
SOON = 5.0  # seconds until the state must be right
ENDING = 30.0  # seconds that a process may take to end
SHORT = {
    "methods": ["random", "centre_prior"],
    "metrics": ["total_variation", "deletion_exchange"],
    "points": 3,
    "only": ["photo_00", "photo_01", "photo_02"],
}
STEPS = 12  # two visits to each of six cells
MOMENTS = (0, 1, 3, 6, 8, 11)  # steps that are committed when the process is killed
SERVER = """
import sys
from heatcheck.runs import specs
from heatcheck.server import service
service.workbench().warm = lambda classifier: None
service.wake()
for line in sys.stdin:
    print(service.start_run(specs.ask(**eval(line))), flush=True)
"""


@pytest.fixture(scope="module")
def spec() -> RunSpec:
    return specs.ask(**SHORT)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def undisturbed(spec: RunSpec, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The table of the same run, which nobody disturbed."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('undisturbed') / 'store.db'}")
    engine.execute(spec, store, InProcess())
    table = comparable(store, spec.id)
    store.engine.dispose()
    return table


def comparable(store: Store, run: str) -> pd.DataFrame:
    """A run's table without what a clock measured."""
    table = store.results.table(run)
    return table.drop(columns=[name for name in ("seconds", "device", "machine") if name in table])


@pytest.fixture
def settings(store: Store) -> dict[str, str]:
    return {
        **os.environ,
        "HEATCHECK_DATABASE_URL": store.url,
        "HEATCHECK_LEASE_SECONDS": LEASE,
        "OMP_WAIT_POLICY": "PASSIVE",
    }


@pytest.fixture(autouse=True)
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATCHECK_LEASE_SECONDS", LEASE)


def waited(true: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def reached(store: Store, run: str, steps: int) -> Callable[[], bool]:
    def there() -> bool:
        known = {one.id: one for one in store.runs.all()}.get(run)
        return known is not None and known.status == Status.RUNNING and known.done >= steps

    return there


@contextmanager
def driver(settings: dict[str, str], *verb: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-m", "heatcheck.cli", *verb]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=settings, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def asked(spec: RunSpec) -> tuple[str, ...]:
    only, methods = ",".join(SHORT["only"]), ",".join(SHORT["methods"])  # type: ignore[arg-type]
    metrics = ",".join(SHORT["metrics"])  # type: ignore[arg-type]
    words = ("--only", only, "--methods", methods, "--metrics", metrics, "--points", "3")
    return ("run", *words)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def goes_on_as_undisturbed(
    store: Store, run: str, settings: dict[str, str], undisturbed: pd.DataFrame
) -> None:
    with driver(settings, "resume", run) as process:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    known = store.runs.get(run)
    assert (known.status, known.done, known.failures) == (Status.FINISHED, STEPS, 0)
    pd.testing.assert_frame_equal(comparable(store, run), undisturbed)


def is_interrupted(store: Store, run: str) -> Callable[[], bool]:
    return lambda: store.runs.get(run).status == Status.INTERRUPTED


@pytest.mark.parametrize(
    "steps",  # one moment in every run of the tests, all six in the long ones
    [pytest.param(steps, marks=() if steps == 3 else pytest.mark.long) for steps in MOMENTS],
)
def test_a_driver_that_is_killed_is_interrupted_soon_and_goes_on(
    steps: int,
    store: Store,
    spec: RunSpec,
    settings: dict[str, str],
    undisturbed: pd.DataFrame,
) -> None:
    with driver(settings, *asked(spec)) as process:
        waited(reached(store, spec.id, steps), 300, "the run did not get there")
        process.send_signal(signal.SIGKILL)
        waited(is_interrupted(store, spec.id), SOON, "it is still shown as running")
    goes_on_as_undisturbed(store, spec.id, settings, undisturbed)


@pytest.mark.parametrize(
    "steps",  # ten moments in the long tests, one in all
    [pytest.param(steps, marks=() if steps == 4 else pytest.mark.long) for steps in range(10)],
)
def test_a_worker_that_is_killed_is_replaced_and_the_run_goes_on(
    steps: int,
    store: Store,
    spec: RunSpec,
    settings: dict[str, str],
    undisturbed: pd.DataFrame,
) -> None:
    with driver(settings, *asked(spec)) as process:
        waited(lambda: len(workers(process.pid)) == 1, 300, "no worker")
        waited(reached(store, spec.id, steps), 300, "the run did not get there")
        (first,) = workers(process.pid)
        os.kill(first, signal.SIGKILL)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    known = store.runs.get(spec.id)
    assert (known.status, known.done, known.failures) == (Status.FINISHED, STEPS, 0)
    pd.testing.assert_frame_equal(comparable(store, spec.id), undisturbed)


def workers(pid: int) -> list[int]:
    """The processes of a pool: those that were spawned, without the one that tracks resources."""
    return [one for one in children(pid) if "spawn_main" in command_line(one)]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@contextmanager
def server(settings: dict[str, str], *, takes_up: bool = False) -> Iterator[subprocess.Popen[str]]:
    """What `heatcheck serve` holds, without a page: it starts the runs that it is told."""
    pipe = subprocess.PIPE
    settings = {**settings, "HEATCHECK_AUTOSTART": "1" if takes_up else "0"}
    command = [sys.executable, "-P", "-c", SERVER]
    with subprocess.Popen(command, env=settings, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def start(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{SHORT!r}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


@pytest.mark.long
@pytest.mark.parametrize("steps", MOMENTS)
def test_a_server_that_is_killed_with_its_run_takes_it_up_again(
    steps: int,
    store: Store,
    spec: RunSpec,
    settings: dict[str, str],
    undisturbed: pd.DataFrame,
) -> None:
    with server(settings) as process:
        run = start(process)
        assert run == spec.id
        waited(reached(store, run, steps), 300, "the run did not get there")
        (begun,) = runs_of(process.pid)
        process.kill()
        os.kill(begun, signal.SIGKILL)
    with server(settings, takes_up=True):
        waited(lambda: store.runs.get(run).status == Status.FINISHED, 300, "not taken up")
    pd.testing.assert_frame_equal(comparable(store, run), undisturbed)


def runs_of(pid: int) -> list[int]:
    return [one for one in children(pid) if " resume " in command_line(one)]


def test_a_run_that_is_killed_under_a_server_is_interrupted_while_the_server_lives(
    store: Store, spec: RunSpec, settings: dict[str, str], undisturbed: pd.DataFrame
) -> None:
    """It was a zombie, which answers every signal: it was shown as running until the server ended,
    and could neither go on nor be deleted.
    """
    with server(settings) as process:
        run = start(process)
        waited(reached(store, run, 1), 300, "the run did not get there")
        (begun,) = runs_of(process.pid)
        os.kill(begun, signal.SIGKILL)
        waited(is_interrupted(store, run), SOON, "it is still shown as running")
        waited(lambda: not Path(f"/proc/{begun}").exists(), SOON, "it is a zombie")
        assert start(process) == run  # go on
        waited(reached(store, run, 2), 300, "it did not go on")
        assert start(process) == run  # pressed twice
        assert len(runs_of(process.pid)) == 1
        waited(lambda: store.runs.get(run).status == Status.FINISHED, 300, "not finished")
    pd.testing.assert_frame_equal(comparable(store, run), undisturbed)


@pytest.mark.long
def test_a_run_that_a_killed_server_leaves_alive_is_left_to_itself(
    store: Store, spec: RunSpec, settings: dict[str, str], undisturbed: pd.DataFrame
) -> None:
    with server(settings) as process:
        run = start(process)
        waited(reached(store, run, 1), 300, "the run did not get there")
        (begun,) = runs_of(process.pid)
        process.kill()
    with server(settings, takes_up=True) as another:
        waited(lambda: store.runs.get(run).status == Status.FINISHED, 300, "not finished")
        assert runs_of(another.pid) == []
    waited(lambda: not Path(f"/proc/{begun}").exists(), ENDING, "its process did not end")
    pd.testing.assert_frame_equal(comparable(store, run), undisturbed)


def test_two_drivers_at_once_are_one(
    store: Store, spec: RunSpec, settings: dict[str, str], undisturbed: pd.DataFrame
) -> None:
    with driver(settings, *asked(spec)) as first, driver(settings, *asked(spec)) as second:
        ends = [process.communicate(timeout=300) for process in (first, second)]
        codes = sorted(process.returncode for process in (first, second))
    assert codes in ([0, 2], [0, 0]), ends  # the later one may find it finished
    if codes == [0, 2]:
        assert any("is running in another process" in errors for _, errors in ends)
    assert not any("Traceback" in errors for _, errors in ends)
    pd.testing.assert_frame_equal(comparable(store, spec.id), undisturbed)


def test_a_waiting_run_that_is_cancelled_is_not_begun_by_its_server(
    store: Store, spec: RunSpec, settings: dict[str, str]
) -> None:
    with server(settings) as process:
        run = start(process)
        store.runs.ask_to_stop(run)
        waited(lambda: store.runs.get(run).status == Status.CANCELLED, 300, "not cancelled")
        waited(lambda: runs_of(process.pid) == [], ENDING, "its process lives")
    assert store.runs.get(run).done == 0
    with server(settings, takes_up=True) as another:  # and not by the next one
        other = start_other(another)
        waited(reached(store, other, 1), 300, "another run did not start")
    assert store.runs.get(run).status == Status.CANCELLED


def start_other(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{ {**SHORT, 'seed': 1}!r}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()
