"""The glossary: short lines, one place, and only words that people meet."""

from __future__ import annotations

import ast

import pytest

from heatcheck.answer import glossary
from heatcheck.answer.glossary import TERMS, line, term, used
from heatcheck.core.errors import UnknownName
from heatcheck.metrics import METRICS
from heatcheck.tests.doubles.tree import ROOT, modules
from heatcheck.ui.methods.terms import anchor


def said() -> str:
    """Every text of the product's code, its scripts and the report's page, the glossary's own left
    out.
    """
    scripts = [path for room in ("ui", "drawing") for path in sorted((ROOT / room).rglob("*.js"))]
    texts = [path.read_text() for path in (ROOT / "report" / "page.html", *scripts)]
    for name in modules():
        if name.startswith(("answer/term", "answer/glossary")):
            continue
        tree = ast.parse((ROOT / name).read_text())
        about = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        texts += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in about
        ]
    return "\n".join(texts)


def test_each_term_is_found_in_what_the_product_says() -> None:
    text = said()
    assert [term.word for term in TERMS if not term.used(text)] == []


def test_terms_are_short_and_in_order() -> None:
    words = [term.word for term in TERMS]
    assert words == sorted(words, key=str.lower)
    assert len({*words}) == len(words)
    assert len({anchor(term) for term in TERMS}) == len(words)
    for one in TERMS:
        assert one.line.endswith("."), one.word
        assert one.reading.endswith("."), one.word
        assert len(one.line.split()) <= 25, one.word
        assert len(one.reading.split()) <= 35, one.word
        assert one.source.authors, one.word
        assert one.source.year, one.word


def test_each_kind_of_gain_has_a_term() -> None:
    halves = {
        name.partition("_")[2]
        for name, metric in METRICS.items()
        if metric.standard and metric.family == "placement"
    }
    assert {f"{half} gain" for half in halves} <= {one.word for one in TERMS}


def test_a_line_is_found_by_its_word() -> None:
    assert line("exchange gain").startswith("How much worse deletion or insertion gets with")
    assert term("exchange gain").anchor == "exchange-gain"
    assert term("95 % interval").anchor == "95-interval"
    with pytest.raises(UnknownName, match="exchange gain"):
        line("exchange gains")


def test_a_text_uses_a_word_in_its_forms_and_not_in_others() -> None:
    def words(text: str) -> list[str]:
        return [one.word for one in used(text)]

    assert words("Random and Edges") == ["Edges", "Random"]
    assert words("at random, over the edges") == []
    assert words("Placement gains, p < 0.0001") == ["p-value", "placement gain"]
    assert words("heatmaps of random weights") == ["attribution map", "sanity"]
    assert words("a hit, a hitch and a white-hit") == ["hit"]
    assert words("") == []


def test_a_tooltip_of_several_words_has_a_paragraph_each() -> None:
    both = glossary.lines(("opacity", "noise"))
    assert both.split("\n\n") == [
        f"**Opacity.** {line('opacity')}",
        f"**Noise.** {line('noise')}",
    ]
