"""What a run says has no exponent in it, however small or large its values are."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from heatcheck import report
from heatcheck.commands import exports
from heatcheck.inputs.images import Image
from heatcheck.judgement import conclusion
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import standings
from heatcheck.judgement.verdicts import judge
from heatcheck.runs.results import Results
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.html import Page
from heatcheck.tests.doubles.runs import fill

EXPONENT = re.compile(r"(?<![\w.-])-?\d+(\.\d+)?e[-+]?\d+\b")
SIZES = (1e-12, 1e-7, 3e-5, 1.0, 1e7, 1e13)
table = Results.table


def of_all_sizes(results: Results, run: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A run's table, each method's values as large as no other's."""
    rows = table(results, run)
    sizes = {
        key: SIZES[place % len(SIZES)] for place, key in enumerate(dict.fromkeys(rows["method"]))
    }
    rows["value"] *= rows["method"].map(sizes)
    return rows[list(columns or rows)]


def read(page: Page) -> list[str]:
    """What a person reads of a page: the data of its charts is drawn, not read."""
    drawn = ("html", "body", "main", "section", "figure", "script", "style")
    texts = [element["text"] for element in page.elements if element["tag"] not in drawn]
    return texts + [element["attrs"].get("alt") or "" for element in page.elements]


def test_what_a_run_says_has_no_exponent(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    photographs: list[Image],
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = Store(url)
    run = fill(store, photographs)
    monkeypatch.setattr(Results, "table", of_all_sizes)
    scores, findings = Scores(store.results.table(run)), store.results.findings(run)
    verdicts = judge(scores, findings)
    exports.show(Namespace(store=url, run=run))
    told = [
        *(standing.text for standing in standings(scores)),
        *(f"{verdict.sentence} {verdict.measured}" for verdict in verdicts),
        *conclusion.sentences(scores),
        *(text for _, cells in Evidence(scores).words for text in cells),
        capsys.readouterr().out,
        *read(Page(report.build(store, run))),
    ]
    assert not [match[0] for text in told for match in EXPONENT.finditer(text)]
    assert any("<0.0001" in text for text in told)
    assert any(re.search(r"\d,\d{3},\d{3}", text) for text in told)
