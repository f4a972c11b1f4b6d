"""A run's question with more methods or images. It is another question, so it has another id; what
stays the same in it is copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatcheck.core.errors import RunProblem
from heatcheck.inputs import image_sets, masks
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.labels import listed
from heatcheck.runs import questions
from heatcheck.runs.copying import Copied, copied
from heatcheck.runs.leases import Status
from heatcheck.runs.records import Run
from heatcheck.runs.specs import RunSpec, ask
from heatcheck.runs.store import Store


def extended(
    spec: RunSpec,
    methods: Sequence[str | Mapping[str, Any]] = (),
    images: Sequence[str] = (),
    *,
    sample: int = 0,
    whole: bool = False,
    found: ImageSet | None = None,
) -> RunSpec:
    """What `spec` asks, and more: these methods behind its own, these images of its set by name, or
    a larger sample of it drawn with the same seed, or the whole set. All else stays.

    Raises:
        RunProblem: nothing is added, or an image of the run is gone or has changed. HeatcheckError:
        what `ask` raises.
    """
    if not (methods or images or whole or sample > spec.sample):
        raise RunProblem("Expected methods or images to add. Got none. Name at least one.")
    if sample and (images or whole):
        raise RunProblem(
            "Expected a larger sample, names of images, or all. Got two of these. Say one."
        )
    questions.check_sources((*spec.methods, *spec.metrics), spec.plugins)
    if spec.masks:
        there = (found or image_sets.read(spec.source)).by_name
        known = [there[image.name] for image in spec.images if image.name in there]
        masks.again(spec.masks, spec.masks_digest, known)
    asked = {key: value for key, value in spec.as_asked.items() if key not in ("plugins", "sample")}
    if whole:
        asked.pop("only", None)
    elif sample or (spec.sample and not images):
        asked["sample"] = sample or spec.sample
    else:
        asked["only"] = [*(image.name for image in spec.images), *images]
    asked["source"] = asked.pop("images")
    asked["methods"] = [*asked["methods"], *methods]
    more = ask(**asked, found=found)
    kept = {(image.name, image.digest) for image in more.images}
    gone = [one.name for one in spec.images if (one.name, one.digest) not in kept]
    if gone:
        raise RunProblem(
            f"Expected all images of the run in {spec.source}. Got {len(gone)} that are gone, have "
            f"changed or are not drawn any more: {listed(gone)}. Start a new run."
        )
    return more


def copy_what_stays(store: Store, run: Run, spec: RunSpec) -> Copied:
    """Copy the cells of a run into that of a larger question: maps and the scores that need no
    other image; second visits too where the images are the same. A run that is finished is left
    alone.
    """
    made = store.runs.open(spec)
    if store.runs.get(made).status == Status.FINISHED:
        return Copied()
    keys = {key: spec.keys[method] for key, method in run.spec.keyed.items() if method in spec.keys}
    alike = [image.as_json for image in run.spec.images] == [image.as_json for image in spec.images]
    same_circle = alike and not (run.spec.until or spec.until)
    return copied(store, store, run.id, into=made, methods=keys, compared=same_circle)
