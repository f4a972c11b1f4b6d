"""Methods and metrics of one's own, named on the command line or in a spec file."""

from __future__ import annotations

from collections.abc import Sequence


def load(modules: Sequence[str]) -> None:
    """Load plugins here and in the processes that this one starts.

    Raises:
        BadParameter: one is no module, or cannot be imported.
    """
    from heatcheck.runs.questions import plugged

    plugged(modules)
