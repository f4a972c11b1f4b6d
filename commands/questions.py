"""The question that options or a spec file ask."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from heatcheck.core.errors import BadParameter

if TYPE_CHECKING:
    from heatcheck.runs.specs import RunSpec

LISTS = ("only", "methods", "metrics")
NETWORK = ("weights", "labels", "mean", "std", "size", "output")
OPTIONS = (
    "preset",
    "classifier",
    *NETWORK,
    "images",
    *LISTS,
    "points",
    "substrates",
    "beside",
    "seed",
    "groups",
    "sample",
    "target",
    "fit",
    "maps",
    "masks",
    "keep_maps",
    "until",
)


def spec_of(arguments: argparse.Namespace) -> RunSpec:
    """The spec that `heatcheck run` was asked for.

    Raises:
        BadParameter: a file and options at once, or an empty list. HeatcheckError: what the spec's
        own checks raise.
    """
    from heatcheck.runs import groups, presets, spec_files, specs
    from heatcheck.runs.specs import ECONOMIES

    given = {name: value for name in OPTIONS if (value := getattr(arguments, name)) is not None}
    if arguments.spec is not None:
        if given:
            raise BadParameter(
                f"Expected a spec file or options. Got both: {arguments.spec} and "
                f"--{', --'.join(ECONOMIES.get(name, name) for name in given)}. Put them into the "
                "file."
            )
        return spec_files.read(Path(arguments.spec))
    if classifier := classifier_of(arguments):
        given["classifier"] = classifier
    question = {name: value for name, value in given.items() if name not in NETWORK}
    for option in LISTS:
        if option in question:
            question[option] = _names(option, question[option])
    if "groups" in question:
        question["groups"] = groups.read(question["groups"])
    if "maps" in question:
        question["maps"] = _once_each(question["maps"])
    if "images" in question:
        question["source"] = question.pop("images")
    preset = question.pop("preset", None)
    return specs.ask(**(question if preset is None else presets.settled(preset, question)))


def _names(option: str, text: str) -> list[str]:
    """The names in an option, commas between."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise BadParameter(
            f"Expected names after --{option}, commas between. Got none in {text!r}. Leave the "
            "option out for the default."
        )
    return names


def _once_each(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The folders of maps by their names. Raises BadParameter where a name stands twice."""
    folders = dict(pairs)
    if len(folders) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadParameter(
            f"Expected each name of --maps once. Got {twice} twice. Give the maps two names."
        )
    return folders


def classifier_of(arguments: argparse.Namespace) -> str | None:
    """The classifier's name as the options say it; a network of the user's own gets the digest of
    its weights into it. None where no option names one.
    """
    from heatcheck.inputs import own_networks
    from heatcheck.inputs.classifier_names import LIBRARIES

    settings = {key: value for key in NETWORK if (value := getattr(arguments, key)) is not None}
    name: str | None = arguments.classifier
    if settings and not name:
        raise BadParameter(
            "Expected --classifier timm:NAME or torchvision:NAME beside "
            f"--{', --'.join(settings)}. Got none."
        )
    if not name or "?" in name:
        return name
    library, colon, _ = name.partition(":")
    if settings or (colon and library not in LIBRARIES):
        return own_networks.asked(name, **settings)
    return name
