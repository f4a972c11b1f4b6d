"""What a person asks a run for, checked: names, seeds, and which metrics some images allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from heatcheck.attribution import METHODS, Method, given
from heatcheck.attribution.given import Given
from heatcheck.core import plugins
from heatcheck.core.errors import BadParameter, RunProblem, UnknownName, shown, unknown
from heatcheck.inputs import image_sets
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.images import Image
from heatcheck.metrics import METRICS, OBJECT_MASK, OTHER_IMAGES, Metric
from heatcheck.runs.draws import drawn
from heatcheck.runs.metric_settings import Settings
from heatcheck.runs.metric_settings import beside as held_beside

ALL = "all"  # stands for every name
NOTHING = Settings()
MAX_SEED = 2**63 - 1  # what a column of whole numbers holds


def named(
    kind: str,
    asked: Sequence[str | Mapping[str, Any]] | None,
    standard: Iterable[str],
    every: Iterable[str],
) -> Sequence[str | Mapping[str, Any]]:
    """The names that were asked for, what stands for several of them replaced."""
    if asked is None:
        return list(standard)
    if isinstance(asked, str) or not isinstance(asked, Sequence):
        raise RunProblem(f"Expected a list of {kind}s. Got {shown(asked)}. Put it into a list.")
    if not asked:
        raise RunProblem(
            f"Expected at least one {kind}. Got an empty list. Name one, say {ALL}, or leave the "
            f"list out for the standard {kind}s."
        )
    return list(every) if list(asked) == [ALL] else asked


def named_source(source: str) -> str:
    """The source, refused where it is empty: an empty path would be the working folder."""
    if not source.strip():
        raise RunProblem(
            f"Expected {image_sets.SAMPLES!r}, {image_sets.CUTOUTS!r} or a folder of images. Got "
            "an empty name. Say . for the working folder."
        )
    return source


def asked_for(
    found: ImageSet, names: Sequence[str], sample: int, seed: int, *, by_label: bool = False
) -> list[Image]:
    """The images that are named, or drawn, or all; under `by_label` those alone that have a label.
    Raises UnknownName, RunProblem.
    """
    if by_label and sample:
        found = replace(found, images=tuple(labelled(found.images)))
    if not sample and sample is not False:
        return only_named(found, names)
    if names:
        raise RunProblem(
            "Expected names of images or a sample to be drawn. Got both. Leave one of them out."
        )
    return drawn(found.images, sample, seed)


def only_named(found: ImageSet, names: Sequence[str]) -> list[Image]:
    """The images that were asked for, all where none are named; for a copy that was left out the
    image that stayed in. Raises UnknownName.
    """
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise RunProblem(f"Expected a list of names of images. Got {shown(names)}.")
    known = found.by_name
    for name in names:
        if name not in known:
            raise unknown("image", name, [image.name for image in found.images])
    asked = {known[name].name for name in names}
    return [image for image in found.images if not names or image.name in asked]


def labelled(images: Sequence[Image]) -> list[Image]:
    """The images that have a label. Raises RunProblem where none has."""
    known = [image for image in images if image.label]
    if not known:
        raise RunProblem(
            "Expected images with labels, since the label's class is to be explained. None has "
            "one. Put them into a folder a class, or choose another target."
        )
    return known


def check_seed(seed: int) -> None:
    """Raises BadParameter where a seed is none."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise BadParameter(
            f"Expected the seed to be a whole number from 0 to {MAX_SEED}. Got {shown(seed)}."
        )


def checked_keep(asked: str | int) -> str:
    """How many images' maps are to be kept, as a spec has it: `all`, `none` or a number.

    Raises:
        BadParameter: it is none of these.
    """
    word = str(asked).strip()
    number = word.isdecimal() and len(word) <= 9 and not isinstance(asked, bool)
    if word in ("all", "none") or (number and int(word) > 0):
        return word if word in ("all", "none") else str(int(word))
    raise BadParameter(
        f"Expected maps to be kept of all images, of none, or of a number of them. Got "
        f"{shown(asked)}."
    )


