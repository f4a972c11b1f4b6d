"""What is measured: by the word after the command; speed and memory where there is none."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

# of the allocator: they must stand when the process starts
SETTINGS = {
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
}


def main(words: Sequence[str]) -> None:
    """Print a table. Exits with a message where the words name none."""
    match words:
        case []:
            from heatcheck.tools.bench import curves, integrals, memory, methods
            from heatcheck.tools.bench.subject import Subject

            subject = Subject.load()
            methods.print_speed(subject)
            curves.print_speed(subject)
            integrals.print_speed(subject)
            memory.print_peaks()
        case ["memory", steps]:
            from heatcheck.tools.bench import memory

            memory.print_own_peak(int(steps))
        case ["curves"]:
            from heatcheck.tools.bench import curves

            curves.print_accuracy()
        case ["integral"] | ["integral", _]:
            from heatcheck.tools.bench import integrals

            integrals.print_gaps(int(words[1]) if len(words) > 1 else 0)
        case ["designs"]:
            from heatcheck.tools.bench import designs

            designs.print_designs()
        case ["passes"]:
            from heatcheck.tools.bench import passes

            passes.print_passes()
        case ["budget", run]:
            from heatcheck.tools.bench import budget

            budget.print_budget(run)
        case _:
            sys.exit(
                "Expected nothing, curves, designs, integral, integral N, passes or budget RUN. "
                f"Got {' '.join(words)}."
            )


if __name__ == "__main__":
    if any(os.environ.get(key) != value for key, value in SETTINGS.items()):
        command = [sys.executable, "-m", "heatcheck.tools.bench", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **SETTINGS})
    main(sys.argv[1:])
