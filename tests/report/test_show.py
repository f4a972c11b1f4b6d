"""What `heatcheck show` prints first."""

from __future__ import annotations

import pytest

from heatcheck import cli
from heatcheck.answer.summary import Summary
from heatcheck.runs import specs
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.html import words
from heatcheck.tests.report.test_markdown import read, tables


def test_show_begins_with_the_answer_the_model_and_the_table_at_a_glance(
    store: Store, run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["show", run, "--store", store.url]) == 0
    shown = capsys.readouterr().out
    summary = Summary.of_run(store, run)
    headline = summary.headline
    parts = [
        headline.answer,
        f"How sure: {' '.join(headline.sure)}",
        f"What would change it: {' '.join(headline.change)}",
        " ".join(summary.model),
    ]
    blocks = [words(block) for block in shown.split("\n\n")]
    assert blocks[1:5] == [words(part) for part in parts if part]
    assert [row[1:] for row in tables(read(shown))[0][1:]] == [
        [cell.text.removeprefix(" · ") for cell in row.cells] for row in summary.glance
    ]


def test_show_of_a_run_without_scores_still_says_so(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = store.runs.open(specs.ask(methods=["random"], points=3))
    assert cli.main(["show", waiting, "--store", store.url]) == 0
    assert waiting in capsys.readouterr().out
