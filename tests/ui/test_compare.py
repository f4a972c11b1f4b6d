"""Compare without a browser and without a model: what it computes, and files that go away."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.judgement.phrases import joined
from heatcheck.metrics import METRICS, Case, Metric, Score
from heatcheck.metrics.base import BLANK
from heatcheck.metrics.curves import CurveMetric, Walk
from heatcheck.metrics.substrates import SETS
from heatcheck.metrics.substrates import STANDARD as STANDARD_SET
from heatcheck.report.subject import version
from heatcheck.runs.cells import Scored
from heatcheck.runs.specs import STANDARD
from heatcheck.server import service
from heatcheck.server.looks import Look, Looks, State
from heatcheck.tests.doubles.workers import Counting
from heatcheck.ui.compare import panels, sets
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.viewer import component

PAGE = Path(service.__file__).parent.parent / "dashboard.py"
NAMES = ("a.png", "b.png", "c.png")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three images that the page offers."""
    folder = tmp_path / "images"
    folder.mkdir()
    for place, name in enumerate(NAMES):
        noise = np.random.default_rng(place).integers(0, 255, (80, 64, 3), np.uint8)
        PIL.Image.fromarray(noise).save(folder / name)
    monkeypatch.setenv("HEATCHECK_IMAGES", str(folder))
    sets.forget()
    return folder


def opened() -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=30).run()
    assert not page.exception, page.exception
    return page


def text(page: AppTest) -> str:
    return "\n".join(
        str(element.value)
        for kind in ("markdown", "caption", "info", "error")
        for element in page.get(kind)
    )


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], State]]]:
    """What pages have looked at, as their browsers would ask for it; the newest last."""

    def noted(self: Looks, session: str, ticket: str, look: Look) -> None:
        LOOKS.append(look.state)

    monkeypatch.setattr(Looks, "open", noted)
    yield LOOKS
    LOOKS.clear()


LOOKS: list[Callable[[], State]] = []


def filled(page: AppTest) -> AppTest:
    """The page once all that its browser waits for is there."""
    seen()
    return page


def seen() -> State:
    """What the newest look has in the end."""
    deadline = time.monotonic() + 60
    while not (state := LOOKS[-1]())["done"]:
        assert time.monotonic() < deadline, state
    assert "on its way" not in state["progress"]
    return state


def lines() -> str:
    """The scores of all panels of the newest look, as they are read."""
    return "\n".join(
        "".join(part if isinstance(part, str) else part[0] for part in line)
        for panel in seen()["panels"]
        for line in panel["lines"]
    )


def test_a_page_computes_each_map_and_its_scores_once(executor: Counting, folder: Path) -> None:
    page = filled(opened())
    filled(page.run())
    jobs = Counter(job[0] for job in executor.jobs)
    assert jobs["make_map"] == len(STANDARD)
    assert jobs["score_map"] == 2 * len(STANDARD)  # the costs by themselves
    assert jobs["covers"] == 1


def test_what_times_a_method_again_and_again_is_asked_by_itself(
    executor: Counting, folder: Path
) -> None:
    opened()
    seen()
    asked = [{metric.family for metric in cell.metrics} for cell in executor.cells if cell]
    assert asked.count({"cost"}) == len(STANDARD)
    assert sum("cost" in families for families in asked) == len(STANDARD)


def test_what_is_said_of_the_network_stands_on_the_page(executor: Counting, folder: Path) -> None:
    assert plain("Its weights are cast to *float32*.") in text(opened())


def test_a_panel_computes_exactly_what_it_shows(executor: Counting, folder: Path) -> None:
    """Every value that is computed stands in a panel's lines, and every line has its values."""
    shown = [name for _, names in panels.LINES for name in names]
    assert [metric.name for metric in panels.metrics()] == shown
    assert all(words.count("{}") == len(names) for words, names in panels.LINES)
    scored = {metric.name: Scored(metric, None, "planted") for metric in panels.metrics()}
    assert [panels._value(scored, name) for name in shown] == [["failed"]] * len(shown)
    assert set(shown) < {name for name, metric in METRICS.items() if metric.standard}


def test_a_score_has_its_direction_and_a_small_one_no_exponent() -> None:
    values = {"deletion": 0.4304, "deletion_placement": -3e-7, "runtime": 8.571, "fineness": 1e-9}
    scored = {name: Scored(METRICS.build(name), Score(value), "") for name, value in values.items()}
    told = {name: panels._value(scored, name) for name in values}
    assert told == {
        "deletion": [["0.430"], " ↓"],
        "deletion_placement": [[">-0.0001"], " ↑"],
        "runtime": [["8.57"], " ms ↓"],
        "fineness": [["<0.0001"], " ↓"],
    }


