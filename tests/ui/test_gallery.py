"""The gallery without a browser: what it lists, page by page, and what a click chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.runs import fill
from heatcheck.tests.doubles.workers import Counting
from heatcheck.ui.compare import choices, filters, gallery, sets, tiles

PAGE = Path(service.__file__).parent.parent / "dashboard.py"


class Shown:
    """What a page draws with the components, and where it leads."""

    def __init__(self) -> None:
        self.tiles: Sequence[tiles.Tile] = ()
        self.links: list[str] = []

    def show(self, shown: Sequence[tiles.Tile], key: str, chosen: Callable[[str], None]) -> None:
        self.tiles = shown

    @property
    def names(self) -> list[str]:
        return [tile.name for tile in self.tiles]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    seen = Shown()
    monkeypatch.setattr(tiles, "show", seen.show)
    monkeypatch.setattr(filters.st, "page_link", lambda path, **_: seen.links.append(path))
    return seen


@pytest.fixture
def sixty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty images of two classes, told to the server."""
    folder = tmp_path / "images"
    for place in range(60):
        file = folder / ("cat" if place < 40 else "dog") / f"{place:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(np.full((8, 8, 3), place, np.uint8)).save(file)
    monkeypatch.setenv("HEATCHECK_IMAGES", str(folder))
    sets.forget()
    return folder


def opened() -> AppTest:
    """The gallery by itself: what is in a dialog is drawn again without its page."""
    page = AppTest.from_function(_draw, default_timeout=30).run()
    assert not page.exception, page.exception
    return page


def _draw() -> None:
    from heatcheck.ui.compare import gallery

    gallery._gallery()


def said(page: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning")
    return "\n".join(str(one.value) for kind in kinds for one in page.get(kind)).replace("\\", "")


def test_the_gallery_lists_a_page_and_reads_no_other_file(
    executor: Counting, sixty: Path, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = sets._square
    monkeypatch.setattr(
        sets, "_square", lambda image, side: (read.append(image.name), real(image, side))[1]
    )
    page = opened()
    assert shown.names == [f"cat/{place:02d}" for place in range(24)]
    assert "**60 images**" in said(page)
    page.button(key="gallery_next").click().run()
    page.button(key="gallery_next").click().run()
    assert shown.names == [f"dog/{place}" for place in range(48, 60)]
    assert page.button(key="gallery_next").disabled
    assert len(read) == 60
    page.number_input(key=filters.PAGE_NUMBER).set_value(2).run()
    assert len(read) == 60  # kept


def test_a_search_goes_to_its_first_page_and_counts(
    executor: Counting, sixty: Path, shown: Shown
) -> None:
    page = opened()
    page.button(key="gallery_next").click().run()
    page.text_input(key=filters.WORDS).set_value("DOG 5").run()
    assert shown.names == ["dog/45", *(f"dog/{place}" for place in range(50, 60))]
    assert "**11 of 60 images**" in said(page)
    page.text_input(key=filters.WORDS).set_value("bird").run()
    assert "No image is like this" in said(page)
    page.button(key="gallery_all").click().run()
    assert len(shown.names) == 24
    page.selectbox(key=filters.LABEL).set_value("dog").run()
    assert "**20 of 60 images**" in said(page)


def test_without_a_run_the_gallery_says_which_filters_need_one(
    executor: Counting, sixty: Path, shown: Shown
) -> None:
    page = opened()
    assert "a run of EfficientNet-Lite0 on these images tells them" in said(page)
    assert shown.links == ["pages/evaluate/runs.py"]
    assert not [box for box in page.selectbox if box.key == filters.ORDER]


def test_a_run_filters_and_orders_its_pictures(
    shared_store: Store, executor: Counting, photographs: list[Image], shown: Shown
) -> None:
    run = fill(shared_store, photographs, images=6)
    page = opened()
    known = {tile.name: tile.note for tile in shown.tiles if tile.note}
    assert len(known) == 6
    page.selectbox(key=filters.ORDER).set_value("spread").run()
    differ = [float(tile.note.removeprefix("differ by ")) for tile in shown.tiles[:6]]
    assert differ == sorted(differ, reverse=True)
    assert not any(tile.note for tile in shown.tiles[6:])
    assert f"smallest Deletion among those of run {run[:6]}" in said(page)
    page.slider(key=filters.SHARE).set_value((0, 0)).run()
    assert "No image is like this" in said(page)
    page.button(key="gallery_all").click().run()
    assert page.slider(key=filters.SHARE).value == (0, 100)
    assert len(shown.names) == 20


@pytest.mark.parametrize("listed", [500, 3])  # a list, and a field where it would be long
def test_the_gallery_opens_where_the_image_is_and_a_click_chooses_another(
    listed: int, executor: Counting, sixty: Path, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "LISTED", listed)
    page = AppTest.from_file(str(PAGE), default_timeout=30)
    page.query_params["image"] = "dog/41"
    page.run()
    page.button(key="gallery_open").click().run()
    assert not page.exception
    (chosen,) = [tile.name for tile in shown.tiles if tile.chosen]
    assert (chosen, shown.names[0]) == ("dog/41", "cat/24")
    select = page.text_input if listed == 3 else page.selectbox
    assert select(key="image").value == "dog/41"


def test_a_page_that_is_drawn_again_leaves_the_gallery_open(
    shown: Shown, sixty: Path, shared_store: Store, executor: Counting
) -> None:
    page = AppTest.from_file(str(PAGE), default_timeout=60).run()
    page.button(key="gallery_open").click().run()
    assert shown.names
    shown.tiles = ()
    page.run()  # as a run that starts elsewhere has it
    assert shown.names
    page.session_state[gallery.OPEN] = -1  # of a visit before
    shown.tiles = ()
    assert not page.run().exception
    assert not shown.names


def test_a_click_chooses_what_is_there_and_a_step_goes_through_what_is_listed(
    executor: Counting, sixty: Path, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(gallery.st, "session_state", state)
    gallery._choose("nobody")
    assert not state
    gallery._choose("dog/59")
    assert state == {"image": "dog/59", gallery.DONE: True}
    gallery._step(1)
    assert state["image"] == "cat/00"
    state[filters.LABEL] = "dog"
    gallery._step(1)
    assert state["image"] == "dog/40"
    gallery._step(-1)
    assert state["image"] == "dog/59"


def test_what_is_not_in_a_large_set_is_said_and_the_first_is_shown(
    executor: Counting, sixty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "LISTED", 3)
    page = AppTest.from_file(str(PAGE), default_timeout=30)
    page.query_params["image"] = "nonsense"
    page.run()
    assert "“nonsense”, which is not here" in said(page)
    page.text_input(key="image").set_value("neither").run()
    assert "No image is called “neither”" in said(page)
    assert not page.exception
    page.text_input(key="image").set_value("dog/41").run()
    assert "No image is called" not in said(page)
