"""Words that only makers of Heatcheck know are in no sentence that people read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from heatcheck.tests.doubles.tree import ROOT, modules

MAKERS = re.compile(r"\b(strange(ness)?|side values?|legs?|cells?|steps)\b")
READ = (
    *("answer", "commands", "drawing", "judgement", "pages/explore", "pages/review", "report"),
    *("ui/compare", "ui/methods", "ui/runs", "ui/session", "ui/shared"),
)


def sentences() -> Iterator[tuple[str, str]]:
    """Texts of more than a word in what people read, docstrings left out, with their place."""
    for name in modules():
        if not name.startswith(READ):
            continue
        tree = ast.parse((ROOT / name).read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and " " in text.strip() and id(node) not in docstrings:
                yield f"{name}:{node.lineno}", text


def test_no_sentence_has_a_word_that_only_makers_know() -> None:
    assert not [f"{place}: {text}" for place, text in sentences() if MAKERS.search(text)]