def check_once(kind: str, chosen: Sequence[Method] | Sequence[Metric], different: Sized) -> None:
    """Raises RunProblem where something was chosen twice."""
    if len(different) < len(chosen):
        raise RunProblem(
            f"Expected each {kind} once. Got {', '.join(entry.name for entry in chosen)}. "
            "Leave out what is repeated."
        )


def fitting_names(
    names: Iterable[str], images: int, masks: bool, settings: Settings = NOTHING
) -> list[str]:
    """Those of some metrics that so many images allow, with masks of objects or without."""
    return [
        name
        for name in names
        if not _misfit(METRICS[name], images, masks)
        and (name in held_beside(settings.network) or name not in held_beside("any"))
    ]


def fitting(available: Sequence[Image]) -> list[str]:
    """The metrics that these images allow."""
    return fitting_names(METRICS, len(available), all(image.masked for image in available))


def _misfit(metric: type[Metric] | Metric, images: int, masks: bool) -> str | None:
    if OTHER_IMAGES in metric.needs and images < 2:
        return "at least two images, since it compares their maps"
    return (
        f"images that come with {OBJECT_MASK}"
        if OBJECT_MASK in metric.needs and not masks
        else None
    )


def check_fit(metrics: Sequence[Metric], images: int, masks: bool) -> None:
    """Raises RunProblem where the images do not allow a metric."""
    for metric in metrics:
        if missing := _misfit(metric, images, masks):
            raise RunProblem(
                f"Expected {missing}, for the metric {metric.name}. These have not. Leave "
                "it out, or choose other images."
            )


def plain(spec: str | Mapping[str, Any]) -> dict[str, Any]:
    """A name alone as a mapping. Raises RunProblem where it is neither."""
    if isinstance(spec, str):
        return {"name": spec}
    if isinstance(spec, Mapping) and isinstance(spec.get("name"), str):
        return dict(spec)
    raise RunProblem(
        f'Expected a name, or an object with "name" and parameters. Got {shown(spec)}.'
    )


def name_of(spec: str | Mapping[str, Any]) -> str:
    """The name in what was asked for."""
    return str(plain(spec)["name"])


def plugged(modules: Sequence[str]) -> None:
    """Load plugins in this process and name them to those that it starts.

    Raises:
        BadParameter: one is no module, or cannot be imported.
    """
    plugins.ask_for(modules)
    plugins.load_named()
    plugins.check(modules)


def method_of(asked: str | Mapping[str, Any]) -> Method:
    """The method that was asked for; maps of this process among them (`given.method`)."""
    spec = plain(asked)
    held = spec["name"] == Given.name and given.kept(str(spec.get("maps"))) is not None
    return METHODS.read(spec) if held else METHODS.build(spec)


@contextmanager
def of_plugins(modules: Iterable[str]) -> Iterator[None]:
    """Within this, a name that is not there is said to be of these plugins."""
    try:
        yield
    except UnknownName as error:
        if listed := ", ".join(modules):
            raise UnknownName(
                f"{error} The run was made with the plugin {listed}. Say --plugin {listed} where "
                "it lies, to read the run again."
            ) from error
        raise


def sources_of(chosen: Iterable[Method | Metric]) -> tuple[tuple[str, str], ...]:
    """The modules of others that methods and metrics come from, with the sha256 of their source:
    other code is another question.
    """
    sources = {plugins.source_of(type(one)) for one in chosen}
    return tuple(sorted(source for source in sources if source))


def check_sources(chosen: Iterable[Method | Metric], asked: Sequence[tuple[str, str]]) -> None:
    """Raises RunProblem where the code of plugins is not what it was when the run was asked for."""
    now = dict(sources_of(chosen))
    for module, digest in asked:
        if now.get(module, digest) != digest:
            raise RunProblem(
                f"Expected the plugin {module} as it was when the run was asked for. Its code has "
                "changed. Start a new run."
            )


# -- the command that asks again -------------------------------------------------------------------


def fit_an_option(names: Sequence[str]) -> bool:
    """Whether names can stand in an option, commas between."""
    return all("," not in name and name == name.strip() for name in names)


def option(name: str, value: str) -> list[str]:
    """An option's words; one word where the value would be taken for an option."""
    return [f"--{name}={value}"] if value.startswith("-") else [f"--{name}", value]
