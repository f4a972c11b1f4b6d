"""What a worker of a Dask cluster does before its first cell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from distributed import WorkerPlugin, get_client

from heatcheck.core import plugins
from heatcheck.inputs import travelling
from heatcheck.runs import cluster, device_lock


class Setup(WorkerPlugin):
    """Hands a worker what the run was told. The cluster decides who computes where, so a worker
    takes no lock; files that are not on its machine it asks the scheduler for.

    Args:
        environment: variables of whoever started the run.
    """

    name = "heatcheck"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)

    def setup(self, worker: Any) -> None:
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
