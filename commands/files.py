"""Files that commands write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heatcheck.core.errors import BadParameter


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the operating system refuses becomes a sentence. Raises BadParameter."""
    try:
        yield
    except OSError as error:
        raise BadParameter(
            f"Expected to write {error.filename or path}. {error.strerror}. Choose a place that "
            "can be written."
        ) from error
