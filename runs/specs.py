"""RunSpec: the question a run answers. Its digest is the run's id, so the same question has the
same id.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from heatcheck.attribution import METHODS, Method
from heatcheck.core.digests import digest_of
from heatcheck.inputs import classifier_names, classifiers, given_maps, image_sets, memory
from heatcheck.inputs import masks as object_masks
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.sizes import CROP, checked_fit
from heatcheck.metrics import METRICS, OTHER_IMAGES, Metric
from heatcheck.metrics.substrates import STANDARD as STANDARD_SET
from heatcheck.runs import draws, python_call, questions
from heatcheck.runs.groups import matched
from heatcheck.runs.keys import keyed
from heatcheck.runs.metric_settings import BUDGET, Settings, budgeted, settings_of
from heatcheck.runs.metric_settings import beside as held_beside
from heatcheck.runs.samples import grouping_of, samples_of, size_of
from heatcheck.runs.target_rules import LABEL, TOP, TOPMOST, TargetRule

STANDARD = tuple(
    name for name, method in METHODS.items() if method.standard
)  # the textbook's four and the controls
STANDARD_METRICS = tuple(name for name, metric in METRICS.items() if metric.standard)
RUN = ("heatcheck", "run")
KEEP_ALL, KEEP_NONE = "all", "none"  # maps that are kept
ECONOMIES = {"keep_maps": "keep-maps", "until": "until-decided"}  # options


@dataclass(frozen=True)
class SpecImage:
    """An image of a run: its name, the digest of its bytes, its label as given, and the group of
    images that it belongs to; none is empty.
    """

    name: str
    digest: str
    label: str
    group: str = ""

    @property
    def as_json(self) -> list[str]:
        """As stored: `SpecImage(*image.as_json)` is the inverse."""
        plain = [self.name, self.digest, self.label]
        return [*plain, self.group] if self.group else plain


@dataclass(frozen=True)
class RunSpec:
    """Classifier, images, methods, metrics, seed.

    `source` says where the images are found again, and `only` which of them were asked for, none
    meaning all; the id holds the images themselves instead. `sample` is how many were drawn where
    `only` was drawn. `maps` are the folders of maps from elsewhere by their methods' names; the id
    holds their digests, which the methods have. `masks` is the folder of the objects' masks, with
    the digest of their bytes.
    """

    classifier: str
    images: tuple[SpecImage, ...]
    methods: tuple[Method, ...]
    metrics: tuple[Metric, ...]
    seed: int
    source: str
    only: tuple[str, ...] = ()
    sample: int = 0
    target: TargetRule = TOPMOST  # which class is explained
    unlabelled: int = 0  # images that were left out, since their label was to be explained
    fit: str = CROP  # how pictures are brought to the classifier's input
    maps: tuple[tuple[str, str], ...] = ()
    masks: str = ""
    masks_digest: str = ""
    plugins: tuple[tuple[str, str], ...] = ()  # modules of others, with the sha256 of their source
    keep_maps: str = KEEP_ALL  # all, none, or of how many images, drawn with the seed
    until: str = ""  # METRIC:METHOD,METHOD: the comparison for which the run stops once decided

    @property
    def id(self) -> str:
        """Sixteen hex digits of the digest."""
        places = ("source", "only", "sample", "unlabelled", "maps", "masks", "keep_maps")
        question = {key: value for key, value in self.as_json().items() if key not in places}
        question["classifier"] = classifier_names.read(self.classifier).question
        if any(method.asked_anew for method in self.methods):
            question["baselines"] = 2  # the same words meant another baseline before: another id
        return digest_of(question)[:16]

    def as_json(self) -> dict[str, Any]:
        """The spec as stored; `from_json` is the inverse."""
        return {
            "classifier": self.classifier,
            "images": [image.as_json for image in self.images],
            "methods": [method.spec for method in self.methods],
            "metrics": [metric.spec for metric in self.metrics],
            "seed": self.seed,
            "source": self.source,
            **({"only": list(self.only)} if self.only else {}),
            **({"sample": self.sample} if self.sample else {}),
            **self._aimed,
            **({"unlabelled": self.unlabelled} if self.unlabelled else {}),
            **({"maps": dict(self.maps)} if self.maps else {}),
            **({"masks": self.masks, "masks_digest": self.masks_digest} if self.masks else {}),
            **({"plugins": dict(self.plugins)} if self.plugins else {}),
            **self._economies,
        }

    @property
    def _economies(self) -> dict[str, str]:
        """What of the run is not kept or not computed, where it is not all."""
        kept = {"keep_maps": self.keep_maps} if self.keep_maps != KEEP_ALL else {}
        return {**kept, **({"until": self.until} if self.until else {})}

    @property
    def _aimed(self) -> dict[str, str]:
        """The rule for the class and how pictures are fitted, where they are not the usual ones."""
        rule = {} if self.target.word == TOP else {"target": self.target.text}
        return {**rule, **({"fit": self.fit} if self.fit != CROP else {})}

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> RunSpec:
        """A spec from its stored form. Raises UnknownName where a method or metric is not there
        any more; it names the plugins that the run was made with.
        """
        with questions.of_plugins(stored.get("plugins", {})):
            return RunSpec._read(stored)

    @staticmethod
    def _read(stored: Mapping[str, Any]) -> RunSpec:
        return RunSpec(
            stored["classifier"],
            tuple(SpecImage(*image) for image in stored["images"]),
            tuple(METHODS.read(method) for method in stored["methods"]),
            tuple(METRICS.read(metric) for metric in stored["metrics"]),
            stored["seed"],
            stored["source"],
            tuple(stored.get("only", ())),
            stored.get("sample", 0),
            TargetRule.read(stored.get("target", TOP)),
            stored.get("unlabelled", 0),
            stored.get("fit", CROP),
            tuple(stored.get("maps", {}).items()),
            stored.get("masks", ""),
            stored.get("masks_digest", ""),
            tuple(stored.get("plugins", {}).items()),
            stored.get("keep_maps", KEEP_ALL),
            stored.get("until", ""),
        )

    @property
    def _named_plugins(self) -> list[str]:
        """The plugins that can be named again; a program's own classes cannot."""
        return [module for module, _ in self.plugins if module != "__main__"]

    @cached_property
    def keyed(self) -> Mapping[str, Method]:
        """The methods by their keys in this run, in order."""
        return keyed(self.methods)

    @cached_property
    def keys(self) -> Mapping[Method, str]:
        """Each method's key in this run, in order."""
        return {method: key for key, method in self.keyed.items()}

    @property
    def command(self) -> str:
        """The command line that asks the same question again, in Python the call; settings that are
        not defaults need the spec as a file.
        """
        held = memory.is_memory(self.classifier)
        settings = settings_of(self.metrics)
        plain = (self.sample or questions.fit_an_option(self.only)) and not self.groups
        if not (settings and plain and self._has_defaults(settings)):
            return python_call.OF_FILE if held else "heatcheck run SPEC.json"
        methods = [method.name for method in self.methods if method.offered]
        added = held_beside(settings.network)
        metrics = [metric.name for metric in self.metrics if metric.name not in added]
        standard = [
            questions.fitting_names(STANDARD_METRICS, len(self.images), masks)
            for masks in (False, True)
        ]
        words = [*classifier_names.read(self.classifier).words, "--images", self.source]
        if self.sample:
            words += ["--sample", str(self.sample)]
        elif self.only:
            words += questions.option("only", ",".join(self.only))
        asked = len(words)
        if methods != list(STANDARD):
            words += ["--methods", ",".join(methods)]
        if [metrics, metrics] != standard:
            words += ["--metrics", ",".join(metrics)]
        for option, value in self._aimed.items():
            words += questions.option(option, value)
        for called, folder in self.maps:
            words += ["--maps", f"{called}={folder}"]
        words += questions.option("masks", self.masks) if self.masks else []
        for key, word in self._economies.items():
            words += questions.option(ECONOMIES[key], word)
        for module in self._named_plugins:
            words += ["--plugin", module]
        words += [*settings.words, "--seed", str(self.seed)]
        return python_call.called(words[asked:]) if held else shlex.join([*RUN, *words])

    def _has_defaults(self, settings: Settings) -> bool:
        """Whether each method and metric is what its name stands for under these settings: the same
        digest, since 1 and 1.0 are equal and have two.
        """
        made = [method for method in self.methods if method.offered]
        methods = [METHODS.read(method.name) for method in made]
        metrics = [METRICS.read(settings.filled({"name": metric.name})) for metric in self.metrics]
        return all(
            plain.digest == asked.digest
            for plain, asked in (
                *zip(methods, made, strict=True),
                *zip(metrics, self.metrics, strict=True),
            )
        )

    @property
    def groups(self) -> dict[str, str]:
        """The group of each image that has one, by the images' names."""
        return {image.name: image.group for image in self.images if image.group}

    @cached_property
    def samples(self) -> Mapping[str, str]:
        """Which sample each image belongs to, by the images' names."""
        return samples_of((image.name, image.digest, image.group) for image in self.images)

    @property
    def size(self) -> str:
        """How many images the run has, and how many samples they are where that is fewer."""
        return size_of(len(self.images), self.sample_count)

    @cached_property
    def sample_count(self) -> int:
        """How many samples the images are."""
        return len(set(self.samples.values()))

    @property
    def unit(self) -> str:
        """What means are over: `images`, or `samples` where several images are one."""
        return "samples" if self.sample_count < len(self.images) else "images"

    @property
    def grouping(self) -> str:
        """In a sentence, how the images make samples; empty where each is its own."""
        return grouping_of(self.samples)

    def image_notes(self, found: ImageSet, *others: str) -> tuple[str, ...]:
        """What there is to say of the run's images out of their set, a sentence each."""
        sample = draws.told(found.images, self.only, self.seed) if self.sample else ""
        return tuple(filter(None, (sample, *found.notes, *others)))

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

    def so_far(self, done: int) -> str:
        """How far a run is: `5 of 12 steps`, at its end how many maps it has. A step makes a map
        and scores it, or compares it with those of other images.
        """
        if done < self.steps:
            return f"{done:,} of {self.steps:,} step{'' if self.steps == 1 else 's'}"
        maps = len(self.images) * len(self.methods)
        return f"{maps:,} map{'' if maps == 1 else 's'}"

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
            "methods": [method.spec for method in self.methods if method.offered],
            "metrics": [metric.spec for metric in self.metrics],
            "seed": self.seed,
            **({"sample": self.sample} if self.sample else {}),
            **({"only": list(self.only)} if self.only and not self.sample else {}),
            **({"maps": dict(self.maps)} if self.maps else {}),
            **({"masks": self.masks} if self.masks else {}),
            **({"plugins": self._named_plugins} if self._named_plugins else {}),
            **({"groups": self.groups} if self.groups else {}),
            **self._aimed,
            **self._economies,
        }