def test_a_blank_map_is_said_in_the_place_of_scores(executor: Counting, folder: Path) -> None:
    executor.blank.add("grad_cam")
    opened()
    shown = lines()
    assert shown.count(BLANK) == 1
    assert shown.count("Deletion failed") == len(STANDARD) - 1


def test_a_click_costs_about_what_it_did_on_one_substrate() -> None:
    """Twice the tolerance a curve: of three the mean is known nearly as well as one was."""
    curved = [metric for metric in panels.metrics() if isinstance(metric, CurveMetric)]
    assert len(curved) == 4
    assert {metric.tolerance for metric in curved} == {0.01}
    assert 0.01 / np.sqrt(len(SETS[STANDARD_SET])) < 0.006
    assert joined(SETS[STANDARD_SET]) in panels.AREAS


def walked(target: Target, x: torch.Tensor, metrics: tuple[Metric, ...]) -> Counter[Walk | str]:
    """How many pictures went through the model for the curves of a map, by curve."""
    own = attribute(METHODS.build("vanilla_gradients"), target, x)
    case = Case(target, x, own, "image", together=metrics)
    for metric in metrics:
        metric.score(case)
    return Counter(place[0] for place in case.once("readings", dict))


def test_a_panels_curves_are_the_eight_that_it_shows(
    tiny_target: Target, tiny_x: torch.Tensor
) -> None:
    """Deletion and insertion over three substrates, and both misplaced on one. At nine points a
    curve has seven between its ends: 56 pictures, the clean one and three covered ones.
    """

    def nine(names: tuple[str, ...]) -> tuple[Metric, ...]:
        fields = {name: METRICS[name].__dataclass_fields__ for name in names}
        return tuple(
            METRICS.build({"name": name, **({"points": 9} if "points" in fields[name] else {})})
            for name in names
        )

    shown = tuple(metric.name for metric in panels.metrics() if metric.name != "runtime")
    pictures = walked(tiny_target, tiny_x, nine(shown))
    curves = {walk: count for walk, count in pictures.items() if isinstance(walk, Walk)}
    assert sorted(curves.values()) == 8 * [7]
    assert pictures.total() == 56 + 4
    more = walked(tiny_target, tiny_x, nine((*shown, "relevance_gain")))
    assert more.total() == pictures.total() + 7


def test_a_file_that_goes_away_is_told_and_the_rest_goes_on(
    executor: Counting, folder: Path
) -> None:
    page = filled(opened())
    (folder / "b.png").unlink()
    page.button(key="gallery_open").click().run()
    assert not page.exception
    assert f"1 image cannot be read any more: {plain('b')}." in text(page)
    filled(page.run())
    page.selectbox(key="image").set_value("b").run()
    assert not page.exception
    (error,) = page.error
    assert "the file cannot be read" in error.value
    filled(page.selectbox(key="image").set_value("c").run())
    assert not page.error


def test_a_folder_that_goes_away_is_told(executor: Counting, folder: Path) -> None:
    page = filled(opened())
    for name in NAMES:
        (folder / name).unlink()
    folder.rmdir()
    sets.forget()
    page.run()
    assert not page.exception
    assert "not a folder" in text(page)
    assert "upload one" in text(page)


