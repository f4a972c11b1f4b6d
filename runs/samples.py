"""Which images of a run are one sample: those of one group, and those with the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping


def samples_of(images: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Which sample each image belongs to, by the images' names: the group that one of them has, or
    the first image with the same bytes.

    Args:
        images: name, digest of the bytes and group (empty for none) of each.
    """
    listed = list(images)
    sample_of_bytes: dict[str, str] = {}
    for name, digest, group in listed:
        sample_of_bytes.setdefault(digest, group or name)
    return {name: group or sample_of_bytes[digest] for name, digest, group in listed}


def size_of(images: int, samples: int) -> str:
    """`20 images`, or `20 images, 8 samples` where some belong together."""
    counts = [(images, "image"), *([(samples, "sample")] if samples != images else [])]
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)


def grouping_of(samples: Mapping[str, str]) -> str:
    """How images make samples, in a sentence; empty where each is its own."""
    members = Counter(samples.values())
    if all(image == sample for image, sample in samples.items()):
        return ""
    alone = sum(count == 1 for count in members.values())
    return (
        f"{size_of(len(samples), len(members))}: "
        f"{alone or 'no'} image{'' if alone == 1 else 's'} stand{'s' if alone == 1 else ''} alone."
    )
