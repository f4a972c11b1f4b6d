"""What tests have a worker process do: in a module that it can import."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

LARGE = 1 << 20  # bytes, more than a pipe holds


def dies() -> None:
    """End the worker."""
    os.kill(os.getpid(), signal.SIGKILL)


def dies_in_mid_answer() -> bytes:
    """End the worker when half of its answer is on the way."""
    whole = Connection._send

    def half(self: Connection, answer: bytes) -> None:
        if len(answer) > LARGE:
            whole(self, answer[: len(answer) // 2])
            dies()
        whole(self, answer)

    Connection._send = half
    return bytes(2 * LARGE)


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
