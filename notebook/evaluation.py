"""`heatcheck.evaluate`: a model object and images become a finished run, in this process."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heatcheck.core.errors import RunProblem
from heatcheck.core.randomness import untouched
from heatcheck.inputs import classifiers, handed_images, handed_models, memory
from heatcheck.inputs.images import from_png
from heatcheck.inputs.sizes import CROP
from heatcheck.notebook import progress as progress_of
from heatcheck.notebook.asked import (
    Asked,
    Makers,
    Maps,
    Masks,
    input_size,
    masks_of,
    specs_of,
    with_maps,
)
from heatcheck.notebook.result import Result
from heatcheck.notebook.stores import Place, opened
from heatcheck.runs import engine, specs
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.metric_settings import BUDGET
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.runs.target_rules import TOP

if TYPE_CHECKING:
    from torch import nn

NEAR = 1e-3  # of a probability, or of a score: two processes may differ in the last digits


def evaluate(
    model: nn.Module,
    images: object,
    *,
    labels: Sequence[str | int] | None = None,
    classes: Sequence[str] | None = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    output: str | None = None,
    methods: Asked | None = None,
    metrics: Asked | None = None,
    maps: Maps | None = None,
    made_by: Makers | None = None,
    masks: Masks = None,
    target: str = TOP,
    size: int | tuple[int, int] | None = None,
    fit: str = CROP,
    seed: int = 0,
    points: int | str = BUDGET,
    store: Place = None,
    progress: bool = True,
) -> Result:
    """Which attribution method may we trust, for this model, on these images?

    The same run as `heatcheck run` makes, in this process. A copy of the model is explained, so
    that yours stays as it is; while that is made ready, about twice the weights' memory is taken.

    Args:
        model: takes `[N,C,H,W]`, returns outputs `[N,K]`, a class each.
        images: a folder, a list of paths, of PIL images or of uint8 arrays `[H,W,3]`, an array
            `[N,H,W,3]`, or a tensor `[N,C,H,W]` of pixels in [0, 1].
        labels: the right class of each image, by name or by its place in `classes`. Images in one
            folder a class have theirs from it.
        classes: a name an output, in order.
        mean, std: of the model's normalisation, of pixels in [0, 1], one number a channel or one
            for all. Where they are left out the model gets pixels as they are.
        output: how the model's outputs are read: `softmax`, `sigmoid` (a probability each),
            `binary` (one logit of two classes) or `score` (a plain number). Where it is left out,
            one output is binary, several are softmax.
        methods, metrics: names, or mappings with a name and parameters; the standard ones where
            left out, all for `["all"]`; `heatcheck.captum_method` makes one of captum's.
        maps: heatmaps of another tool by a name for it, arrays `[H,W]` or `[C,H,W]` by the images'
            names, or in their order: they are scored as a method of that name.
        made_by: the method of ours that made such maps, by their name, so that ties among their
            pixels are broken as in its own.
        masks: where the objects are: a folder with a PNG an image, or arrays `[H,W]` by the images'
            names, or in their order; what is not zero is the object.
        target: which class of an image is explained: `top`, `second`, `label`, `class:NAME`, or
            `contrast:A,B`.
        size: of the model's input in pixels, a side, or height and width; where left out the
            images' own, if all are in memory and have the same.
        fit: how an image of another shape is brought to that size: `crop`, `squash` or `pad`.
        seed: of everything random.
        points: of each curve, as for `heatcheck run --points`.
        store: where the run is kept: a file, a SQLAlchemy URL or an open store. Where it is left
            out the run is kept as long as its result.
        progress: whether a bar says how far the run is.

    Returns:
        The result: `.answer`, `.table`, `.leaderboard`, `.verdicts`, `.curves`, `.maps`,
        `.report(path)`; in Jupyter the answer and the heatmaps.

    Raises:
        HeatcheckError: something given has the wrong form, or the model does not answer such
            images; before anything is computed.
        KeyboardInterrupt: what is done is kept, and the same call goes on.
    """
    given = handed_images.handed(images)
    wanted = input_size(size, given.size)
    with untouched():
        ready = handed_models.handed(
            model,
            size=wanted,
            channels=given.channels,
            classes=classes,
            mean=mean,
            std=std,
            output=output,
        )
        with handed_models.held(ready) as names:
            if labels is not None:
                given = handed_images.labelled(given, labels, names)
            with (
                memory.held_images(given.source, given.whole),
                masks_of(masks, given.images) as objects,
            ):
                spec = specs.ask(
                    ready.name,
                    given.source,
                    with_maps(specs_of(methods), maps, given.images, made_by),
                    specs_of(metrics),
                    points=points,
                    seed=seed,
                    target=target,
                    fit=fit,
                    masks=objects,
                )
                return _made(spec, store, (*given.notes, *ready.loaded.notes), shown=progress)


def _made(spec: RunSpec, place: Place, notes: tuple[str, ...], *, shown: bool) -> Result:
    """The spec's run, done, as a result."""
    store, close = opened(place)
    try:
        run = store.runs.open(spec)
        _check_same_model(store, run)
        if shown:
            progress_of.say(notes)
        with progress_of.told(store, run, shown=shown) as tell:
            engine.execute(spec, store, InProcess(), tell)
    except KeyboardInterrupt:
        progress_of.say((f"Stopped. What is done is kept. Go on with: {_again(place, store)}",))
        raise
    except BaseException:
        close()
        raise
    result = Result(store, run)
    weakref.finalize(result, close)
    return result


def _again(place: Place, store: Store) -> str:
    """The call that goes on with a run, as far as it can be said."""
    if isinstance(place, Store):
        return "the same call, with the same store"
    return f"the same call, with store={store.url if place is None else str(place)!r}"


def _check_same_model(store: Store, run: str) -> None:
    """Refuse to go on with, or to show, what a model of the same name but of another behaviour
    gave: what a digest cannot see may have changed, such as a function that its code calls.
    """
    known = store.runs.get(run)
    names = (one.name for one in store.results.images(run, pictures=False))
    read = (store.results.image(run, name) for name in names)  # one at a time
    seen = next((one for one in read if one and one.picture is not None), None)
    if seen is None or seen.picture is None or seen.target is None or seen.probability is None:
        return
    loaded = classifiers.load(known.spec.classifier)
    x, fixed = loaded.to_input(from_png(seen.picture)), known.spec.target.fixed(loaded.labels)
    target = loaded.target(x, seen.target, against=fixed.against)
    now = target.probability(x).item()
    if abs(now - seen.probability) > NEAR * max(1.0, abs(seen.probability)):
        raise RunProblem(
            f"Expected the model of run {run}, which gave {seen.target_name} the probability "
            f"{seen.probability:.4f} on {seen.name}. This one gives {now:.4f}: code that it calls "
            "has changed. Choose another store, or delete that run."
        )
