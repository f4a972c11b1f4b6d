"""A run's question with more methods or images, and what of the run stays the same in it."""

from __future__ import annotations

from collections.abc import Sequence

from heatcheck.core.errors import RunProblem
from heatcheck.runs import questions, specs
from heatcheck.runs.copying import Copied, copied
from heatcheck.runs.records import Run
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store


def extended(
    spec: RunSpec,
    methods: Sequence[str] = (),
    source: str = "",
    only: Sequence[str] = (),
    sample: int = 0,
) -> RunSpec:
    """The same question with more: metrics keep their parameters, so that scores stay the same.

    Args:
        spec: the question there is.
        methods: names of methods to add; those that it has already count once.
        source: a folder in place of the run's, with all its images and more; the same where empty.
        only: names of images to add, of a run that is of some of its folder's.
        sample: how many images are drawn, more than the run's own; drawn with the same seed, a
            larger sample holds the smaller one.

    Raises:
        RunProblem: nothing is added, or an image of the run is no longer there. HeatcheckError:
            what `specs.ask` raises.
    """
    asked = spec.as_asked
    questions.plugged(asked.pop("plugins", ()))
    known = {method.digest for method in spec.methods}
    added = [name for name in methods if questions.method_of(name).digest not in known]
    asked["methods"] = [*asked["methods"], *added]
    asked["source"] = source or asked.pop("images")
    asked.pop("images", None)
    if sample:
        asked.pop("only", None)
        asked["sample"] = sample
    elif only:
        asked.pop("sample", None)
        asked["only"] = list(dict.fromkeys([*(image.name for image in spec.images), *only]))
    elif source and (spec.only or spec.sample):  # all of the other folder
        asked.pop("only", None)
        asked.pop("sample", None)
    larger = specs.ask(**asked)
    there = {image.name: image.digest for image in larger.images}
    gone = [image.name for image in spec.images if there.get(image.name) != image.digest]
    if gone:
        raise RunProblem(
            f"Expected all images of the run among those of {larger.source}, with the same bytes. "
            f"{len(gone)} are not: {', '.join(gone[:3])}. Put them back, or start a new run."
        )
    if larger.id == spec.id:
        raise RunProblem(
            "Expected methods or images that the run does not have. Got those that it has. Name "
            "others."
        )
    return larger


def copy_what_stays(store: Store, run: Run, spec: RunSpec) -> Copied:
    """Copy the cells of a run into the run of a larger question: maps and the scores that need no
    other image; second visits too where the images are the same.
    """
    keys = {key: spec.keys[method] for key, method in run.spec.keyed.items()}
    alike = [image.as_json for image in run.spec.images] == [image.as_json for image in spec.images]
    return copied(store, store, run.id, into=spec.id, methods=keys, compared=alike)
