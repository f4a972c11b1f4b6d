"""What a run notes of where it ran: facts by name, and notes on its network, a sentence each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from heatcheck.core.errors import RunProblem
from heatcheck.inputs.image_sets import ImageSet

NOTES = "notes"  # the key under which the sentences stand, a line each
IMAGE_NOTES = "image_notes"  # those on the set of images
DEPTH = "image_depth"
DECIDED = "decided"  # the sentence on a comparison for which a run stopped


def noted(
    facts: Mapping[str, str], notes: Sequence[str] = (), images: Sequence[str] = ()
) -> dict[str, str]:
    """Facts and notes as they are stored; without a line where there are no notes."""
    lines = {NOTES: notes, IMAGE_NOTES: images}
    return {**facts, **{key: "\n".join(told) for key, told in lines.items() if told}}


def facts_of(provenance: Mapping[str, str]) -> dict[str, str]:
    """The facts, without the notes."""
    return {name: told for name, told in provenance.items() if name not in (NOTES, IMAGE_NOTES)}


def facts_on(found: ImageSet, known: Mapping[str, str]) -> dict[str, str]:
    """The depth of a run's set of images, where it has one.

    Raises:
        RunProblem: the run began with another, so that its pictures would differ in brightness.
    """
    now = f"{found.bits} bits" if found.bits else ""
    before = known.get(DEPTH, "")
    if before and before != now:
        raise RunProblem(
            f"Expected the images as they were when the run began: their values were scaled by "
            f"{before}, by the largest of the folder. Now it is {now or 'none'}. Put the folder "
            "back as it was, or start a new run."
        )
    return {DEPTH: now} if now else {}


def image_notes_of(provenance: Mapping[str, str]) -> tuple[str, ...]:
    """What was said of the set of images: what was left out, how pictures were scaled, which labels
    mean no class; a sentence each.
    """
    return tuple(filter(None, provenance.get(IMAGE_NOTES, "").split("\n")))


def notes_of(provenance: Mapping[str, str]) -> tuple[str, ...]:
    """What was said of the network when it was loaded, a sentence each."""
    return tuple(filter(None, provenance.get(NOTES, "").split("\n")))


def continued(known: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """What was noted before and what a process that goes on finds: both stand where they differ,
    `14, then 4`; each note once.
    """
    notes = dict.fromkeys((*notes_of(known), *notes_of(added)))
    images = dict.fromkeys((*image_notes_of(known), *image_notes_of(added)))
    facts = {name: _both(known.get(name), value) for name, value in facts_of(added).items()}
    return noted({**facts_of(known), **facts}, tuple(notes), tuple(images))


def _both(before: str | None, value: str) -> str:
    if before is None:
        return value
    return before if before.split(", then ")[-1] == value else f"{before}, then {value}"
