"""Strengths without a browser: claims with their evidence, thresholds, cards, advice, two runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.answer import summary
from heatcheck.answer.summary import Summary
from heatcheck.inputs.images import Image
from heatcheck.judgement import verdicts
from heatcheck.judgement.claims import CLAIMS, cards
from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.questions import QUESTIONS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import judge
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult
from heatcheck.runs.results import Results
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.pages import opened, text
from heatcheck.tests.doubles.runs import fill
from heatcheck.tests.doubles.verdicts import GRADIENT_METHODS
from heatcheck.ui.shared.markdown import plain


@pytest.fixture(autouse=True)
def repeating(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run has measured what repeats: the more the later a method comes."""
    plain_table = Results.table
    noise = dict(zip(GRADIENT_METHODS, (0.4, 0.3, 0.2, 0.02), strict=True))

    def table(results: Results, run: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        rows = plain_table(results, run)
        rows = rows[~rows["metric"].str.startswith("repeatability")]
        like = rows[(rows["metric"] == "deletion") & rows["method"].isin(noise)]
        spread = np.random.default_rng(0).lognormal(0, 0.2, len(like))
        shares = like["method"].map(noise).astype(float) * spread
        more = [
            like.assign(metric=f"repeatability{scale}", value=1 - shares, error="")
            for scale in ("", ".at_1", ".at_2", ".at_4", ".at_8", ".at_16")
        ]
        return pd.concat([rows, *more], ignore_index=True)[list(columns or rows)]

    monkeypatch.setattr(Results, "table", table)


def told(store: Store) -> tuple[Scores, pd.DataFrame]:
    run = store.runs.all()[0].id
    return Scores(store.results.table(run)), store.results.findings(run)


def by_claim(page: AppTest, reading: str = "By claim") -> AppTest:
    """The page in another reading."""
    page.segmented_control(key="reading").set_value(reading).run()
    assert not page.exception
    return page


def test_the_strengths_page_has_a_row_a_claim(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs)
    page = opened("strengths")
    shown = text(page)
    for claim in cards(GRADIENT_METHODS):
        assert f"**{plain(claim.words)}" in shown
    assert shown.count("-badge[") == len(cards(GRADIENT_METHODS))
    shown = text(by_claim(page))
    for claim in CLAIMS:
        assert f"**{plain(claim.words)}" in shown
    assert shown.count("-badge[") == len(CLAIMS)
    for verdict in judge(*told(shared_store)):
        assert plain(verdict.sentence) in shown
    assert "not measured" not in shown
    (table,) = page.table
    assert list(table.value["Claim"]) == [
        f"{plain(title_of(claim.about))}: {plain(claim.words)}" for claim in CLAIMS
    ]


def test_a_moved_threshold_says_which_verdicts_it_changes(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs)
    page = by_claim(opened("strengths"))
    assert "With your threshold" not in text(page)
    marks = {verdict.claim: verdict.mark for verdict in judge(*told(shared_store))}
    page.number_input(key="threshold_fast_computation").set_value(1.0).run()
    assert not page.exception
    moved = {
        verdict.claim: verdict.mark
        for verdict in judge(*told(shared_store), moved={"fast_computation": 1.0})
    }
    (changed,) = [claim for claim in CLAIMS if marks[claim] != moved[claim]]
    (said,) = [str(element.value) for element in page.info]
    # of twelve claims one is the unit, and two ask the same
    assert said.startswith("With your threshold, 1 verdict of 10 changes: ")
    assert plain(f"Gradient methods: {changed.words}, {marks[changed]} → {moved[changed]}") in said


def test_evidence_is_one_click_away(shared_store: Store, photographs: list[Image]) -> None:
    fill(shared_store, photographs)
    page = by_claim(opened("strengths"))
    shown = judge(*told(shared_store))
    assert sum(one.sample is not None for one in shown) == 4
    assert len(page.toggle) == 4 + 5  # claims that images decide, claims about the family
    before = len(page.dataframe)
    page.toggle(key="evidence_smoothgrad_Less_noise").set_value(True).run()
    assert not page.exception
    assert len(page.dataframe) == before + 2  # the images, and the scales
    (scales,) = [frame.value for frame in page.dataframe if "Pooled by" in frame.value]
    assert list(scales["Pooled by"]) == ["1 px", "2 px", "4 px", "8 px", "16 px"]
    assert set(scales["The claim holds"]) == {"yes"}
    verdict = next(one for one in judge(*told(shared_store)) if one.claim.words == "Less noise")
    assert verdict.sample is not None
    least = str(verdict.sample.idxmin())
    assert f"Least: [{plain(least)}](/?classifier=efficientnet_lite0&image={least})" in text(page)
    rows = [
        frame.value for frame in page.dataframe if "Image" in frame.value and len(frame.value) == 20
    ]
    assert rows[0].iloc[0].tolist() == [least, pytest.approx(verdict.sample.min())]
    family = next(
        one for one in judge(*told(shared_store)) if one.claim.words == "Fast computation"
    )
    assert len(family.members) == 4
    page.toggle(key="evidence_gradient_methods_Fast_computation").set_value(True).run()
    assert not page.exception
    for one in family.members:
        assert f"**{plain(title_of(one.claim.about))}.** {plain(one.measured)}" in text(page)


def test_advice_follows_the_three_questions(shared_store: Store, photographs: list[Image]) -> None:
    """The planted gains grow along the list of methods, and so do the milliseconds, from 1."""
    fill(shared_store, photographs)
    page = by_claim(opened("strengths"), "Which to use")
    assert "Grad\\-CAM\\: it shows evidence of the map's places, of this picture and of" in "".join(
        str(element.value) for element in page.success
    )
    page.toggle(key="advice_free").set_value(True).run()
    assert not page.exception
    assert "No method of this run fits" in "".join(str(element.value) for element in page.warning)


def test_two_runs_stand_side_by_side(shared_store: Store, photographs: list[Image]) -> None:
    fill(shared_store, photographs)
    other = specs.ask(
        classifier="efficientnet_lite1", methods=["random"], metrics=["deletion"], points=3
    )
    shared_store.runs.open(other)
    with shared_store.runs.claim(other.id) as lease:
        for image in other.images[:6]:
            shared_store.results.save_image(lease, image)
            failed = CellResult(None, error="planted")
            shared_store.results.save_cell(lease, image, "random", failed)
    page = opened("strengths")
    page.selectbox(key="run").select(
        next(run.id for run in shared_store.runs.all() if run.id != other.id)
    ).run()
    by_claim(page, "Another run")
    page.selectbox(key="beside").select(other.id).run()
    assert not page.exception
    assert page.query_params["beside"] == other.id
    assert "These runs are of two models." in text(page)
    (beside,) = [frame.value for frame in page.dataframe if "Asks for" in frame.value]
    assert len(beside) == len(CLAIMS)
    assert set(beside.iloc[:, 2]) == {"not measured in this run"}
    assert "mixed, 3 of 4" in set(beside.iloc[:, 1])
    assert beside["Asks for"][0] == "at most 3 times one Vanilla gradient"
    assert set(beside["Differ"]) == {"≠"}
    counted = len(CLAIMS) - 2  # one is the unit, and two ask the same
    assert f"The runs differ in {counted} verdicts of {counted}." in text(page)
    page.selectbox(key="narrow_model").select("EfficientNet-Lite1").run()
    assert page.selectbox(key="run").value == other.id


def test_the_page_judges_once_and_once_more_where_a_threshold_is_moved(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shared_store, photographs)
    asked: list[tuple[int, dict[str, float]]] = []
    whole = verdicts.judge_tables

    def counted(scores, findings, tables, moved=verdicts.DEFAULTS):  # type: ignore[no-untyped-def]
        asked.append((len(tables), dict(moved)))
        return whole(scores, findings, tables, moved)

    for module in (verdicts, summary):
        monkeypatch.setattr(module, "judge_tables", counted)
    page = opened("strengths")
    assert asked == [(2, {})]
    by_claim(page)
    asked.clear()
    page.number_input(key="threshold_slow").set_value(20.0).run()
    assert not page.exception
    assert asked == [(2, {"slow": 20.0}), (1, {})]  # the second to say what the move changes


def test_a_threshold_is_offered_for_every_question_that_has_one(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shared_store, photographs)
    question = QUESTIONS["fast"]
    assert question.threshold is not None
    monkeypatch.setitem(
        QUESTIONS,
        "quick",
        replace(
            question,
            name="quick",
            title="Quick",
            threshold=replace(question.threshold, name="quick", default=7.0, label="Quick …"),
        ),
    )
    page = opened("strengths")
    assert text(page).count("**Quick.**") == len(GRADIENT_METHODS)
    assert plain("at most 7 times one Vanilla gradient") in text(page)
    by_claim(page)
    assert page.number_input(key="threshold_quick").value == 7.0
    assert page.number_input(key="threshold_quick").label == "Quick …"


def test_the_address_opens_what_stands_behind_a_cell(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs)
    told_by = Summary.of_run(shared_store, shared_store.runs.all()[0].id)
    cell = next(row for row in told_by.glance if row.method == "smoothgrad").cell("evidence")
    page = opened("strengths", method="smoothgrad", cell="evidence")
    (table,) = page.table
    assert list(table.value["What"]) == [plain(name) for name, _ in cell.rows]
    assert list(table.value["Measured"]) == [plain(words) for _, words in cell.rows]
    profile = next(one for one in told_by.profiles if one.method == "smoothgrad")
    whole = text(opened("strengths", method="smoothgrad"))
    for phrase in (*profile.strengths, *profile.limitations):
        assert whole.count(plain(phrase)) >= 2  # opened, and in the reading below
    for address in (
        {"method": "nobody"},
        {"method": "edges"},
        {"method": "smoothgrad", "cell": "x"},
    ):
        assert not opened("strengths", **address).table


def test_the_first_screen_has_few_words(shared_store: Store, photographs: list[Image]) -> None:
    """Outside the table: what stands before it on the page."""
    fill(shared_store, photographs)
    page = opened("strengths")
    told_by = Summary.of_run(shared_store, shared_store.runs.all()[0].id)
    (title,) = page.title
    before = [
        title.value,
        *(element.value for element in page.caption[:3]),
        told_by.headline.answer,
        page.selectbox(key="run").options[0],
    ]
    assert plain(told_by.headline.answer) in text(page) + "".join(one.value for one in page.success)
    assert len(" ".join(map(str, before)).split()) <= 120
