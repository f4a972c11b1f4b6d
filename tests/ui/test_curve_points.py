"""The Leaderboard's offer of more points: only where curves add what is seen."""

from __future__ import annotations

import pytest

from heatcheck.inputs.images import Image
from heatcheck.judgement.curve_error import refined
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.pages import opened, text
from heatcheck.tests.doubles.runs import SIDES, fill


def test_more_points_are_offered_and_started_where_curves_add_what_is_seen(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIDES, "deletion", {"auc_error": 0.05})
    run = shared_store.runs.get(fill(shared_store, photographs))
    started: list[RunSpec] = []
    monkeypatch.setattr(
        service, "start_run", lambda spec: (started.append(spec), shared_store.runs.open(spec))[1]
    )
    page = opened("leaderboard", look="Curves")
    assert "may add more than 2" in text(page)
    (table,) = [one.value for one in page.dataframe if "Of a mean at most" in one.value]
    assert list(table["Metric"]) == ["Deletion"]
    assert "--points drawn-17" in page.code[0].value
    page.button(key="refine").click().run()
    assert not page.exception
    assert started == [refined(run.spec)]
    assert "It is asked for" in text(page)
    assert page.selectbox(key="run").value == run.id


def test_nothing_is_offered_where_curves_add_little_or_tell_no_error(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shared_store, photographs)
    assert "Curves of" not in text(opened("leaderboard", look="Curves"))
    monkeypatch.setitem(SIDES, "deletion", {"auc_error": 0.005})
    fill(shared_store, photographs, seed=1)
    page = opened("leaderboard", look="Curves")
    assert "Curves of 9 points add at most" in text(page)
    assert not [one for one in page.button if one.key == "refine"]
