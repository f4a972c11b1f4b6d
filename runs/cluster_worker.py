"""What a worker of a Dask cluster does before its first cell."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from distributed import WorkerPlugin, get_client, get_worker

from heatcheck.core import plugins
from heatcheck.core.errors import RunProblem
from heatcheck.inputs import travelling
from heatcheck.runs import cluster, device_lock, worker


class Setup(WorkerPlugin):
    """Hands a worker what the run was told. The cluster decides who computes where, so a worker
    takes no lock; files that are not on its machine it asks the scheduler for.

    Args:
        environment: variables of whoever started the run.
    """

    name = "heatcheck"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)

    def setup(self, worker: Any) -> None:  # Dask calls it by this name
        """Called by Dask on each worker, once, also on those that join later."""
        os.environ.update(self.environment)
        os.environ[device_lock.ALONE] = "1"
        travelling.ask_with(lent)
        plugins.load_named()


def lent(digest: str) -> bytes | None:
    """The bytes of a file that whoever started the run has published; None where there is none."""
    client = get_client()
    name = f"{cluster.LENT}{digest}"
    if name not in client.list_datasets():
        return None
    content: bytes = client.get_dataset(name).result()
    return content


def guarded(versions: Mapping[str, str], work: Callable[..., Any], *args: Any, **words: Any) -> Any:
    """What the work gives, on a worker that computes as the others do; also one that joined late.

    Raises:
        RunProblem: the worker has several threads, or other versions.
    """
    here = get_worker()
    if here.state.nthreads != 1:
        raise RunProblem(
            f"Expected workers of one thread. {here.address} has {here.state.nthreads}. Start each "
            "with: dask worker --nthreads 1"
        )
    own = _versions()
    for package, version in versions.items():
        if own.get(package) != version:
            raise RunProblem(
                f"Expected {package} {version} on all workers. {here.address} has "
                f"{own.get(package, 'none')}. Install the same version."
            )
    return work(*args, **words)


@cache
def _versions() -> dict[str, str]:
    return worker.versions()
