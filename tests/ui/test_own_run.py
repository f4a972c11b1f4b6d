"""Which run Compare speaks of, and what its gallery and the line below its heatmaps say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult
from heatcheck.runs.records import Run
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.runs import put_in_state
from heatcheck.tests.doubles.workers import Counting
from heatcheck.ui.compare import filters, gallery, looking, own_run, sets, tiles

Row = Mapping[str, Any]
CAT = {"label": 0, "label_name": "cat", "target": 0, "target_name": "cat", "probability": 0.9}
DOG = {"label": 0, "label_name": "cat", "target": 1, "target_name": "dog", "probability": 0.6}
OTHER = {**CAT, "target": 1, "target_name": "dog", "probability": 0.04}  # another is explained
OTHER |= {"answer": 0, "answer_name": "cat"}
METHODS = ["grad_cam", "edges"]


def measured(
    store: Store,
    rows: Sequence[Row],
    status: str = "finished",
    output: str = "softmax over 3 classes",
    **asked: Any,
) -> Run:
    """A run that has measured as many images as there are rows, and saw in them what these say."""
    spec = specs.ask(methods=METHODS, metrics=["fineness"], **asked)
    run = store.runs.open(spec)
    with store.runs.claim(run) as lease:
        store.runs.note_provenance(lease, {"output": output, "classes": "3"})
        for image, row in zip(spec.images, rows, strict=False):
            store.results.save_image(lease, image, **row)
            for key in spec.keys.values():
                store.results.save_cell(lease, image, key, CellResult(np.eye(4, dtype=np.float32)))
        store.runs.end(lease, "finished")
    if status != "finished":
        put_in_state(store, run, status)
    return store.runs.get(run)


def of_this_set(store: Store) -> Run | None:
    return own_run.of_this_set(store.runs.all(), service.classifier())


def test_a_finished_run_goes_before_one_that_has_just_begun(shared_store: Store) -> None:
    assert of_this_set(shared_store) is None
    finished = measured(shared_store, [CAT] * 6)
    assert of_this_set(shared_store) == finished
    measured(shared_store, [CAT] * 8, "running", seed=1)
    assert of_this_set(shared_store) == finished
    newer = measured(shared_store, [CAT] * 6, seed=2)
    assert of_this_set(shared_store) == newer
    more = measured(shared_store, [CAT] * 7, seed=3)
    measured(shared_store, [CAT] * 6, seed=4)
    assert of_this_set(shared_store) == more


def test_where_none_has_finished_on_enough_images_the_one_with_most_is_taken(
    shared_store: Store,
) -> None:
    measured(shared_store, [CAT] * 3)
    most = measured(shared_store, [CAT] * 9, "interrupted", seed=1)
    measured(shared_store, [CAT] * 4, "running", seed=2)
    assert of_this_set(shared_store) == most


def test_a_run_of_another_fit_or_set_is_not_of_this_set(
    shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = measured(shared_store, [CAT] * 2, "running")
    padded = measured(shared_store, [CAT] * 9, fit="pad")
    assert of_this_set(shared_store) == here
    assert own_run.of_any_set(shared_store.runs.all(), service.classifier()) == here
    monkeypatch.setenv("HEATCHECK_IMAGES", "cutouts")
    assert of_this_set(shared_store) is None
    assert own_run.of_any_set(shared_store.runs.all(), service.classifier()) == padded


def test_what_a_run_does_not_share_with_compare_is_said(
    shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = measured(shared_store, [CAT] * 6)
    assert own_run.differences(finished) == ""
    other = measured(shared_store, [CAT] * 3, "running", fit="pad", target="label")
    assert own_run.differences(other) == (
        "Its pictures are fitted by pad, here by crop. Explained: the class of the label. "
        "Not finished: running, 6 of 40 steps so far."
    )
    monkeypatch.setenv("HEATCHECK_IMAGES", "cutouts")
    assert own_run.differences(finished) == "On other images: samples (20 images)."


def test_the_answer_below_the_heatmaps_says_that_it_is_of_other_images(
    shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATCHECK_IMAGES", "cutouts")
    monkeypatch.setattr(filters.st, "page_link", lambda *_, **__: None)
    measured(shared_store, [CAT] * 6, seed=1)
    measured(shared_store, [CAT], "running", seed=2)
    page = AppTest.from_function(_draw_newest, default_timeout=30).run()
    assert not page.exception, page.exception
    assert "On other images: samples (20 images)." in said(page)
    assert "Not finished" not in said(page)


def _draw_newest() -> None:
    from heatcheck.server import service
    from heatcheck.ui.compare import newest

    newest.show(service.store().runs.all(), service.classifier())


# -- what the gallery says of it -------------------------------------------------------------------


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What stands under the small pictures that a run knows, in their order, by their names."""
    seen: dict[str, str] = {}

    def show(shown: Sequence[tiles.Tile], key: str, chosen: Callable[[str], None]) -> None:
        seen.clear()
        seen.update({tile.name: tile.note for tile in shown if tile.note})

    monkeypatch.setattr(tiles, "show", show)
    sets.forget()
    return seen


