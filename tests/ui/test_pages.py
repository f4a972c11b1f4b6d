"""Pages without a browser: what they show for an empty store, a run under way, a finished run, a
failed one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from heatcheck import report
from heatcheck.inputs.images import Image
from heatcheck.judgement.claims import CLAIMS, THRESHOLDS, cards
from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.verdicts import judge
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.runs import fill, put_in_state
from heatcheck.ui.shared.markdown import plain

ROOT = Path(service.__file__).parent.parent
PAGES = {
    "methods": "pages/explore/methods.py",
    "runs": "pages/evaluate/runs.py",
    "leaderboard": "pages/evaluate/leaderboard.py",
    "strengths": "pages/evaluate/strengths.py",
    "report": "pages/review/reports.py",
    "session": "pages/review/session.py",
}


def opened(page: str) -> AppTest:
    made = AppTest.from_file(str(ROOT / PAGES[page]), default_timeout=30).run()
    assert not made.exception, made.exception
    return made


def text(page: AppTest) -> str:
    return "\n".join(
        str(element.value)
        for kind in ("title", "markdown", "caption", "info", "warning", "error", "subheader")
        for element in page.get(kind)
    )


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_store_says_what_is_missing_and_offers_the_next_step(
    page: str, shared_store: Store
) -> None:
    made = opened(page)
    if page != "methods":
        assert "There is no run yet" in text(made)
        assert made.button[0].label == "Measure the default set now"


@pytest.mark.parametrize("page", PAGES)
def test_a_finished_run_fills_the_page(
    page: str, shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs)
    made = opened(page)
    assert made.title[0].value.endswith("?")
    assert "There is no run yet" not in text(made)


@pytest.mark.parametrize("page", PAGES)
def test_a_run_that_has_one_methods_exchange_gain_and_not_yet_the_others_fills_the_page(
    page: str, shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs, under_way=True)
    opened(page)


def test_the_report_of_a_run_under_way_says_which_value_is_not_there_yet(
    shared_store: Store, photographs: list[Image]
) -> None:
    html = report.build(shared_store, fill(shared_store, photographs, under_way=True))
    assert html.count("<b>missing</b>") == 2 * 6  # six methods, two exchange gains


def test_the_leaderboard_says_which_value_is_not_there_yet(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs, under_way=True)
    table = opened("leaderboard").dataframe[0].value["Deletion exchange gain ↑"]
    assert not np.isnan(table["Vanilla Gradients"])
    assert table.drop("Vanilla Gradients").isna().all()


def test_the_leaderboard_shows_every_method_with_its_interval_and_marks_controls(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = fill(shared_store, photographs)
    made = opened("leaderboard")
    table = made.dataframe[0].value
    assert list(table.index) == [
        "Vanilla Gradients",
        "Integrated Gradients",
        "SmoothGrad",
        "Grad-CAM",
        "Centre Prior · control",
        "Edges · control",
        "Random · control",
    ]
    assert list(table.columns) == [
        "Deletion ↓",
        "Insertion ↑",
        "Symmetric relevance gain ↑",
        "Deletion exchange gain ↑",
        "Deletion placement gain ↑",
        "Insertion exchange gain ↑",
        "Insertion placement gain ↑",
        "High-frequency share ↓",
        "Sparseness ↑",
        "Total variation ↓",
        "Runtime ↓",
    ]
    raw = shared_store.results.table(run)
    deletion = raw[raw["metric"] == "deletion"].groupby("method")["value"].mean()
    assert table.loc["Grad-CAM", "Deletion ↓"] == pytest.approx(deletion["grad_cam"])


def test_failures_are_told_and_listed(shared_store: Store, photographs: list[Image]) -> None:
    fill(shared_store, photographs, error="planted <b>reason</b>")
    assert f"{20 * 11} scores failed" in text(opened("leaderboard"))
    listed = opened("runs").dataframe[-1].value
    assert len(listed) == 20 * 11
    assert set(listed["error"]) == {"planted <b>reason</b>"}


def test_a_run_with_few_images_says_that_they_are_too_few(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs, images=2)
    assert "too few to say anything" in text(opened("leaderboard"))
    assert "undecided" in text(opened("strengths"))


def test_a_newer_trial_run_does_not_take_over_the_pages_that_answer(
    shared_store: Store, photographs: list[Image]
) -> None:
    """Three images are too few although their steps, first and second visits, are more than five
    images' cells.
    """
    older = fill(shared_store, photographs)
    spec = specs.ask(points=9, seed=1, only=["photo_00", "photo_01", "photo_02"])
    newer = shared_store.runs.open(spec)
    with shared_store.runs.claim(newer) as lease:
        for image in spec.images:
            shared_store.results.save_image(lease, image)
            for method in spec.methods:
                failed = CellResult(None, error="planted")
                shared_store.results.save_cell(lease, image, method.name, failed)
                shared_store.results.save_comparison(lease, image, method.name, ())
        shared_store.runs.end(lease, "finished")
    assert shared_store.runs.get(newer).done == 3 * 7 * 2
    assert opened("leaderboard").selectbox(key="run").value == older
    assert opened("runs").selectbox(key="run").value == newer


def test_an_interrupted_run_offers_to_go_on(
    shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = specs.ask(methods=["random"], points=3)
    run = shared_store.runs.open(spec)
    put_in_state(shared_store, run, "interrupted")
    started: list[str] = []
    monkeypatch.setattr(service, "start_run", lambda spec: started.append(spec.id))
    made = opened("runs")
    assert "interrupted" in text(made)
    next(button for button in made.button if button.label == "Go on with this run").click().run()
    assert started == [run]


def test_names_of_people_stay_text(
    shared_store: Store, tmp_path: Path, photographs: list[Image]
) -> None:
    hostile = tmp_path / "<script>alert(1) [x](javascript:1) :red[y]"
    hostile.mkdir()
    (hostile / "a.jpg").write_bytes(photographs[0].encoded())
    shared_store.runs.open(specs.ask(source=str(hostile), methods=["random"]))
    shown = text(opened("runs"))
    assert "<script>" not in shown
    assert r"\<script\>" in shown


def test_the_strengths_page_has_a_row_a_claim(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs)
    page = opened("strengths")
    shown = text(page)
    for claim in (*CLAIMS, *cards(FOUR)):
        assert f"**{plain(claim.words)}" in shown
    assert shown.count("-badge[") == len(CLAIMS) + len(cards(FOUR))
    for verdict in judge(*told(shared_store)):
        assert plain(verdict.sentence) in shown
    assert "not measured" not in shown


FOUR = ("vanilla_gradients", "integrated_gradients", "smoothgrad", "grad_cam")


def told(store: Store) -> tuple[pd.DataFrame, pd.DataFrame]:
    run = store.runs.all()[0].id
    return store.results.table(run), store.results.findings(run)


@pytest.mark.parametrize(
    "view",
    ["Intervals", "Controls", "Images", "Ranks", "Cost", "Winner", "Metrics", "Your weights"],
)
def test_the_leaderboards_closer_looks(
    view: str, shared_store: Store, photographs: list[Image]
) -> None:
    """The planted scores grow along the list of methods: under deletion the first wins on every
    image.
    """
    fill(shared_store, photographs)
    page = opened("leaderboard")
    page.segmented_control(key="closer").set_value(view).run()
    assert not page.exception
    assert {
        "Intervals": "Filled: may be the best",
        "Controls": "so that above zero is better",
        "Images": "A click on one opens that image in Compare with that method.",
        "Ranks": "Over 20 images methods and controls rank differently (Friedman",
        "Cost": "Dotted: the Pareto front",
        "Winner": "Vanilla Gradients has the best mean in 100 % of 2,000 draws",
        "Metrics": "lie between -0.62 and 0.62 for 7 methods, nineteen times in twenty",
        "Your weights": "By your weights Random stands first",
    }[view].replace("2,000", plain("2,000")) in text(page)
    if view == "Your weights":
        assert plain(": a control. Weigh again.") in text(page)
        for metric in ("deletion_exchange", "insertion_exchange"):
            page.number_input(key=f"weight_{metric}").set_value(0.0)
        page.run()
        assert "Give at least one metric a weight" in text(page)
        page.number_input(key="weight_deletion").set_value(1.0).run()
        assert "Vanilla Gradients stands first" in text(page)


def test_images_that_compare_does_not_have_are_not_linked(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill(shared_store, photographs)
    monkeypatch.setenv("HEATCHECK_IMAGES", str(tmp_path))
    page = opened("leaderboard")
    page.segmented_control(key="closer").set_value("Images").run()
    assert plain("and this run is of samples. Start the server with its images.") in text(page)
    page = opened("strengths")
    page.toggle(key="evidence_smoothgrad_Less_noise").set_value(True).run()
    assert "Least: photo" in text(page)
    assert "(/?" not in text(page)
    assert "open in Compare" not in text(page)


def test_a_closer_look_without_enough_images_says_so(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs, images=3)
    for view in ("Ranks", "Winner"):
        page = opened("leaderboard")
        page.segmented_control(key="closer").set_value(view).run()
        assert not page.exception
        assert "Not enough images: at least 5" in text(page)


def test_a_moved_threshold_says_which_verdicts_it_changes(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs)
    page = opened("strengths")
    assert "With your threshold" not in text(page)
    marks = {verdict.claim: verdict.mark for verdict in judge(*told(shared_store))}
    page.number_input(key="threshold_fast_computation").set_value(1.0).run()
    assert not page.exception
    moved = {
        verdict.claim: verdict.mark
        for verdict in judge(
            *told(shared_store), thresholds=replace(THRESHOLDS, fast_computation=1.0)
        )
    }
    (changed,) = [claim for claim in CLAIMS if marks[claim] != moved[claim]]
    (said,) = [str(element.value) for element in page.info]
    assert said.startswith("With your threshold, 1 verdict of 12 changes: ")
    assert plain(f"Gradient methods: {changed.words}, {marks[changed]} → {moved[changed]}") in said


def test_evidence_is_one_click_away(shared_store: Store, photographs: list[Image]) -> None:
    fill(shared_store, photographs)
    page = opened("strengths")
    assert (
        len(page.toggle) == 6 + 5 + 1
    )  # claims that images decide, claims about the family, and the question of the advice
    before = len(page.dataframe)
    page.toggle(key="evidence_smoothgrad_Less_noise").set_value(True).run()
    assert not page.exception
    assert len(page.dataframe) == before + 1
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
    (wide,) = [
        frame.value
        for frame in page.dataframe
        if "Grad-CAM" in frame.value and "Image" in frame.value
    ]
    own = next(one.sample for one in family.members if one.claim.about == "grad_cam")
    assert own is not None
    assert wide.set_index("Image")["Grad-CAM"].to_dict() == pytest.approx(own.to_dict())
    for one in family.members:
        assert f"**{plain(title_of(one.claim.about))}.** {plain(one.measured)}" in text(page)


def test_advice_follows_the_three_questions(shared_store: Store, photographs: list[Image]) -> None:
    """The planted gains grow along the list of methods, and so do the milliseconds, from 1."""
    fill(shared_store, photographs)
    page = opened("strengths")
    assert "Grad\\-CAM\\: its exchange gain is" in "".join(
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
    page.selectbox(key="beside").select(other.id).run()
    assert not page.exception
    assert "These runs are of two models." in text(page)
    (beside,) = [frame.value for frame in page.dataframe if "Asks for" in frame.value]
    assert len(beside) == len(CLAIMS)
    assert set(beside.iloc[:, 2]) == {"not measured in this run"}
    assert beside["Asks for"][0] == "at most 3 times one Vanilla gradient"
    assert set(beside["Differ"]) == {"≠"}
    assert f"The runs differ in {len(CLAIMS)} verdicts of {len(CLAIMS)}." in text(page)
    page.selectbox(key="narrow_model").select("EfficientNet-Lite1").run()
    assert page.selectbox(key="run").value == other.id


def test_a_chosen_run_stays_chosen_while_it_goes_on(
    shared_store: Store, photographs: list[Image]
) -> None:
    """The selector's options never change their words, or the choice would fall back to the first
    run.
    """
    older = fill(shared_store, photographs)
    spec = specs.ask(methods=["random"], points=3)
    shared_store.runs.open(spec)
    failed = CellResult(None, error="planted")
    with shared_store.runs.claim(spec.id) as lease:
        shared_store.results.save_image(lease, spec.images[0])
        shared_store.results.save_cell(lease, spec.images[0], "random", failed)
        page = opened("runs")
        page.selectbox(key="run").select(spec.id).run()
        label = page.selectbox(key="run").options
        shared_store.results.save_image(lease, spec.images[1])
        shared_store.results.save_cell(lease, spec.images[1], "random", failed)
        page.run()
    assert page.selectbox(key="run").options == label
    assert page.selectbox(key="run").value == spec.id != older
    assert "2 of 40 steps" in text(page)
