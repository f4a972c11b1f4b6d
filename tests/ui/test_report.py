"""The Report page without a browser: its formats, and a run against another."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.answer.summary import Summary
from heatcheck.inputs.images import Image
from heatcheck.report import against
from heatcheck.report.printing import VARIABLE
from heatcheck.report.subject import Subject
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.pages import opened, text
from heatcheck.tests.doubles.runs import fill
from heatcheck.ui.report.download import FORMAT, OTHER
from heatcheck.ui.session import seats
from heatcheck.ui.shared.markdown import plain


@pytest.fixture(autouse=True)
def own_reviews(shared_store: Store) -> None:
    seats.reviews.cache_clear()


def command(page: AppTest) -> str:
    return str(page.code[0].value)


def test_the_page_opens_with_the_model_and_the_answer(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = fill(shared_store, photographs)
    shown = opened("report")
    summary = Summary.of_run(shared_store, run)
    told = "\n".join(str(one.value) for one in (*shown.success, *shown.warning, *shown.error))
    assert plain(summary.headline.answer) in told + text(shown)
    assert plain(" ".join(summary.model)) in text(shown)
    assert command(shown) == f"heatcheck report {run[:8]} --out report.html"


def test_a_chosen_format_is_in_the_command_and_in_the_address(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = fill(shared_store, photographs)
    shown = opened("report", format="md")
    assert shown.session_state[FORMAT] == "md"
    assert command(shown) == f"heatcheck report {run[:8]} --out report.md"
    shown.session_state[FORMAT] = "card"
    shown.run()
    assert not shown.exception
    assert command(shown).endswith("--format card --out report.md")
    assert shown.query_params["format"] == "card"


def test_pdf_is_offered_where_a_chromium_is_there(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shared_store, photographs)
    for path, offered in (("/bin/sh", True), ("/no/such/program", False)):
        monkeypatch.setenv(VARIABLE, path)
        shown = opened("report", format="pdf")
        assert (shown.session_state[FORMAT] == "pdf") == offered


def test_against_another_run_it_says_what_changed(
    shared_store: Store, photographs: list[Image]
) -> None:
    older = fill(shared_store, photographs)
    assert OTHER not in opened("report").session_state
    newer = fill(shared_store, photographs, seed=1)
    shown = opened("report", run=newer, against=older[:8])
    told = against.compared(*(Subject.of(shared_store, run) for run in (newer, older)))
    assert plain(told.headline) in text(shown)
    assert command(shown) == f"heatcheck report {newer[:8]} --against {older[:8]} --out report.html"
    assert shown.query_params["against"] == older


def test_runs_that_share_no_method_are_refused_on_the_page(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = (fill(shared_store, photographs, seed=seed) for seed in (0, 1))
    side = against._side

    def apart(subject: Subject, model: str) -> object:
        made = side(subject, model)
        other = {key: f"{subject.run.id} {digest}" for key, digest in made.methods.items()}
        return type(made)(made.summary, other, made.settings, made.images, made.model)

    monkeypatch.setattr(against, "_side", apart)
    shown = opened("report", run=newer, against=older)
    assert "method in common" in str(shown.error[-1].value)
    assert not shown.code
