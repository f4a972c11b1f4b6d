"""Presets: named bundles of what a run may choose, for who does not want to choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heatcheck.core.errors import unknown
from heatcheck.inputs import image_sets
from heatcheck.metrics.substrates import STANDARD as STANDARD_SET
from heatcheck.metrics.walks import ADAPTIVE
from heatcheck.runs import questions, specs
from heatcheck.runs.metric_settings import BUDGET
from heatcheck.runs.target_rules import LABEL, TOP, TargetRule


@dataclass(frozen=True)
class Preset:
    """What a word stands for; what a person says beside it goes before it."""

    purpose: str  # in a few words, for people
    methods: tuple[str, ...]  # names, or "all"
    metrics: tuple[str, ...]  # likewise, of those that the images allow; none for the standard ones
    points: int | str
    substrates: str
    sample: int = 0  # images that are drawn of a set of more; all where 0


PRESETS: Mapping[str, Preset] = {
    "quick": Preset(
        "a first look",
        specs.STANDARD,
        (
            "deletion",
            "insertion",
            "deletion_exchange",
            "deletion_placement",
            "insertion_exchange",
            "insertion_placement",
            "repeatability",
            "runtime",
        ),
        "drawn-5",
        "mean",
        10,
    ),
    "standard": Preset(
        "what a run has where nothing is said",
        specs.STANDARD,
        (),
        BUDGET,
        STANDARD_SET,
    ),
    "thorough": Preset(
        "everything that is offered, each curve by itself; hours",
        (questions.ALL,),
        (questions.ALL,),
        ADAPTIVE,
        "wide",
    ),
}


def settled(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What `specs.ask` is to be asked, by its words: what was said, and the preset for the rest.

    A preset's metrics are those that the images allow. Its sample is drawn only of a set of more
    images, and not where images are named.

    Raises:
        UnknownName: there is no such preset. HeatcheckError: the images cannot be read.
    """
    if name not in PRESETS:
        raise unknown("preset", name, list(PRESETS))
    preset = PRESETS[name]
    asked = {
        "methods": list(preset.methods),
        "points": preset.points,
        "substrates": preset.substrates,
        **said,
    }
    found = image_sets.read(questions.named_source(said.get("source", image_sets.SAMPLES)))
    rule = TargetRule.read(said.get("target", TOP))
    count = len(questions.labelled(found.images) if rule.word == LABEL else found.images)
    if count > preset.sample and not said.get("only"):
        asked.setdefault("sample", preset.sample)
    if preset.metrics:
        images = asked.get("sample") or len(asked.get("only", ())) or count
        asked.setdefault("metrics", _fitting(preset.metrics, images))
    return {"found": found, **asked}


def _fitting(metrics: tuple[str, ...], images: int) -> list[str]:
    """A preset's metrics that so many images allow."""
    if metrics == (questions.ALL,):
        return [questions.ALL]
    return questions.fitting_names(metrics, images, masks=False)
