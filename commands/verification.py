"""Maps of a run computed again: whether this machine still gives what the store has."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from heatcheck.commands.devices import compute_on
from heatcheck.commands.runs import worker_processes
from heatcheck.commands.stores import opened, run_in
from heatcheck.commands.tables import aligned

if TYPE_CHECKING:
    from heatcheck.runs.verification import Difference, Verification

DIFFER = 1  # the exit code where something is further apart than the tolerance
SHOWN = 5  # sentences of values that have become errors, or the other way round


def verify(arguments: argparse.Namespace) -> int:
    """Compute maps of a run again and print how far they and their scores lie from the stored ones;
    0 where all are within the tolerance, else 1.
    """
    from heatcheck.runs import verification

    compute_on(arguments.device)
    with opened(arguments.store) as store, worker_processes() as pool:
        run = run_in(store, arguments.run)
        made = verification.verify(run, store, pool, arguments.sample, arguments.seed)
    tolerance = verification.TOLERANCE if arguments.tolerance is None else arguments.tolerance
    for line in made.elsewhere:
        print(f"other than when the run was made: {line}")
    print("\n".join(_table(made)))
    for line in made.broken[:SHOWN]:
        print(line)
    if len(made.broken) > SHOWN:
        print(f"and {len(made.broken) - SHOWN} more")
    print(_said(made, tolerance))
    return 0 if made.within(tolerance) else DIFFER


def _table(made: Verification) -> list[str]:
    """A line a metric, the maps first."""
    heads = ("", "compared", "unequal", "largest difference", "relative", "where")
    return aligned(heads, [_line(one) for one in made.differences])


def _line(one: Difference) -> tuple[str, ...]:
    where = f"{one.place[1]} on {one.place[0]}" if one.place and one.unequal else ""
    numbers = _tiny(one.absolute), _tiny(one.relative)
    return one.name, str(one.compared), str(one.unequal), *numbers, where


def _tiny(number: float) -> str:
    """A difference in full, to three digits, however small."""
    import numpy as np

    return str(np.format_float_positional(number, precision=3, fractional=False, trim="-"))


def _said(made: Verification, tolerance: float) -> str:
    """In words: `20 of 140 maps computed again: equal.`"""
    from heatcheck.core.numbers import in_full

    again = f"{len(made.places):,} of {made.there:,} maps computed again"
    if not made.maps_kept:
        again += " (none is kept, so their scores alone are compared)"
    if made.equal:
        return f"{again}: equal."
    if made.within(tolerance):
        return f"{again}: not equal to the last bit, but all within {in_full(tolerance)}."
    from heatcheck.runs.verification import TOLERANCE

    names = [one.name for one in made.differences if one.excess * TOLERANCE > tolerance]
    errors = f" {len(made.broken)} errors came or went." if made.broken else ""
    over = f" Further apart than {in_full(tolerance)}: {', '.join(names)}." if names else ""
    return f"{again}: different.{over}{errors}"
