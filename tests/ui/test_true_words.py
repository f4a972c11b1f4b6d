"""What pages say of time and of what is missing is so: nothing is promised, and nothing is said to
be lacking that is still on its way.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.inputs.images import Image
from heatcheck.judgement.conclusion import sentences
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import judge
from heatcheck.runs import specs
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.pages import opened, text
from heatcheck.tests.doubles.runs import fill, put_in_state
from heatcheck.ui.shared import frame


def ago(**words: int) -> str:
    return (datetime.now(UTC) - timedelta(**words)).isoformat()


def test_a_run_that_was_cancelled_just_now_is_not_told_by_the_time_it_was_asked(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = fill(shared_store, photographs)
    put_in_state(shared_store, run, "cancelled", asked_at=ago(minutes=22), ended_at=ago(seconds=3))
    said = text(opened("leaderboard"))
    assert "cancelled, just now" in said
    assert "22 min ago" not in said


def test_a_run_that_broke_off_has_no_end_to_tell(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = fill(shared_store, photographs)
    put_in_state(shared_store, run, "interrupted", asked_at=ago(minutes=22), ended_at=None)
    assert "interrupted, asked 22 min ago" in text(opened("leaderboard"))


def test_the_first_run_promises_no_time(shared_store: Store) -> None:
    run = shared_store.runs.open(specs.ask(methods=["random"], points=3))
    put_in_state(shared_store, run, "running", asked_at=ago(minutes=4))
    said = text(opened("leaderboard"))
    assert "has no map yet" in said
    assert "minute" not in said


def test_a_run_that_measured_nothing_says_why(shared_store: Store) -> None:
    run = shared_store.runs.open(specs.ask(methods=["random"], points=3))
    put_in_state(shared_store, run, "failed", problem="The folder *x* is gone.")
    page = opened("leaderboard")
    assert "measured nothing. The folder \\*x\\* is gone" in page.error[0].value
    assert page.button[0].label == "Measure the default set now"


@pytest.mark.parametrize(("state", "yet"), [("running", True), ("finished", False)])
def test_what_a_run_has_not_measured_is_missing_yet_while_it_goes_on(
    state: str, yet: bool, store: Store, photographs: list[Image]
) -> None:
    run = fill(store, photographs, under_way=True)
    put_in_state(store, run, state)
    scores = Scores.of_run(store, run)
    assert scores.under_way is yet
    labels = {one.label for one in judge(scores, store.results.findings(run).head(0))}
    assert ("not measured yet" in labels) is yet
    assert ("not measured in this run" in labels) is not yet
    bare = Scores(scores.table[scores.table["metric"] == "deletion"], under_way=yet)
    assert ("exchanged maps yet" in sentences(bare)[0]) is yet


def watching() -> None:
    import streamlit as st

    from heatcheck.ui.shared import frame

    st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
    frame.opening("What?", "So.")
    frame.follow_runs(st.session_state.get("follows", True))


def test_a_page_that_was_left_open_notices_a_run_that_starts_elsewhere(
    shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    fragment = frame.st.fragment
    monkeypatch.setattr(
        frame.st,
        "fragment",
        lambda body, run_every: looks.append((body, run_every)) or fragment(body),
    )
    page = AppTest.from_function(watching, default_timeout=30).run()
    ((look, every),) = looks
    assert every == frame.WATCH
    assert not page.exception
    again: list[bool] = []
    monkeypatch.setattr(frame.st, "rerun", lambda: again.append(True))
    look(iter([True]))  # drawn with its page
    run = shared_store.runs.open(specs.ask(methods=["random"], points=3))
    put_in_state(shared_store, run, "running")
    look(iter([True]))
    assert again == []
    look(iter([]))
    assert again == [True]
