"""Pages without a browser: what they show for an empty store, a run under way, a finished run, a
failed one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from heatcheck import dashboard, report
from heatcheck.inputs.images import Image
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.pages import PAGES, opened, text
from heatcheck.tests.doubles.runs import fill, put_in_state
from heatcheck.ui.shared.markdown import plain


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


def test_failures_are_told_and_listed(shared_store: Store, photographs: list[Image]) -> None:
    fill(shared_store, photographs, error="planted <b>reason</b>")
    assert f"{20 * len(specs.STANDARD_METRICS)} scores failed" in text(opened("leaderboard"))
    listed = opened("runs").dataframe[-1].value
    assert len(listed) == 20 * len(specs.STANDARD_METRICS)
    assert set(listed["error"]) == {"planted <b>reason</b>"}


def test_a_run_with_few_images_says_that_they_are_too_few(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs, images=2)
    assert "Too few images to say whom to trust" in text(opened("leaderboard"))
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


def test_images_that_compare_does_not_have_are_not_linked(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill(shared_store, photographs)
    monkeypatch.setenv("HEATCHECK_IMAGES", str(tmp_path))
    page = opened("leaderboard", look="Views")
    page.segmented_control(key="closer").set_value("Images").run()
    assert plain("and this run is of samples. Start the server with its images.") in text(page)
    page = opened("strengths")
    page.segmented_control(key="reading").set_value("By claim").run()
    page.toggle(key="evidence_smoothgrad_Less_noise").set_value(True).run()
    assert "Least: photo" in text(page)
    assert "(/?" not in text(page)
    assert "open in Compare" not in text(page)


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


def test_a_store_that_is_gone_is_told_in_a_sentence(shared_store: Store) -> None:
    file = Path(str(shared_store.engine.url.database))
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    page = AppTest.from_file(str(dashboard.__file__), default_timeout=60).run()
    assert not page.exception
    assert "It is gone" in "".join(str(one.value) for one in page.error)
