"""Methods in an address: `grad_cam,smoothgrad:samples=10:sigma=0.2`; parameters that have their
defaults are not named.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlencode

from heatcheck.attribution import METHODS, Method
from heatcheck.core.errors import HeatcheckError
from heatcheck.core.numbers import in_full

LONGEST = 20  # letters of a number; longer ones are none


def text_of(methods: Sequence[Method]) -> str:
    """The methods as an address names them."""
    return ",".join(":".join([method.name, *_words(method)]) for method in methods)


def _words(method: Method) -> list[str]:
    return [f"{name}={quote(_text(value), safe='')}" for name, value in _changed(method)]


def query(
    classifier: str,
    image: str,
    class_index: int,
    methods: Sequence[Method],
    second: int | None = None,
) -> str:
    """What asks for all of this, behind the ? of an address: nothing is left to a default, which
    may be another one for whoever opens it.
    """
    asked = {"classifier": classifier, "image": image, "class": class_index}
    asked |= {} if second is None else {"second": second}
    return urlencode({**asked, "methods": text_of(methods)}, quote_via=quote)


def in_words(method: Method) -> str:
    """The parameters that do not have their defaults: `SmoothGrad with samples 10, sigma 0.2`;
    nothing where all have them.
    """
    told = ", ".join(f"{name} {_text(value)}" for name, value in _changed(method))
    return f"{method.title} with {told}" if told else ""


def _changed(method: Method) -> list[tuple[str, Any]]:
    usual = METHODS.build(method.name)
    values = [(field.name, getattr(method, field.name)) for field in dataclasses.fields(method)]
    return [(name, value) for name, value in values if value != getattr(usual, name)]


def _text(value: Any) -> str:
    return in_full(value) if isinstance(value, (int, float)) else value


def read(text: str, offered: Collection[str]) -> tuple[list[Method], list[str]]:
    """The methods that an address names, each once, and those of its words that name none."""
    found: dict[str, Method] = {}
    refused = []
    for part in text.split(","):
        name, *parameters = part.split(":")
        if name not in offered:
            refused.append(part)
            continue
        try:
            found[name] = METHODS.build(
                {"name": name, **dict(_value(name, word) for word in parameters)}
            )
        except (HeatcheckError, ValueError):
            refused.append(part)
            found.setdefault(name, METHODS.build(name))
    return list(found.values()), refused


def _value(method: str, word: str) -> tuple[str, Any]:
    """A parameter's name and value. Raises ValueError where the method has none of that name, or
    the value is none.
    """
    name, _, text = word.partition("=")
    field = next(
        (field for field in dataclasses.fields(METHODS[method]) if field.name == name), None
    )
    if field is None:
        raise ValueError(f"Expected a parameter of {method}. Got {name!r}.")
    value = unquote(text)
    if isinstance(field.default, str) or value in field.metadata["words"]:
        return name, value
    if len(value) > LONGEST:
        raise ValueError(f"Expected a number. Got {value[:LONGEST]!r} and more.")
    return name, int(value) if isinstance(field.default, int) else float(value)
