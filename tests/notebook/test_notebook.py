"""The notebook of the docs: what its page shows is what it says and gives."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import heatcheck
from heatcheck.tests.doubles.notebooks import code_cells, ran
from heatcheck.tests.doubles.tree import ROOT

NOTEBOOK, PAGE = ROOT / "docs" / "notebook.ipynb", ROOT / "docs" / "notebook.md"


def fenced(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)\n```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def test_the_page_shows_the_notebooks_code() -> None:
    assert fenced("python") == [source for source in code_cells(NOTEBOOK) if source != "result"]


def test_from_the_import_to_the_answer_are_under_ten_lines() -> None:
    source = next(one for one in code_cells(NOTEBOOK) if one.startswith("import heatcheck"))
    lines = [line for line in source.splitlines() if line.strip()]
    assert lines[-1] == "print(result.answer)"
    assert len(lines) < 10


@pytest.mark.long
def test_the_notebook_runs_and_gives_the_answer_that_the_page_shows() -> None:
    printed, values = ran(NOTEBOOK)
    result = values[2]
    assert isinstance(result, heatcheck.Result)
    assert printed[1] == result.answer
    (shown,) = fenced("text")
    assert result.answer.split(" Seen on ")[0] == shown.split(" Seen on ")[0]  # digits may differ
    assert result._repr_html_().count("data:image/png;base64,") == 6
    assert isinstance(values[3], pd.DataFrame)
    assert len(values[3]) == 4
    assert re.fullmatch(r"(red|blue), \d+\.\d %", values[4])
