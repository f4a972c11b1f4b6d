"""What a worker process does: models live there. Names and digests travel to it, never models.

A cell is one image x one method: its map, and the scores that need no other image. Its numbers
depend on the seed, the image and the method, not on the order or the process.
"""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from importlib.metadata import version

import numpy as np
import torch
import torch.nn.functional as F

from heatcheck.attribution import METHODS, Attribution, Method, Passes, Target, attribute, batches
from heatcheck.attribution.given import fitted
from heatcheck.core.errors import BadImage, BadParameter, DoesNotApply, HeatcheckError
from heatcheck.inputs import classifiers, image_sets, images, input_range, scaling
from heatcheck.inputs.images import Picture
from heatcheck.inputs.sizes import Frame
from heatcheck.metrics import OTHER_CLASSES, Case, Metric, Other
from heatcheck.metrics.walks import remember
from heatcheck.runs.cells import Aim, Cell, CellResult, Prediction, Scored, Subject, is_blank
from heatcheck.runs.device_lock import turn
from heatcheck.runs.experiments import Finding, Own, experiment
from heatcheck.runs.provenance import noted
from heatcheck.runs.target_rules import TargetRule

log = logging.getLogger("heatcheck.worker")


def preload(classifier: str) -> dict[str, str]:
    """Load a classifier into this worker; its provenance."""
    with turn():
        return _provenance(classifier)


def frame_of(classifier: str, *, interactive: bool = False) -> Frame:
    """Into what a classifier's pictures are brought; loads it where that is not known
    beforehand.
    """
    with turn(interactive=interactive):
        return classifiers.frame_of(classifier) or classifiers.load(classifier).frame()


def class_names(classifier: str, *, interactive: bool = False) -> tuple[str, ...]:
    """A classifier's class names."""
    with turn(interactive=interactive):
        return classifiers.load(classifier).labels


def notes(classifier: str, *, interactive: bool = False) -> tuple[str, ...]:
    """What is said of a classifier since it was loaded, and of the batches that fitted, a sentence
    each.
    """
    with turn(interactive=interactive):
        loaded = classifiers.load(classifier)
        return (*loaded.notes, *batches.said(loaded.model))


def range_doubt(classifier: str, pictures: Sequence[Picture]) -> tuple[str, ...]:
    """What a run's first pictures say against the input range of a network of the user's; see
    `inputs/input_range.py`.
    """
    if classifier in classifiers.PACKAGED:
        return ()
    with turn():
        return tuple(filter(None, [input_range.doubt(classifiers.load(classifier), pictures)]))


def why_not(classifier: str, *, interactive: bool = False) -> dict[str, str]:
    """The methods that cannot explain a classifier with their defaults, each with the reason in a
    sentence.
    """
    with turn(interactive=interactive):
        loaded = classifiers.load(classifier)
        x = torch.zeros(1, len(loaded.mean), *loaded.size, device=loaded.device)
        target = loaded.target(x, 0, references(classifier))
        found = {name: METHODS.build(name).check(target) for name in METHODS}
    return {name: reason for name, reason in found.items() if reason}


@lru_cache(maxsize=2)
def references(classifier: str) -> torch.Tensor | None:
    """The sample photographs as a classifier takes them, `[20,C,H,W]`: the real images of methods
    that compare with some.
    """
    loaded = classifiers.load(classifier)
    try:
        found = image_sets.load(image_sets.SAMPLES)
        return torch.cat(
            [
                loaded.to_input(images.picture(image.encoded(), loaded.size, image.name))
                for image in found
            ]
        )
    except BadImage:
        return None


def _target(
    loaded: classifiers.Classifier,
    x: torch.Tensor,
    class_index: int,
    method: Method,
    against: int | None = None,
) -> Target:
    others = references(loaded.name) if "reference images" in method.needs else None
    return loaded.target(x, class_index, others, against)


def predict(subject: Subject, top: int = 5, *, interactive: bool = False) -> Prediction:
    """The most probable classes of a clean image."""
    with turn(interactive=interactive):
        loaded = classifiers.load(subject.classifier)
        values, indices = loaded.probabilities(loaded.to_input(subject.picture))[0].topk(
            min(top, len(loaded.labels))
        )
    return Prediction(tuple(indices.tolist()), tuple(values.tolist()), loaded.reading)


def aim(subject: Subject, rule: TargetRule, label: int | None) -> Aim:
    """What a rule explains on an image.

    Raises:
        DoesNotApply: it has no such class. UnknownName: the classifier has none of that name.
    """
    with turn():
        loaded = classifiers.load(subject.classifier)
        fixed, x = rule.fixed(loaded.labels), loaded.to_input(subject.picture)
        ranked = loaded.probabilities(x)[0].argsort(descending=True, stable=True).tolist()
        chosen = fixed.class_index
        if chosen is None:
            chosen = rule.chosen(ranked, label)
        probability = loaded.target(x, chosen, against=fixed.against).probability(x).item()
    return Aim(chosen, probability, ranked[0])


def make_map(cell: Cell) -> CellResult:
    """The first half of a cell: its map. An error is a result, never an exception."""
    if cell.given is not None:
        return _given_map(cell, cell.given)
    try:
        with turn(interactive=cell.interactive):
            loaded = classifiers.load(cell.subject.classifier)
            x = loaded.to_input(cell.subject.picture)
            target = _target(loaded, x, cell.class_index, cell.method, cell.against)
            made = attribute(
                cell.method, target, x, seed=cell.seed, about=cell.subject.image_digest
            )
    except Exception as error:
        return CellResult(None, error=_said(error))
    return CellResult(
        made.map.numpy(),
        made.seconds,
        made.passes.forward,
        made.passes.backward,
        made.warm,
        drew=made.drew,
    )


