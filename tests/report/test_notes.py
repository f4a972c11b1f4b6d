"""What was said of the network when it was loaded stands wherever a run is read."""

from __future__ import annotations

import json

import pytest

from heatcheck import cli
from heatcheck.report import document, markdown
from heatcheck.report.build import page as built
from heatcheck.report.subject import Subject
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.html import words
from heatcheck.tests.doubles.runs import put_in_state

NOTES = ("Its weights are half, cast to <b>float32</b>.", "It answers with a mapping.")


@pytest.fixture
def noted(store: Store, run: str) -> Subject:
    kept = {"device": "cpu", "notes": "\n".join(NOTES)}
    put_in_state(store, run, "finished", provenance=json.dumps(kept))
    return Subject.of(store, run)


def test_every_report_says_it_above_the_answer_and_among_the_limits(noted: Subject) -> None:
    page = built(noted)
    assert "<b>float32" not in page
    told = words(markdown.markdown(noted)), words(markdown.card(noted)), page
    for note in NOTES[1:]:
        assert [text.count(note) for text in told] == [2, 1, 2]
    assert "The network as it was loaded" in page
    assert document.document(noted)["provenance"]["facts"]["notes"] == "\n".join(NOTES)


def test_show_says_it(noted: Subject, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", noted.run.id, "--store", store.url]) == 0
    shown = capsys.readouterr().out
    assert all(note in shown for note in NOTES)


def test_without_notes_nothing_is_said(store: Store, run: str) -> None:
    assert "The network as it was loaded" not in built(Subject.of(store, run))


def test_every_report_says_among_the_limits_what_was_left_out(store: Store, run: str) -> None:
    told = "Left out: 1 copy of a picture with the same label (a.png)."
    put_in_state(store, run, "finished", provenance=json.dumps({"image_notes": told}))
    subject = Subject.of(store, run)
    page = built(subject)
    assert "The images as they lay" in page
    assert page.count(told) == words(markdown.markdown(subject)).count(told) == 1
