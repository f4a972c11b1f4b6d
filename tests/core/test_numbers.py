"""Numbers as people read them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import numpy as np
import pytest

from heatcheck.core.numbers import counted, in_full, rounded, span
from heatcheck.tests.doubles.tree import ROOT, modules

# in braces or after a per cent sign: `{:.3g}`, `%{x:.3g}`, `%.3g`
EXPONENT = re.compile(r"\{[^{}]*:[-+ #,<>=^.\d]*[eEgG]\}|%[-+#\d.]*[eEgG]\b")
# what is read back: the name of a classifier, and digits on their way to words
EXACT = {"inputs/classifier_names.py", "core/numbers.py"}


@pytest.mark.parametrize("number", [1.0, -1.0, 3.14159, 9.996, 5e-324])
def test_no_size_of_number_has_an_exponent(number: float) -> None:
    for power in range(-320, 300, 7):
        assert re.fullmatch(r"[<>]?-?[\d,]+(\.\d+)?", rounded(number * 10.0**power)), power


def test_what_is_set_is_told_with_all_its_digits() -> None:
    assert [in_full(number) for number in (0.1, 3.0, 1000, 1e-5, 0.0, -2.5)] == [
        *("0.1", "3", "1000", "0.00001", "0", "-2.5"),
    ]
    assert span(0, 1) == "0 to 1"
    assert span(0.0005, np.inf) == "0.0005 and up"
    assert [counted(count) for count in (50.0, 1200.0, 12.5, 2.0e6)] == [
        *("50", "1,200", "12.5", "2,000,000"),
    ]


def test_what_is_no_number_is_said_as_it_is() -> None:
    assert [rounded(number) for number in (np.nan, np.inf, -np.inf)] == ["nan", "inf", "-inf"]


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the product's code, and every format in it as `{:.3f}`, with its place."""
    for name in modules():
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                yield f"{name}:{node.lineno}", f"{{:{ast.unparse(node.format_spec)[2:-1]}}}"
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{name}:{node.lineno}", node.value


def test_no_format_of_the_product_makes_exponents() -> None:
    assert not [
        f"{place}: {text}"
        for place, text in texts()
        if EXPONENT.search(text) and place.partition(":")[0] not in EXACT
    ]
    page = (ROOT / "report" / "page.html").read_text()
    assert not EXPONENT.search(page)
