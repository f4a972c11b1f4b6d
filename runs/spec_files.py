"""A run's question as a JSON file. Whatever a person may write there is taken as it stands, or
refused in a sentence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heatcheck.core.errors import RunProblem, shown, unknown
from heatcheck.core.json_text import once
from heatcheck.inputs import own_networks
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.runs import groups, presets, questions
from heatcheck.runs.specs import RunSpec, ask

KEYS = (
    "preset",
    "classifier",
    "images",
    "only",
    "methods",
    "metrics",
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
    "plugins",
    "keep_maps",
    "until",
)
NETWORK_KEYS = ("architecture", "weights", "labels", "mean", "std", "size", "output")
LARGEST = 10 * 2**20  # bytes of a file


def read(path: Path) -> RunSpec:
    """A spec from a JSON file with the keys of `KEYS`; all of them optional.

    Raises:
        RunProblem: the file is not there, not JSON, or a value has the wrong type. UnknownName: a
        key is none of these. HeatcheckError: what `ask` raises.
    """
    return asked(parsed(_content(path), str(path)))


def parsed(content: bytes, name: str) -> dict[str, Any]:
    """What a file of this name says, each key one of `KEYS` and of a type that it may have. Nothing
    that it names is looked up: no file is opened, no module imported.

    Raises:
        RunProblem: it is not JSON, or a value has the wrong type. UnknownName: a key is none of
        these.
    """
    written = _written(content, name)
    if not isinstance(written, dict):
        raise RunProblem(
            f"Expected {name} to hold a JSON object with keys of {', '.join(KEYS)}. Got "
            f"{type(written).__name__}."
        )
    for key in written:
        if key not in KEYS:
            raise unknown("key of a run's spec", key, KEYS)
    for key, value in written.items():
        if key == "classifier" and isinstance(value, dict):
            _check_network(value, name)
        elif not _fits(key, value):
            raise RunProblem(f"Expected {key} in {name} to be {WORDS[key]}. Got {shown(value)}.")
    if written.get("only") == []:
        raise RunProblem(
            f"Expected the names of images as only in {name}. Got an empty list. Leave it out "
            "for all images."
        )
    return written


def asked(parsed: Mapping[str, Any], found: ImageSet | None = None) -> RunSpec:
    """The spec that a parsed file asks for; what it names is read now. `found` is its set of images
    where that has been read already. Raises what `ask` raises.
    """
    written = dict(parsed)
    if isinstance(written.get("classifier"), dict):
        written["classifier"] = own_networks.asked(**written["classifier"])
    questions.plugged(written.pop("plugins", ()))
    if isinstance(written.get("groups"), str):
        written["groups"] = groups.read(Path(written["groups"]))
    preset = written.pop("preset", None)
    said = {("source" if key == "images" else key): value for key, value in written.items()}
    return ask(**{"found": found, **(said if preset is None else presets.settled(preset, said))})


WORDS = {
    "preset": "a name",
    "classifier": "a name, or an object with architecture and weights",
    "images": "a name or a folder",
    "only": "a list of names",
    "methods": "a list of names and objects",
    "metrics": "a list of names and objects",
    "points": "a whole number or a word",
    "substrates": "a name",
    "beside": "a name",
    "seed": "a whole number",
    "groups": "a file's name, or an object with the group of each image",
    "sample": "a whole number",
    "target": "a rule",
    "fit": "a word",
    "masks": "a folder",
    "plugins": "a list of modules' names",
    "maps": "an object with the folder of each name",
    "keep_maps": "all, none or a whole number",
    "until": "METRIC:METHOD,METHOD",
    "architecture": "a name",
    "weights": "a file's name",
    "labels": "a file's name",
    "mean": "a list of numbers",
    "std": "a list of numbers",
    "size": "a whole number of pixels, or a list of height and width",
    "output": "a word",
}


def _fits(key: str, value: Any) -> bool:
    """Whether a key's value has a type that it may have; what it says is checked by `ask`."""
    if key in ("methods", "metrics"):
        return isinstance(value, list)
    if key in ("only", "plugins"):
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if key == "groups" and isinstance(value, dict):
        return all(isinstance(group, str) for group in value.values())
    if key == "maps":
        return isinstance(value, dict) and all(isinstance(folder, str) for folder in value.values())
    if key in ("mean", "std"):
        return isinstance(value, str) or (isinstance(value, list) and all(map(_number, value)))
    if key == "size":
        return isinstance(value, str) or all(
            _number(side) and isinstance(side, int)
            for side in (value if isinstance(value, list) else [value])
        )
    if key in ("seed", "sample"):
        return _number(value) and isinstance(value, int)
    if key in ("points", "keep_maps"):
        return isinstance(value, str) or (_number(value) and isinstance(value, int))
    return isinstance(value, str)


def _number(value: Any) -> bool:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_network(written: Mapping[str, Any], name: str) -> None:
    """Raises RunProblem or UnknownName where the object that describes the user's own network is
    none.
    """
    for key, value in written.items():
        if key not in NETWORK_KEYS:
            raise unknown("key of a run's classifier", key, NETWORK_KEYS)
        if not _fits(key, value):
            raise RunProblem(
                f"Expected {key} of the classifier in {name} to be {WORDS[key]}. Got "
                f"{shown(value)}."
            )
    if "architecture" not in written:
        raise RunProblem(
            f"Expected the classifier in {name} to have an architecture, timm:NAME, "
            "torchvision:NAME or module:function."
        )


# -- JSON ------------------------------------------------------------------------------------------


def _content(path: Path) -> bytes:
    """The bytes of a file, at most one more than a spec may have."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise RunProblem(f"Expected a spec at {path}. It cannot be read ({why}).") from error


def _written(content: bytes, name: str) -> Any:
    """What a file holds, of strict JSON alone: no NaN, no key twice."""
    if len(content) > LARGEST:
        raise RunProblem(f"Expected a spec of at most {LARGEST >> 20} MB at {name}. Got more.")
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=once,
            parse_constant=_refuse_number,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise RunProblem(
            f"Expected {name} to be text in UTF-8. {error}. Save it with that encoding."
        ) from error
    except (ValueError, RecursionError) as error:
        raise RunProblem(
            f"Expected {name} to be JSON. {error}. See docs/command-line.md for an example."
        ) from error


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse_number(digits)


def _refuse_number(word: str) -> float:
    raise ValueError(f"{shown(word)} is no finite number")
