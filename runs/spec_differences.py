"""Where the questions of two runs differ: only that, a row a part of the question. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatcheck.attribution import Method
from heatcheck.inputs import classifier_names
from heatcheck.inputs.labels import listed
from heatcheck.inputs.sizes import CROP
from heatcheck.metrics import Metric
from heatcheck.runs.specs import RunSpec

ABSENT = "not asked"
NONE = "none"
DIGITS = 12  # of a digest


@dataclass(frozen=True)
class SpecDifference:
    """A part of the question, and what it is in each of two runs, in words."""

    part: str
    this: str
    other: str


def differences(
    this: RunSpec, other: RunSpec, weights: tuple[str, str] = ("", "")
) -> list[SpecDifference]:
    """What one run asks and another does not; none where both ask the same. `weights` are the
    digests of the classifiers' weights, where both are known: the same name may load others.

    Places of files, the order of images and how they were drawn are no part of a question.
    """
    parts = (
        ("classifier", _classifiers(this, other)),
        ("weights", (_short(weights[0]), _short(weights[1])) if all(weights) else ("", "")),
        *_images(this, other).items(),
        *_chosen("method", this.methods, other.methods),
        *_chosen("metric", this.metrics, other.metrics),
        ("seed", (str(this.seed), str(other.seed))),
        ("class explained", (this.target.text, other.target.text)),
        ("fit of pictures", (this.fit or CROP, other.fit or CROP)),
        ("masks", (_short(this.masks_digest), _short(other.masks_digest))),
        *_plugins(this, other),
    )
    return [SpecDifference(part, *pair) for part, pair in parts if pair[0] != pair[1]]


def _short(digest: str) -> str:
    return digest[:DIGITS] or NONE


def _classifiers(this: RunSpec, other: RunSpec) -> tuple[str, str]:
    """What people call them; what of them belongs to the question where that is the same."""
    names = [classifier_names.read(spec.classifier) for spec in (this, other)]
    if names[0].question == names[1].question:
        return "", ""
    titles = [name.title for name in names]
    if titles[0] == titles[1]:
        titles = [name.question for name in names]
    return titles[0], titles[1]


def _images(this: RunSpec, other: RunSpec) -> dict[str, tuple[str, str]]:
    """Images that only one run has, by name; those of one name that are other bytes; labels and
    groups of those that both have.
    """
    here, there = ({image.name: image for image in spec.images} for spec in (this, other))
    both = [name for name in here if name in there]
    bytes_ = [name for name in both if here[name].digest != there[name].digest]
    labels = [name for name in both if here[name].label != there[name].label]
    groups = [name for name in both if here[name].group != there[name].group]
    only = _only(here, there), _only(there, here)
    return {
        "images": only if any(only) else ("", ""),
        "images of other bytes": _counted(bytes_, "these bytes", "others"),
        "labels": _valued(labels, *[(here[n].label, there[n].label) for n in labels[:1]]),
        "groups": _valued(groups, *[(here[n].group, there[n].group) for n in groups[:1]]),
    }


def _only(names: Mapping[str, Any], others: Mapping[str, Any]) -> str:
    alone = [name for name in names if name not in others]
    more = f", {len(alone)} only here: {listed(alone)}" if alone else ""
    return f"{len(names)}{more}"


def _counted(names: Sequence[str], this: str, other: str) -> tuple[str, str]:
    if not names:
        return "", ""
    return f"{len(names)} with {this}: {listed(names)}", f"{len(names)} with {other}"


def _valued(names: Sequence[str], *first: tuple[str, str]) -> tuple[str, str]:
    """How many images have another value, and the two of the first of them."""
    if not first:
        return "", ""
    this, other = (f"{len(names)} differ, {names[0]}: {value or NONE}" for value in first[0])
    return this, other


def _chosen(
    kind: str, this: Sequence[Method] | Sequence[Metric], other: Sequence[Method] | Sequence[Metric]
) -> list[tuple[str, tuple[str, str]]]:
    """Methods or metrics that only one run has; the parameters alone where both have one of that
    name.
    """
    digests = [{one.digest for one in side} for side in (this, other)]
    here = [one for one in this if one.digest not in digests[1]]
    there = [one for one in other if one.digest not in digests[0]]
    rows = []
    for name in dict.fromkeys(one.name for one in (*here, *there)):
        mine, theirs = ([one for one in side if one.name == name] for side in (here, there))
        title = (*mine, *theirs)[0].title
        if len(mine) == len(theirs) == 1:
            pair = _parameters(mine[0].params, theirs[0].params)
        else:
            pair = (_all_parameters(mine), _all_parameters(theirs))
        rows.append((f"{kind} {title}", pair))
    return rows


def _parameters(this: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, str]:
    """The parameters that differ."""
    keys = [key for key in {**this, **other} if repr(this.get(key)) != repr(other.get(key))]
    pair = [", ".join(f"{key} {_value(side.get(key))}" for key in keys) for side in (this, other)]
    return pair[0], pair[1]


def _all_parameters(chosen: Sequence[Method | Metric]) -> str:
    """Each with all its parameters."""
    said = [
        ", ".join(f"{key} {_value(value)}" for key, value in one.params.items()) or "asked"
        for one in chosen
    ]
    return "; ".join(said) or ABSENT


def _value(value: Any) -> str:
    return NONE if value in ("", None) else str(value)


def _plugins(this: RunSpec, other: RunSpec) -> list[tuple[str, tuple[str, str]]]:
    sources = dict(this.plugins), dict(other.plugins)
    modules = dict.fromkeys((*sources[0], *sources[1]))
    return [
        (f"plugin {module}", (_source(sources[0], module), _source(sources[1], module)))
        for module in modules
    ]


def _source(sources: Mapping[str, str], module: str) -> str:
    return f"source {_short(sources[module])}" if module in sources else ABSENT