def test_another_image_finds_an_empty_stage_and_the_same_one_keeps_it(
    executor: Counting, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stood there goes before the worker is asked about the new image."""
    jobs_when_emptied = []
    emptied = st.empty
    monkeypatch.setattr(
        st, "empty", lambda: (jobs_when_emptied.append(len(executor.jobs)), emptied())[1]
    )
    page = filled(opened())
    page.run()
    jobs = len(executor.jobs)
    filled(page.selectbox(key="image").set_value("b").run())
    assert jobs_when_emptied == [0, jobs]
    assert len(executor.jobs) > jobs


def test_a_name_that_is_no_utf_8_and_deep_pictures_are_shown_as_the_others(
    executor: Counting, folder: Path
) -> None:
    deep = np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16)
    PIL.Image.fromarray(deep).save(folder / "deep.png")
    name = os.path.join(os.fsencode(folder), b"mu\xf1oz.png")  # noqa: PTH118
    os.rename(folder / NAMES[0], name)  # noqa: PTH104
    (folder / "notes.txt").write_text("x")
    sets.forget()
    page = opened()
    assert "mu\\xf1oz" in page.selectbox(key="image").options
    page.button(key="gallery_open").click().run()
    assert "Left out: 1 file of another kind" in text(page).replace("\\", "")
    thumbs = sets.catalogue(str(folder))
    assert sets.thumbnail(thumbs.of("mu\\xf1oz"))
    bright = service.blobs().get(sets.thumbnail(thumbs.of("deep")))
    assert np.asarray(PIL.Image.open(io.BytesIO(bright))).mean() > 100


def test_the_same_file_in_a_set_and_alone_are_two_pictures(
    executor: Counting, folder: Path
) -> None:
    """In the set the values are scaled by its depth, alone by their own: each has its maps."""
    for name, most in (("bright", 4096), ("dim", 800)):
        deep = np.random.default_rng(0).integers(0, most, (64, 64)).astype(np.uint16)
        PIL.Image.fromarray(deep).save(folder / f"{name}.png")
    sets.forget()
    page = filled(opened().selectbox(key="image").set_value("dim").run())
    jobs = Counter(job[0] for job in executor.jobs)
    page.session_state["compare_uploads"] = {"upload: dim": (folder / "dim.png").read_bytes()}
    assert "10 bits" not in text(page)
    page = filled(page.run().selectbox(key="image").set_value("upload: dim").run())
    assert "scaled by 10 bits" in text(page)
    again = Counter(job[0] for job in executor.jobs)
    assert again["make_map"] == jobs["make_map"] + len(STANDARD)
    assert again["predict"] == jobs["predict"] + 1


def linked(**words: str) -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=30)
    page.query_params.update(words)
    page.run()
    assert not page.exception, page.exception
    return page


@pytest.mark.parametrize("image", ["a", "b"], ids=["the first", "another"])
def test_a_link_shows_its_image_class_and_methods(
    image: str, executor: Counting, folder: Path
) -> None:
    page = linked(image=image, **{"class": "2"}, methods="edges,grad_cam")
    assert page.selectbox(key="image").value == image
    assert "the heatmaps explain **" in text(page)
    assert [panel["key"] for panel in seen()["panels"]] == [
        METHODS.build(name).digest for name in ("grad_cam", "edges")
    ]
    assert not page.warning
    assert page.query_params["class"] == "2"
    assert page.query_params["methods"] == "edges,grad_cam"  # as the link says it
    filled(page.selectbox(key="image").set_value("c").run())  # its top class again
    assert "class" not in page.query_params
    assert page.query_params["methods"] == "edges,grad_cam"
    page.multiselect[0].set_value(["edges", "random", "grad_cam"]).run()
    assert page.query_params["methods"] == "grad_cam,edges,random"


def test_a_saved_picture_names_what_it_was_made_of(
    executor: Counting, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[component.Drawn] = []
    monkeypatch.setattr(component, "show", lambda drawn, key: shown.append(drawn))
    linked(image="a", methods="smoothgrad:samples=5:sigma=0.5,edges")
    digest = hashlib.sha256((folder / "a.png").read_bytes()).hexdigest()[:12]
    told = shown[-1].provenance
    assert told.startswith(f"Heatcheck {version()}: ")
    assert f", a (SHA-256 {digest}). Explained: " in told
    assert told.endswith(". Seed 0.")
    assert list(shown[-1].changed) == ["SmoothGrad with samples 5, sigma 0.5", ""]


def test_a_second_class_gets_panels_of_its_own_beside_the_first(
    executor: Counting, folder: Path
) -> None:
    page = linked(second="2", methods="grad_cam,edges")
    keys = [METHODS.build(name).digest for name in ("grad_cam", "edges")]
    told = [panel["key"] for panel in seen()["panels"]]
    assert told == [keys[0], f"{keys[0]}-2", keys[1], f"{keys[1]}-2"]
    assert {cell.class_index for cell in executor.cells if cell} == {1, 2}
    assert page.query_params["second"] == "2"
    page.selectbox(key="image").set_value("c").run()
    assert "second" not in page.query_params
    assert len(seen()["panels"]) == 2


@pytest.mark.parametrize(
    ("word", "asked", "said"),
    [
        ("image", "nonsense", "image “nonsense”, which is not here. Choose one below"),
        ("image", "upload: x.png", "Uploads stay in the browser"),
        ("class", "3", "class “3”, which is not here. The model has 3"),
        ("class", "<script>", "class “"),
        ("class", "9" * 5000, "class “999"),
        ("second", "3", "class “3”, which is not here. The model has 3"),
        ("classifier", "nonsense", "classifier “nonsense”, which is not here"),
        ("methods", "grad_cam,gradcam", "method “gradcam”, which is not here"),
    ],
)
def test_what_a_link_cannot_show_is_said(
    word: str, asked: str, said: str, executor: Counting, folder: Path
) -> None:
    page = linked(**{word: asked})
    (warning,) = page.warning
    assert said in warning.value.replace("\\", "")
    seen()
    page.run()
    assert not page.warning
