"""Which other images of a run lend an image their maps."""

from __future__ import annotations

from collections.abc import Callable

from heatcheck.core.digests import digest_of
from heatcheck.runs.cells import Partner
from heatcheck.runs.specs import RunSpec, SpecImage


def ring(spec: RunSpec) -> list[SpecImage]:
    """The run's images in a seeded circle: each is compared with those that follow it. Another
    image changes few neighbours.
    """
    return sorted(spec.images, key=lambda image: digest_of([spec.seed, image.digest, "ring"]))


def partners_of(
    spec: RunSpec, image: SpecImage, wanted: int, lent: Callable[[str], Partner | None]
) -> tuple[Partner, ...]:
    """What the images that follow in the ring lend, as many as are wanted, each of another sample.

    An image of the same sample shows the same thing, and its map would be no other one; two of one
    other sample would count it twice.

    Args:
        spec: the run.
        image: who borrows.
        wanted: how many partners at most.
        lent: what an image lends, by its name; None where it has nothing to lend.
    """
    circle = ring(spec)
    here = circle.index(image)
    met = {spec.samples[image.name]}
    partners: list[Partner] = []
    for other in (*circle[here + 1 :], *circle[:here]):
        if len(partners) == wanted:
            break
        if spec.samples[other.name] not in met and (partner := lent(other.name)) is not None:
            met.add(spec.samples[other.name])
            partners.append(partner)
    return tuple(partners)
