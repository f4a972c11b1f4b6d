"""Pages without a browser: what they show for an empty store, a run under way, a finished run, a
failed one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from heatcheck import dashboard, report
from heatcheck.drawing.labels import metric_title
from heatcheck.inputs.images import Image
from heatcheck.judgement import conclusion
from heatcheck.metrics import Score
from heatcheck.metrics.base import BLANK
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.leases import Status
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
    assert list(table.columns) == [metric_title(metric) for metric in specs.STANDARD_METRICS]
    raw = shared_store.results.table(run)
    deletion = raw[raw["metric"] == "deletion"].groupby("method")["value"].mean()
    assert table.loc["Grad-CAM", "Deletion ↓"] == pytest.approx(deletion["grad_cam"])


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


@pytest.mark.parametrize(
    "view",
    [
        "Intervals",
        "Controls",
        "Images",
        "Ranks",
        "Cost",
        "Repeats",
        "Winner",
        "Metrics",
        "Your weights",
    ],
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
        "Repeats": "what falls short of 1 does not come again",
        "Winner": "Vanilla Gradients has the best mean in 100 % of 2,000 draws",
        "Metrics": "lie between -0.62 and 0.62 for 7 methods, nineteen times in twenty",
        "Your weights": "By your weights Grad\\-CAM stands first",
    }[view].replace("2,000", plain("2,000")) in text(page)
    if view == "Your weights":
        for metric in ("deletion_exchange", "insertion_exchange"):
            page.number_input(key=f"weight_{metric}").set_value(0.0)
        page.run()
        assert "Give at least one metric a weight" in text(page)
        page.number_input(key="weight_deletion").set_value(1.0).run()
        assert "Vanilla Gradients stands first" in text(page)
        page.number_input(key="weight_deletion").set_value(0.0)
        page.number_input(key="weight_insertion").set_value(1.0).run()
        assert "Random stands first" in text(page)
        assert plain(": a control. Weigh again.") in text(page)


def test_images_that_compare_does_not_have_are_not_linked(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill(shared_store, photographs)
    monkeypatch.setenv("HEATCHECK_IMAGES", str(tmp_path))
    page = opened("leaderboard")
    page.segmented_control(key="closer").set_value("Images").run()
    assert plain("and this run is of samples. Start the server with its images.") in text(page)
    page = opened("strengths")
    page.segmented_control(key="reading").set_value("By claim").run()
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
    assert "2 of 20 maps" in text(page)


def test_a_store_that_is_gone_is_told_in_a_sentence(shared_store: Store) -> None:
    file = Path(str(shared_store.engine.url.database))
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    page = AppTest.from_file(str(dashboard.__file__), default_timeout=60).run()
    assert not page.exception
    assert "It is gone" in "".join(str(one.value) for one in page.error)


def test_the_leaderboard_says_samples_and_blank_maps(
    shared_store: Store, photographs: list[Image]
) -> None:
    copied = specs.ask(points=9, groups={"photo_01": "film", "photo_02": "film"})
    run = shared_store.runs.open(copied)
    with shared_store.runs.claim(run) as lease:
        for image in copied.images[:3]:
            shared_store.results.save_image(lease, image, target=3, target_name="shark")
            for method in copied.methods:
                blank = method.name == "grad_cam" and image.name == "photo_01"
                scores = tuple(
                    Scored(metric, None if blank else Score(0.5), BLANK if blank else "")
                    for metric in copied.metrics
                )
                cell = CellResult(np.zeros((2, 2), np.float32), 0.1, 1, 1, True, "", scores)
                shared_store.results.save_cell(lease, image, copied.keys[method], cell)
        shared_store.runs.end(lease, Status.FINISHED)
    shown = text(opened("leaderboard"))
    for words in (
        "20 images, 19 samples: 18 images stand alone.",
        "Grad-CAM: 1 of 3 maps is blank.",
    ):
        assert plain(words) in shown


def test_the_leaderboard_says_what_is_evidence_of_what_and_the_reader_moves_the_smallest_effect(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted gains are 1, 2, ... along the list; controls gain nothing."""
    fill(shared_store, photographs)
    page = opened("leaderboard")
    assert "show evidence of the map's places" in page.markdown[1].value.replace("\\", "")

    def picture() -> list[str]:
        (frame,) = [one.value for one in page.table if "Evidence of this picture" in one.value]
        return list(frame["Evidence of this picture"])

    assert picture() == ["shown"] * 4
    monkeypatch.setattr(conclusion, "sentences", lambda _, smallest: [f"at least {smallest}"])
    page.number_input(key="smallest_effect").set_value(0.5).run()
    assert not page.exception
    assert page.markdown[1].value == "**at least 0\\.5**"
