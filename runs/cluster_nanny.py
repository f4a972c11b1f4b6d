"""For `dask worker --preload-nanny heatcheck.runs.cluster_nanny`: the environment in which a worker
process starts, which cannot be changed later.
"""

from __future__ import annotations

import os
from typing import Any

from heatcheck.runs.processes import WORKER_ENVIRONMENT

THREADS = "OMP_NUM_THREADS"  # Dask says 1 where nobody says more


def dask_setup(nanny: Any) -> None:
    """Called by Dask before the worker process starts: the allocator's settings, and the threads
    that the nanny's own environment names.
    """
    told = {THREADS: os.environ[THREADS]} if THREADS in os.environ else {}
    nanny.pre_spawn_env.update({**WORKER_ENVIRONMENT, **told})
    nanny.env.update({**WORKER_ENVIRONMENT, **told})