def _given_map(cell: Cell, heat: np.ndarray | str) -> CellResult:
    """A map from elsewhere at the size of the input, or why there is none."""
    if isinstance(heat, str):
        return CellResult(None, error=heat)
    height, width = cell.subject.picture.shape[:2]
    try:
        return CellResult(fitted(torch.from_numpy(heat.copy()), height, width).numpy())
    except BadParameter as error:
        return CellResult(None, error=f"{cell.method.title}: {error}")


def score_map(cell: Cell, made: CellResult) -> tuple[Scored, ...]:
    """The second half of a cell: its scores. A metric that fails gives its reason, the others go
    on.

    A metric that says nothing about maps of this method, or asks for a class that the model has
    not, is left out.
    """
    with turn(interactive=cell.interactive):
        loaded = classifiers.load(cell.subject.classifier)
    lone = loaded.output.lone(len(loaded.labels))
    metrics = tuple(
        metric
        for metric in cell.metrics
        if not metric.why_not(cell.method) and not (lone and OTHER_CLASSES in metric.needs)
    )
    if made.map is None:
        return tuple(Scored(metric, None, made.error) for metric in metrics)
    x = loaded.to_input(cell.subject.picture)
    target = _target(loaded, x, cell.class_index, cell.method, cell.against)
    own = Attribution(
        torch.from_numpy(made.map.copy()),
        cell.method,
        cell.class_index,
        cell.seed,
        made.seconds,
        Passes(made.forward_passes, made.backward_passes),
        made.warm,
        drew=made.drew,
    )
    mask = None if cell.subject.mask is None else torch.from_numpy(cell.subject.mask.copy())
    others = tuple(
        Other(loaded.to_input(one.picture), one.class_index, torch.from_numpy(one.map.copy()))
        for one in cell.partners
    )
    case = Case(
        target,
        x,
        own,
        cell.subject.image_digest,
        others,
        mask,
        metrics,
        elsewhere=partial(_map_elsewhere, cell),
        why_no_mask=cell.subject.why_no_mask,
    )
    with turn(interactive=cell.interactive):
        for walk, curve in () if is_blank(made.map) else cell.curves:
            remember(case, walk, curve)
    return tuple(_scored(metric, case, cell.interactive) for metric in metrics)


def _scored(metric: Metric, case: Case, interactive: bool) -> Scored:
    try:
        with turn(interactive=interactive):
            return Scored(metric, metric.score(case))
    except Exception as error:
        return Scored(metric, None, _said(error))


def _map_elsewhere(cell: Cell, classifier: str) -> torch.Tensor:
    """The map `[H,W]` of a cell's picture that its method makes of another classifier, for the
    class of the same name.

    Raises:
        DoesNotApply: the other classifier does not know the class, or the method cannot explain it.
    """
    here, there = (classifiers.load(name) for name in (cell.subject.classifier, classifier))
    known = [cell.class_index, *([] if cell.against is None else [cell.against])]
    if here.labels != there.labels:
        known = [_class_elsewhere(here.labels[index], here, there) for index in known]
    x = there.to_input(scaling.squashed(cell.subject.picture, there.size))
    chosen, *rival = known
    target = _target(there, x, chosen, cell.method, *rival)
    heat = attribute(cell.method, target, x, seed=cell.seed, about=cell.subject.image_digest).map
    return F.interpolate(heat[None, None], tuple(here.size), mode="bilinear", align_corners=False)[
        0, 0
    ]


def _class_elsewhere(name: str, here: classifiers.Classifier, there: classifiers.Classifier) -> int:
    """The class of a name in another classifier. Raises DoesNotApply where it is none, or several
    in one of the two.
    """
    if name not in there.labels:
        raise DoesNotApply(
            f"{there.name} has no class {name!r}, so that its map answers another question."
        )
    for classifier in (here, there):
        if classifier.labels.count(name) > 1:
            raise DoesNotApply(
                f"{classifier.name} has several classes {name!r}, so that it cannot be told which "
                f"of {there.name} is the same."
            )
    return there.labels.index(name)


def run_cell(cell: Cell) -> CellResult:
    """A whole cell."""
    made = make_map(cell)
    return replace(made, scores=score_map(cell, made))


def _said(error: Exception) -> str:
    if isinstance(error, HeatcheckError):
        return str(error)
    log.exception("a cell failed", exc_info=error)
    return f"{type(error).__name__}: {error}"


def try_out(
    method: Method, subject: Subject | None = None, class_index: int = 0
) -> tuple[Finding, ...]:
    """The experiments on a method, in a worker: on small networks, and on the classifier of an
    image of the run; None where none could be read.
    """
    with turn():
        own = None if subject is None else _own(subject, class_index, method)
        return experiment(method, own)


def _own(subject: Subject, class_index: int, method: Method) -> Own:
    loaded = classifiers.load(subject.classifier)
    x = loaded.to_input(subject.picture)
    return Own(_target(loaded, x, class_index, method), x)


def _provenance(classifier: str) -> dict[str, str]:
    loaded = classifiers.load(classifier)
    facts = {
        "device": str(loaded.device),
        "threads": str(torch.get_num_threads()),
        "processor": platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "torchvision", "timm", "numpy", "scipy")},
        "classifier": loaded.title,
        "weights": loaded.source,
        "weights_sha256": loaded.digest,
        "input_size": str(loaded.size),
        "output": loaded.reading,
        "classes": str(len(loaded.labels)),
        "mean": str(loaded.mean),
        "std": str(loaded.std),
    }
    return noted(facts, loaded.notes)
