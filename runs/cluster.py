"""A Dask cluster as workers: cells go to its workers, nothing above the executor changes.

`distributed` is an extra: pip install 'heatcheck[dask]'. Workers have one thread each, since a
network is changed by hooks while it is explained. Files of weights travel by digest: a worker that
lacks one asks the scheduler for it, once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heatcheck.core import plugins
from heatcheck.core.errors import BadParameter, RunProblem
from heatcheck.inputs import classifier_names, devices
from heatcheck.runs import worker

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 60.0  # seconds that a cluster may take to answer, or to have its first worker
FRESH = 2.0  # seconds for which a count of workers is not asked for again
HANDED = (devices.VARIABLE, plugins.VARIABLE)  # of the environment here, to workers
LENT = "heatcheck-file-"  # before the digest, in the name of what is published


class Cluster(Executor):
    """The workers of a cluster. What is submitted waits at its scheduler."""

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address
        self._tasks = client.get_executor(pure=False)
        self._counted = (0.0, 1)
        self._alone_since: float | None = None  # since when there has been no worker
        self._versions = worker.versions()

    @property
    def count(self) -> int:
        """How many workers there are now; those that join later count too.

        Raises:
            RunProblem: the scheduler is gone, or has had no worker for a minute.
        """
        now = time.monotonic()
        if now - self._counted[0] > FRESH:
            try:
                there = len(self._client.nthreads())
            except (OSError, RuntimeError) as error:
                raise self._gone() from error
            self._counted = now, max(1, there)
            self._alone_since = None if there else self._alone_since or now
            if self._alone_since and now - self._alone_since > PATIENCE:
                raise RunProblem(
                    f"The cluster at {self._address} has had no worker for {PATIENCE:.0f} s. What "
                    "was done is kept. Start workers, then go on with: heatcheck resume"
                )
        return self._counted[1]

    def submit(self, work: Any, /, *args: Any, **words: Any) -> Future[Any]:
        """The work's answer to come; BrokenProcessPool where workers died over it."""
        answer: Future[Any] = Future()
        answer.set_running_or_notify_cancel()
        from heatcheck.runs.cluster_worker import guarded

        inner = self._tasks.submit(guarded, self._versions, work, *args, **words)
        inner.add_done_callback(lambda ended: self._hand_on(ended, answer))
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take back what has not begun; the cluster's workers go on."""
        self._tasks.shutdown(wait=wait and not cancel_futures)

    def _hand_on(self, ended: Future[Any], answer: Future[Any]) -> None:
        from distributed.scheduler import KilledWorker

        try:
            answer.set_result(ended.result())
        except KilledWorker:
            answer.set_exception(BrokenProcessPool("workers died over it"))
        except CancelledError:
            answer.set_exception(self._gone())
        except BaseException as error:
            answer.set_exception(error)

    def _gone(self) -> RunProblem:
        return RunProblem(
            f"The cluster at {self._address} does not answer any more. What was done is kept. Go "
            "on with: heatcheck resume"
        )


@contextmanager
def joined(address: str, classifier: str) -> Iterator[Cluster]:
    """The workers of the cluster at an address, ready for runs of a classifier.

    Args:
        address: `tcp://HOST:PORT` of a scheduler, or the scheduler's file.
        classifier: whose files are lent to workers.

    Raises:
        BadParameter: Dask is not installed, there is no such file, nobody answers, no worker is
        there, one has several threads, or another version of Heatcheck or of what it computes with.
    """
    client = _client(address)
    try:
        _check(client, address)
        client.register_plugin(_setup())
        _lend(client, classifier)
        yield Cluster(client, address)
    finally:
        client.close(timeout=5)


def _client(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise BadParameter(
            "Expected Dask for --cluster. It is not installed. Say: pip install 'heatcheck[dask]'"
        ) from error
    place = {"address": address}
    if "://" not in address:
        if not Path(address).is_file():
            raise BadParameter(
                f"Expected tcp://HOST:PORT or a scheduler's file as --cluster. Got {address}, and "
                "there is no such file."
            )
        place = {"scheduler_file": address}
    try:
        client = Client(**place, timeout=PATIENCE, set_as_default=False)
        client.wait_for_workers(1, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise BadParameter(
            f"Expected a Dask scheduler with a worker at {address}. None answered within "
            f"{PATIENCE:.0f} s ({type(error).__name__}). Start them with: dask scheduler, and "
            "dask worker --nthreads 1"
        ) from error
    return client


def _check(client: Client, address: str) -> None:
    """Refuse workers that would compute something else. Raises BadParameter."""
    for name, threads in client.nthreads().items():
        if threads != 1:
            raise BadParameter(
                f"Expected workers of one thread at {address}. {name} has {threads}. Start each "
                "with: dask worker --nthreads 1"
            )
    own = worker.versions()
    try:
        there: Mapping[str, Any] = client.run(worker.versions)
    except ImportError as error:
        raise BadParameter(
            f"Expected Heatcheck on all workers at {address}. One lacks it ({error}). Install the "
            "same version there."
        ) from error
    for name, found in there.items():
        for package, version in own.items():
            if found.get(package) != version:
                raise BadParameter(
                    f"Expected {package} {version} on all workers at {address}, as here. {name} "
                    f"has {found.get(package, 'none')}. Install the same version."
                )


def _setup() -> Any:
    """What each worker does before its first cell, also one that joins later."""
    from heatcheck.runs.cluster_worker import Setup

    return Setup({name: os.environ[name] for name in HANDED if name in os.environ})


def _lend(client: Client, classifier: str) -> None:
    """Publish the files of a user's own network under their digests, unless they are."""
    network = classifier_names.read(classifier).network
    if network is None:
        return
    for path, digest in ((network.weights, network.sha256), (network.labels, network.says)):
        if path and digest and Path(path).is_file():
            content = client.scatter(Path(path).read_bytes(), broadcast=True)
            client.publish_dataset(content, name=f"{LENT}{digest}", override=True)
