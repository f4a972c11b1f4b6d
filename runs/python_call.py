"""How a question about a model in memory is asked again: as a call in Python, since no command can
load that model.
"""

from __future__ import annotations

from collections.abc import Sequence

OF_FILE = "heatcheck.evaluate(model, images, ...) with the methods and metrics of SPEC.json"
LISTS, NUMBERS = ("methods", "metrics"), ("seed",)


def called(words: Sequence[str]) -> str:
    """The call that says what options of `heatcheck run` say, a word of an option and a word of its
    value in turn; OF_FILE where one of them is no argument of `evaluate`.
    """
    arguments = {word.removeprefix("--"): value for word, value in _pairs(words)}
    if set(arguments) - {*LISTS, *NUMBERS, "points", "target", "fit"}:
        return OF_FILE
    said = [f"{name}={_written(name, value)}" for name, value in arguments.items()]
    return f"heatcheck.evaluate({', '.join(['model', 'images', *said])})"


def _pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(words[::2], words[1::2], strict=True))


def _written(name: str, value: str) -> str:
    if name in LISTS:
        return repr(value.split(","))
    return value if value.isdecimal() else repr(value)
