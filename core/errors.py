"""What can go wrong, as one tree. Every message says what was expected, what came, and what to do.

HeatcheckError             anything we raise on purpose; pages show it, the log has the traceback
|-- UnknownName            a method, metric, classifier or run that is not there; names the nearest
|-- BadParameter           a parameter outside its type, range or choices
|-- DoesNotApply           a method cannot explain this model, with the reason
|-- DegenerateMap          a map on which a metric has no value (constant, all zero, not finite)
|-- BadImage               bytes that are not an image we take
|-- ClassifierUnavailable  weights that cannot be had here
|-- RunProblem             a run that cannot start, go on, or be read
|   |-- RunTaken           another process works on the run
|   |-- LeaseLost          another process works on the run now, or it was ended: nothing is written
|   `-- StoreProblem       the database cannot be opened, read or written
`-- NotAllowed             what a team session refuses: a link, a vote, a change
    `-- NotInSight         a vote on another pair than the one in sight
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN = 80  # characters of what came that a message repeats
LISTED = 60  # names that a message lists


class HeatcheckError(Exception):
    """Anything Heatcheck raises on purpose."""


class UnknownName(HeatcheckError):
    """A name that is not registered."""


def unknown(kind: str, name: str, known: Iterable[str], advice: str = "") -> UnknownName:
    """An UnknownName that lists what is known and names the nearest."""
    known = list(known)
    near = difflib.get_close_matches(name[:SHOWN], known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    listed = ", ".join(known[:LISTED]) or "none"
    more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    one = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    return UnknownName(
        f"Expected the name of {one}. Got {shown(name)}.{hint} Known: "
        f"{listed}{more}.{' ' + advice if advice else ''}"
    )


def shown(value: object) -> str:
    """A value as a message repeats it: its repr, cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write out a whole number of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


def first_line(error: BaseException) -> str:
    """The first line of what an error says; its kind where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


class BadParameter(HeatcheckError):
    """A parameter outside its type, range or choices."""


class DoesNotApply(HeatcheckError):
    """A method that cannot explain this model."""


class DegenerateMap(HeatcheckError):
    """A map on which a metric has no value."""


class BadImage(HeatcheckError):
    """Bytes that are not an image we take."""


class ClassifierUnavailable(HeatcheckError):
    """Weights that cannot be had on this machine."""


class RunProblem(HeatcheckError):
    """A run that cannot start, go on, or be read."""


class RunTaken(RunProblem):
    """Another process works on the run."""


class LeaseLost(RunProblem):
    """Another process works on the run now, or it was ended: nothing of this one is written."""


class StoreProblem(RunProblem):
    """The database cannot be opened, read or written; `unsure` where a transaction may have been
    committed all the same.
    """

    unsure = False


class NotAllowed(HeatcheckError):
    """What a team session refuses: a link that opens nothing, a vote that is not one's own, a
    change after the end.
    """


class NotInSight(NotAllowed):
    """A vote on another pair than the one that the person has in sight."""
