"""RunSpec: the question a run answers. Its digest is the run's id, so the same question has the
same id.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heatcheck.attribution import METHODS, Method
from heatcheck.core.digests import digest_of
from heatcheck.core.errors import RunProblem, unknown
from heatcheck.inputs import classifiers, images, own_networks
from heatcheck.inputs.images import Image
from heatcheck.metrics import METRICS, OBJECT_MASK, OTHER_IMAGES, Metric
from heatcheck.metrics.walks import ADAPTIVE

STANDARD = tuple(
    name for name, method in METHODS.items() if method.standard
)  # the textbook's four and the controls
STANDARD_METRICS = tuple(name for name, metric in METRICS.items() if metric.standard)
KEYS = ("classifier", "images", "only", "methods", "metrics", "points", "seed")


@dataclass(frozen=True)
class SpecImage:
    """An image of a run: its name, the digest of its bytes, its label as given."""

    name: str
    digest: str
    label: str


@dataclass(frozen=True)
class RunSpec:
    """Classifier, images, methods, metrics, seed.

    `source` says where the images are found again, and `only` which of them were asked for, none
    meaning all; the id holds the images themselves instead.
    """

    classifier: str
    images: tuple[SpecImage, ...]
    methods: tuple[Method, ...]
    metrics: tuple[Metric, ...]
    seed: int
    source: str
    only: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Sixteen hex digits of the digest."""
        question = {
            key: value for key, value in self.as_json().items() if key not in ("source", "only")
        }
        if ours := own_networks.parsed(self.classifier):
            question["classifier"] = ours.question
        return digest_of(question)[:16]

    def as_json(self) -> dict[str, Any]:
        """The spec as stored; `from_json` is the inverse."""
        return {
            "classifier": self.classifier,
            "images": [[image.name, image.digest, image.label] for image in self.images],
            "methods": [method.spec for method in self.methods],
            "metrics": [metric.spec for metric in self.metrics],
            "seed": self.seed,
            "source": self.source,
            **({"only": list(self.only)} if self.only else {}),
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> RunSpec:
        """A spec from its stored form."""
        return RunSpec(
            stored["classifier"],
            tuple(SpecImage(*image) for image in stored["images"]),
            tuple(METHODS.build(method) for method in stored["methods"]),
            tuple(METRICS.build(metric) for metric in stored["metrics"]),
            stored["seed"],
            stored["source"],
            tuple(stored.get("only", ())),
        )

    @property
    def command(self) -> str:
        """The command line that asks the same question again; settings that are not defaults need
        the spec as a file.
        """
        points = {
            metric.params["points"] for metric in self.metrics if "points" in metric.params
        } or {ADAPTIVE}
        plain = [METHODS.build(method.name) for method in self.methods] == list(
            self.methods
        ) and len(points) == 1
        plain = plain and [
            METRICS.build(_with_points(metric.name, *points)) for metric in self.metrics
        ] == list(self.metrics)
        if not plain or any("," in name or name != name.strip() for name in self.only):
            return "heatcheck run SPEC.json"
        words = ["heatcheck", "run", *_classifier_words(self.classifier), "--images", self.source]
        if self.only:
            words += ["--only", ",".join(self.only)]
        if [method.name for method in self.methods] != list(STANDARD):
            words += ["--methods", ",".join(method.name for method in self.methods)]
        if [metric.name for metric in self.metrics] != _fitting(
            STANDARD_METRICS, len(self.images), masks=False
        ):
            words += ["--metrics", ",".join(metric.name for metric in self.metrics)]
        return shlex.join([*words, "--points", str(*points), "--seed", str(self.seed)])

    @property
    def alone(self) -> tuple[Metric, ...]:
        """The metrics that a map can be scored by as soon as it is there."""
        return tuple(metric for metric in self.metrics if OTHER_IMAGES not in metric.needs)

    @property
    def compared(self) -> tuple[Metric, ...]:
        """The metrics that compare a map with those of the run's other images, in a second visit to
        its cell.
        """
        return tuple(metric for metric in self.metrics if OTHER_IMAGES in metric.needs)

    @property
    def steps(self) -> int:
        """How many steps the run has: its cells, each visited again where metrics compare
        images.
        """
        return len(self.images) * len(self.methods) * (2 if self.compared else 1)

    @property
    def as_asked(self) -> dict[str, Any]:
        """The spec as `heatcheck run SPEC.json` takes it."""
        return {
            "classifier": self.classifier,
            "images": self.source,
            "methods": [method.spec for method in self.methods],
            "metrics": [metric.spec for metric in self.metrics],
            "seed": self.seed,
            **({"only": list(self.only)} if self.only else {}),
        }

    def key_of(self, method: Method) -> str:
        """A method's name in this run; where two share it, a piece of the digest is added."""
        alone = sum(other.name == method.name for other in self.methods) == 1
        return method.name if alone else f"{method.name}-{method.digest[:6]}"


def ask(
    classifier: str = classifiers.DEFAULT,
    source: str = images.SAMPLES,
    methods: Sequence[str | Mapping[str, Any]] | None = None,
    metrics: Sequence[str | Mapping[str, Any]] | None = None,
    points: int | str = ADAPTIVE,
    seed: int = 0,
    only: Sequence[str] = (),
) -> RunSpec:
    """A spec from what a person says; all images of the source, the standard methods and metrics
    where none are named.

    `["all"]` names every method, or every metric that the images allow.

    Raises:
        HeatcheckError: a name, a parameter or the folder is wrong; the message names the nearest
        right one.
    """
    classifiers.check_name(classifier)
    found = _only(images.load(source), only)
    masks = all(image.masked for image in found)
    named = list(METHODS) if methods == ["all"] else methods or STANDARD
    chosen_methods = tuple(METHODS.build(_plain(method)) for method in named)
    by_default = METRICS if metrics == ["all"] else () if metrics else STANDARD_METRICS
    chosen_metrics = tuple(
        METRICS.build(_with_points(metric, points))
        for metric in _fitting(by_default, len(found), masks) or metrics or ()
    )
    _check_fit(chosen_metrics, len(found), masks)
    for kind, chosen, marks in (
        ("method", chosen_methods, {one.digest for one in chosen_methods}),
        ("metric", chosen_metrics, {one.name for one in chosen_metrics}),
    ):
        if len(marks) < len(chosen):
            raise RunProblem(
                f"Expected each {kind} once. Got {', '.join(one.name for one in chosen)}. "
                "Leave out what is repeated."
            )
    listed = tuple(SpecImage(image.name, image.digest, image.label) for image in found)
    return RunSpec(
        classifier,
        listed,
        chosen_methods,
        chosen_metrics,
        seed,
        images.absolute(source),
        tuple(image.name for image in found) if only else (),
    )


def fitting(found: Sequence[Image]) -> list[str]:
    """The metrics that these images allow."""
    return _fitting(METRICS, len(found), all(image.masked for image in found))


def _fitting(names: Iterable[str], images: int, masks: bool) -> list[str]:
    return [name for name in names if not _misfit(METRICS[name], images, masks)]


def _misfit(metric: type[Metric] | Metric, images: int, masks: bool) -> str | None:
    if OTHER_IMAGES in metric.needs and images < 2:
        return "at least two images, since it compares their maps"
    return (
        f"images that come with {OBJECT_MASK}"
        if OBJECT_MASK in metric.needs and not masks
        else None
    )


def _check_fit(metrics: Sequence[Metric], images: int, masks: bool) -> None:
    for metric in metrics:
        if missing := _misfit(metric, images, masks):
            raise RunProblem(
                f"Expected {missing}, for the metric {metric.name}. These have not. Leave "
                "it out, or choose other images."
            )


def _only(found: list[images.Image], names: Sequence[str]) -> list[images.Image]:
    for name in names:
        if name not in {image.name for image in found}:
            raise unknown("image", name, [image.name for image in found])
    return [image for image in found if image.name in names] if names else found


def _classifier_words(name: str) -> list[str]:
    """How the command line says which classifier."""
    ours = own_networks.parsed(name)
    if ours is None:
        return ["--classifier", name]
    words = ["--classifier", ours.architecture]
    for option in ("weights", "labels", "mean", "std", "size"):
        value = getattr(ours, option)
        if value:
            words += [
                f"--{option}",
                ",".join(f"{number:g}" for number in value)
                if isinstance(value, tuple)
                else str(value),
            ]
    return words


def compare_metrics() -> tuple[Metric, ...]:
    """The metrics of Compare: the standard ones that a single image allows."""
    return tuple(METRICS.build(name) for name in _fitting(STANDARD_METRICS, 1, masks=False))


def _own_from(said: Mapping[str, Any], path: Path) -> str:
    known = ("architecture", "weights", "labels", "mean", "std", "size")
    for key in said:
        if key not in known:
            raise unknown("key of a run's classifier", key, known)
    if not isinstance(said.get("architecture"), str):
        raise RunProblem(
            f"Expected the classifier in {path} to have an architecture, timm:NAME, "
            "torchvision:NAME or module:function."
        )
    return own_networks.asked(**said)


def _plain(spec: str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(spec, str):
        return {"name": spec}
    if isinstance(spec, Mapping) and isinstance(spec.get("name"), str):
        return dict(spec)
    raise RunProblem(f'Expected a name, or an object with "name" and parameters. Got {spec!r}.')


def _with_points(spec: str | Mapping[str, Any], points: int | str) -> dict[str, Any]:
    fields = _plain(spec)
    if "points" in METRICS[fields["name"]].__dataclass_fields__:
        fields.setdefault("points", points)
    return fields


def read(path: Path) -> RunSpec:
    """A spec from a JSON file with the keys classifier, images, methods, metrics, points, seed; all
    of them optional.

    Raises:
        RunProblem: the file is not there or not JSON. UnknownName: a key is none of these.
    """
    try:
        given = json.loads(path.read_text())
    except OSError as error:
        raise RunProblem(
            f"Expected a spec at {path}. It cannot be read ({error.strerror})."
        ) from error
    except ValueError as error:
        raise RunProblem(
            f"Expected {path} to be JSON. {error}. See docs/command-line.md for an example."
        ) from error
    if not isinstance(given, dict):
        raise RunProblem(
            f"Expected {path} to hold a JSON object with keys of {', '.join(KEYS)}. Got "
            f"{type(given).__name__}."
        )
    for key in given:
        if key not in KEYS:
            raise unknown("key of a run's spec", key, KEYS)
    if isinstance(given.get("classifier"), dict):
        given["classifier"] = _own_from(given["classifier"], path)
    words = {("source" if key == "images" else key): value for key, value in given.items()}
    for key, kind in (
        ("classifier", str),
        ("source", str),
        ("methods", list),
        ("metrics", list),
        ("points", (int, str)),
        ("seed", int),
        ("only", list),
    ):
        if key in words and not isinstance(words[key], kind):
            said = "a number or a word" if isinstance(kind, tuple) else kind.__name__
            raise RunProblem(f"Expected {key} in {path} to be {said}. Got {words[key]!r}.")
    return ask(**words)