def opened() -> AppTest:
    page = AppTest.from_function(_draw_gallery, default_timeout=30).run()
    assert not page.exception, page.exception
    return page


def _draw_gallery() -> None:
    from heatcheck.ui.compare import gallery

    gallery._gallery()


def labels(page: AppTest) -> list[str]:
    return [widget.label for kind in ("button_group", "slider") for widget in page.get(kind)]


def said(page: AppTest) -> str:
    kinds = ("markdown", "caption", "info")
    return "\n".join(str(one.value) for kind in kinds for one in page.get(kind)).replace("\\", "")


SLIDER = "Probability of the class that the model says, %"


def test_an_answer_among_classes_is_right_or_wrong_with_its_probability(
    shared_store: Store, executor: Counting, notes: dict[str, str]
) -> None:
    measured(shared_store, [CAT, DOG])
    page = opened()
    assert list(notes.values()) == ["right 0.900", "wrong: dog"]
    assert labels(page) == ["The model is", SLIDER]
    page.selectbox(key=filters.ORDER).set_value(looking.UNSURE).run()
    assert list(notes.values()) == ["wrong: dog", "right 0.900"]
    assert "Known for" not in said(page)


def test_findings_are_neither_right_nor_wrong(
    shared_store: Store, executor: Counting, notes: dict[str, str]
) -> None:
    measured(shared_store, [CAT, DOG], output="sigmoid of each of 3 classes")
    page = opened()
    assert list(notes.values()) == ["cat 0.900", "dog 0.600"]
    assert labels(page) == [SLIDER]
    page.session_state[filters.RIGHT] = "wrong"  # chosen with another classifier
    page.run()
    assert list(notes.values()) == ["cat 0.900", "dog 0.600"]
    assert "**20 images**" in said(page)


def test_a_plain_score_is_no_probability(
    shared_store: Store,
    executor: Counting,
    notes: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured(shared_store, [CAT, DOG], output="score, 3 numbers in units of their own")
    page = opened()
    assert list(notes.values()) == ["cat 0.900", "dog 0.600"]
    assert not labels(page)
    assert len(page.selectbox(key=filters.ORDER).options) == 1
    chosen_before = {filters.ORDER: looking.UNSURE, filters.SHARE: (80, 100)}
    monkeypatch.setattr(filters.st, "session_state", chosen_before)
    catalogue = sets.catalogue(service.image_source())
    known = filters.measured_by(service.classifier())
    assert filters.listed(catalogue, known) == list(range(20))


def test_the_probability_of_a_class_that_the_model_does_not_say_is_left_out(
    shared_store: Store, executor: Counting, notes: dict[str, str]
) -> None:
    measured(shared_store, [OTHER, {**OTHER, "label": 1}, DOG], target="class:dog")
    page = opened()
    assert list(notes.values()) == ["right", "wrong: cat", "wrong: dog"]
    assert page.selectbox(key=filters.ANSWER).options == ["cat", "dog"]
    assert "Known for 1 of 3 images: on the others the run explains another class." in said(page)
    assert "Explained: the class dog." in said(page)
    page.slider(key=filters.SHARE).set_value((0, 10)).run()

    assert "No image is like this: 0 of the 3 that run" in said(page)


def test_of_a_contrast_the_model_says_one_class_and_no_share_of_two_is_shown(
    shared_store: Store, executor: Counting, notes: dict[str, str]
) -> None:
    rows = [{**row, "target_name": "cat rather than fox", "target": 0} for row in (CAT, OTHER)]
    rows[1] |= {"answer": 1, "answer_name": "dog"}
    measured(shared_store, rows, target="contrast:cat,fox")
    page = opened()
    assert list(notes.values()) == ["right", "wrong: dog"]
    assert page.selectbox(key=filters.ANSWER).options == ["cat", "dog"]
    assert labels(page) == ["The model is"]
    assert len(page.selectbox(key=filters.ORDER).options) == 1


def test_what_a_run_is_asked_is_counted_among_what_it_measured(
    shared_store: Store,
    executor: Counting,
    notes: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = measured(shared_store, [CAT, DOG, CAT, CAT])
    page = opened()
    page.session_state[filters.RIGHT] = "wrong"
    page.run()
    assert list(notes.values()) == ["wrong: dog"]
    assert f"**1 of the 4 that run {run.id[:6]} measured**" in said(page)
    state: dict[str, object] = {filters.RIGHT: "wrong"}
    monkeypatch.setattr(gallery.st, "session_state", state)
    assert gallery._name() == "Gallery (1 of 4)"
    state.update({filters.RIGHT: None, filters.WORDS: "photo_07"})
    assert gallery._name() == "Gallery (1 of 20)"
    state.update({filters.WORDS: "", filters.ANSWER: "zebra"})  # no run knows it: nothing narrows
    assert gallery._name() == "Gallery"