def ask(
    classifier: str = classifiers.DEFAULT,
    source: str = image_sets.SAMPLES,
    methods: Sequence[str | Mapping[str, Any]] | None = None,
    metrics: Sequence[str | Mapping[str, Any]] | None = None,
    points: int | str = BUDGET,
    substrates: str = STANDARD_SET,
    beside: str = "",
    seed: int = 0,
    only: Sequence[str] = (),
    groups: Mapping[str, str] | None = None,
    sample: int = 0,
    target: str = TOP,
    fit: str = CROP,
    maps: Mapping[str, str] | None = None,
    masks: str = "",
    keep_maps: str | int = KEEP_ALL,
    until: str = "",
    found: ImageSet | None = None,
) -> RunSpec:
    """A spec from what a person says; all images of the source, the standard methods and metrics
    where none are named.

    `["all"]` names every method, or every metric that the images allow. `points` is how many of
    each curve (BUDGET: as many as the comparison needs), `substrates` the set that areas are the
    mean over, `beside` another classifier whose maps are scored beside the run's own. `groups` says
    of which group each image is, by its name or its file's; an image without one stands alone.
    `sample` is how many images are drawn with the seed, balanced by class; all where 0.
    `target` is the rule for the class that is explained; under `label` the images without one are
    left out.
    `fit` is how pictures are brought to the classifier's input, one of `FITS`.
    `maps` are folders of maps from elsewhere, by the names that they are to have, and `masks` one
    of the objects' masks. `keep_maps` says of how many images the maps are kept, and `until` after
    which comparison the run stops. `found` is the source's set where it has been read already.

    Raises:
        HeatcheckError: a name, a parameter or the folder is wrong, a list is empty; the message
        names the nearest right one.
    """
    classifiers.check_name(classifier)
    questions.check_seed(seed)
    found = found or image_sets.read(questions.named_source(source))
    whole = list(found.images)
    rule = TargetRule.read(target)
    chosen = questions.asked_for(found, only, sample, seed, by_label=rule.word == LABEL)
    available = questions.labelled(chosen) if rule.word == LABEL else chosen
    group_of = {} if groups is None else matched(groups, whole, available, found.copies)
    settings = Settings(budgeted(points, len(available)), substrates, beside)
    settings.check()
    drawn = object_masks.asked(masks, available) if masks else None
    masked = drawn is not None or all(image.masked for image in available)
    chosen_methods = tuple(
        questions.method_of(method)
        for method in questions.named("method", methods, STANDARD, METHODS)
    )
    named = questions.named(
        "metric",
        metrics,
        questions.fitting_names(STANDARD_METRICS, len(available), masked),
        questions.fitting_names(METRICS, len(available), masked, settings),
    )
    added = [name for name in held_beside(beside) if name not in map(questions.name_of, named)]
    chosen_metrics = tuple(settings.metric(questions.plain(metric)) for metric in (*named, *added))
    brought = {called: image_sets.absolute(folder) for called, folder in (maps or {}).items()}
    chosen_methods += tuple(given_maps.asked(*pair, available) for pair in brought.items())
    questions.check_fit(chosen_metrics, len(available), masked)
    questions.check_once("method", chosen_methods, set(chosen_methods))
    questions.check_once("metric", chosen_metrics, {metric.name for metric in chosen_metrics})
    listed = tuple(
        SpecImage(image.name, image.digest, image.label, group_of.get(image.name, ""))
        for image in available
    )
    return RunSpec(
        classifier,
        listed,
        chosen_methods,
        chosen_metrics,
        seed,
        image_sets.absolute(source),
        tuple(image.name for image in available) if only or sample else (),
        sample,
        rule,
        len(chosen) - len(available),
        checked_fit(fit),
        tuple(brought.items()),
        image_sets.absolute(masks) if masks else "",
        drawn.digest if drawn else "",
        questions.sources_of((*chosen_methods, *chosen_metrics)),
        questions.checked_keep(keep_maps),
        until.strip(),
    )
