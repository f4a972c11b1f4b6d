"""The Leaderboard without a browser: the first screen, all metrics, closer looks, its address."""

from __future__ import annotations

import numpy as np
import pytest

from heatcheck.drawing.labels import metric_title
from heatcheck.inputs.images import Image
from heatcheck.judgement import conclusion
from heatcheck.judgement.evidence import SMALLEST
from heatcheck.metrics import Score
from heatcheck.metrics.base import BLANK
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.leases import Status
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.pages import opened, text
from heatcheck.tests.doubles.runs import fill
from heatcheck.ui.shared.markdown import plain


def test_the_leaderboard_says_which_value_is_not_there_yet(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs, under_way=True)
    table = opened("leaderboard", all_metrics="true").dataframe[0].value.set_index("Method")
    gains = table["Deletion exchange gain ↑"]
    assert not np.isnan(gains["Vanilla Gradients"])
    assert gains.drop("Vanilla Gradients").isna().all()


def test_the_leaderboard_shows_every_method_with_its_interval_and_marks_controls(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = fill(shared_store, photographs)
    table = opened("leaderboard", all_metrics="true").dataframe[0].value.set_index("Method")
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
    page = opened("leaderboard", look="Views")
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


def test_a_closer_look_without_enough_images_says_so(
    shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs, images=3)
    for view in ("Ranks", "Winner"):
        page = opened("leaderboard", look="Views")
        page.segmented_control(key="closer").set_value(view).run()
        assert not page.exception
        assert "Not enough images: at least 5" in text(page)


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


def test_the_reader_moves_the_smallest_effect_and_the_answer_follows(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted gains are 1, 2, ... along the list; controls gain nothing."""
    fill(shared_store, photographs)
    page = opened("leaderboard", look="Evidence")
    (frame,) = [one.value for one in page.table if "Evidence of this picture" in one.value]
    assert list(frame["Evidence of this picture"]) == ["shown"] * 4
    assert "do not count" not in text(page)
    page.number_input(key="smallest_effect").set_value(0.5).run()
    assert not page.exception
    assert "Effects below 0\\.5 do not count: you chose that under Evidence." in text(page)


@pytest.mark.parametrize(
    ("look", "words"),
    [
        ("How sure", "What would change it"),
        ("Substrates", "more than one substrate"),
        ("Curves", "What a score is made of"),
        ("Agreement", "Where tools disagree"),
    ],
)
def test_every_look_is_made_when_it_is_opened_and_not_before(
    look: str, words: str, shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs)
    assert words in text(opened("leaderboard", look=look))
    assert words not in text(opened("leaderboard", look="Evidence"))


def test_a_link_opened_cold_shows_its_look_and_its_smallest_effect(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shared_store, photographs)
    monkeypatch.setattr(conclusion, "sentences", lambda _, smallest: [f"at least {smallest}"])
    page = opened("leaderboard", smallest_effect="0.05")
    assert "**at least 0\\.05**" in [one.value for one in page.markdown]
    assert not page.segmented_control
    page = opened("leaderboard", look="Views", closer="Ranks", smallest_effect="9")
    assert page.segmented_control(key="closer").value == "Ranks"
    assert page.number_input(key="smallest_effect").value == SMALLEST
    assert "at least" not in text(page)
