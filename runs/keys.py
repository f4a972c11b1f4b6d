"""A method's key in a run: its name, and where two share it a dash and the beginning of its digest.
The format stands here alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from heatcheck.attribution import METHODS, Method
from heatcheck.attribution.given import Given

DIGITS = 6  # of the digest


def keyed(methods: Sequence[Method]) -> dict[str, Method]:
    """The methods of a run by their keys, in order."""
    names = [method.name for method in methods]
    return {
        method.name if names.count(method.name) == 1 else key_with_digest(method): method
        for method in methods
    }


def key_with_digest(method: Method) -> str:
    """The key of a method that shares its name with another."""
    return f"{method.name}-{method.digest[:DIGITS]}"


def name_of(key: str) -> str:
    """A method's registered name, from its key in a run."""
    return key.partition("-")[0]


def kind_of(key: str) -> type[Method]:
    """The class of a key's method. A name that no method has is that of maps from elsewhere."""
    name = name_of(key)
    return METHODS[name] if name in METHODS.readable else Given


def is_control(key: str) -> bool:
    """Whether a key of a run is a control's."""
    return kind_of(key).family == "control"


def is_given(key: str) -> bool:
    """Whether a key of a run is that of maps from elsewhere."""
    return kind_of(key) is Given
