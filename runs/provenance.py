"""What a run notes of where it ran: facts by name, and notes on its network, a sentence each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NOTES = "notes"  # the key under which the sentences stand, a line each


def noted(facts: Mapping[str, str], notes: Sequence[str]) -> dict[str, str]:
    """Facts and notes as they are stored; without a line where there are no notes."""
    return {**facts, **({NOTES: "\n".join(notes)} if notes else {})}


def facts_of(provenance: Mapping[str, str]) -> dict[str, str]:
    """The facts, without the notes."""
    return {name: value for name, value in provenance.items() if name != NOTES}


def notes_of(provenance: Mapping[str, str]) -> tuple[str, ...]:
    """What was said of the network when it was loaded, a sentence each."""
    return tuple(filter(None, provenance.get(NOTES, "").split("\n")))


def continued(known: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """What was noted before and what a process that goes on finds: both stand where they differ,
    `14, then 4`; each note once.
    """
    notes = dict.fromkeys((*notes_of(known), *notes_of(added)))
    facts = {name: _both(known.get(name), value) for name, value in facts_of(added).items()}
    return noted({**facts_of(known), **facts}, tuple(notes))


def _both(before: str | None, value: str) -> str:
    if before is None:
        return value
    return before if before.split(", then ")[-1] == value else f"{before}, then {value}"
