"""What tests have a worker process do: in a module that it can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def dies() -> None:
    """End the worker."""
    os.kill(os.getpid(), signal.SIGKILL)


def settings() -> dict[str, str]:
    """The worker's environment."""
    return dict(os.environ)


def meets(folder: str, name: str) -> str:
    """Ends when the other one has begun too: so both work at a time."""
    (Path(folder) / name).touch()
    deadline = time.monotonic() + 120
    while len(list(Path(folder).iterdir())) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return name
