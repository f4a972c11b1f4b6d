"""What pages open with: the model, the answer in its colour, how sure it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.answer.summary import Summary
from heatcheck.inputs.images import Image
from heatcheck.judgement.model_check import ModelCheck
from heatcheck.judgement.scores import Scores
from heatcheck.runs.leases import Status
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.pages import text
from heatcheck.tests.doubles.runs import fill
from heatcheck.tests.doubles.tables import asked
from heatcheck.ui.shared.answer import summary_of as summary_of_run
from heatcheck.ui.shared.markdown import plain

NONE = dict.fromkeys(("random", "edges", "centre_prior"), 0.0)
KNOWING = ModelCheck((0, 1) * 10, (0, 1) * 10, (0, 1) * 10, (0.9,) * 20)
GUESSING = ModelCheck(
    (0, 1) * 10, (0, 0, 1, 1) * 5, (0, 1) * 10, tuple(0.5 + n / 100 for n in range(20))
)


def shown(summary: Summary) -> AppTest:
    """The opening of a page that answers."""

    def script(summary):  # its source is run alone, without the types of this file
        from heatcheck.ui.shared import answer

        answer.show_model(summary)
        answer.show_headline(summary)
        answer.show_change(summary)

    page = AppTest.from_function(script, kwargs={"summary": summary}, default_timeout=30).run()
    assert not page.exception, page.exception
    return page


def summary_of(model: ModelCheck | None = KNOWING, **means: float) -> Summary:
    gains = {**means, **NONE}
    frame = asked(place=gains, picture=gains, model=means)
    return Summary(Scores(frame, model), pd.DataFrame())


@pytest.mark.parametrize(
    ("means", "block"),
    [
        ({"grad_cam": 0.3, "vanilla_gradients": 0.0}, "success"),
        ({"grad_cam": 0.0, "vanilla_gradients": 0.0}, "error"),
    ],
)
def test_the_answer_stands_in_a_block_of_its_tone_with_an_icon(
    means: dict[str, float], block: str
) -> None:
    summary = summary_of(**means)
    page = shown(summary)
    (answer,) = page.get(block)
    assert plain(summary.headline.answer) in answer.value
    assert answer.icon
    told = text(page)
    assert plain("Seen on 20 images; what holds here need not hold elsewhere.") in told
    assert plain("The model is right on 20 of 20 labelled images.") in told
    assert plain(summary.headline.change[0]) in told


def test_evidence_in_part_is_middling() -> None:
    frame = asked(place={"grad_cam": 0.0, **NONE}, picture={"grad_cam": 0.3, **NONE})
    page = shown(Summary(Scores(frame), pd.DataFrame()))
    assert plain("In part: Grad-CAM") in page.warning[0].value
    assert not page.success


def test_a_model_that_guesses_is_told_once_and_first() -> None:
    summary = summary_of(GUESSING, grad_cam=0.3)
    page = shown(summary)
    assert plain(summary.model[0]) in page.error[0].value
    assert not page.success
    first = page.caption[0].value if page.caption else ""
    assert plain(summary.model[0]) not in first
    assert plain(summary.headline.answer) in "".join(one.value for one in page.markdown)


def test_a_run_whose_model_is_not_known_has_no_line_of_it() -> None:
    page = shown(summary_of(None, grad_cam=0.3))
    assert "neurology" not in text(page)


def test_a_summary_is_made_once_for_each_state_of_a_run(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = shared_store.runs.get(fill(shared_store, photographs))
    first = summary_of_run(run)
    assert summary_of_run(run) is first
    for changed in (
        replace(run, done=run.done - 1),
        replace(run, status=Status.INTERRUPTED),
        replace(run, asked_at=run.asked_at - timedelta(1)),  # deleted, and asked again
    ):
        assert summary_of_run(changed) is not first
    assert summary_of_run(run, 0.05).smallest == 0.05
