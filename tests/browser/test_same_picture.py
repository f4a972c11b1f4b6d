"""The report, a notebook's output and the voter's page draw what the reference draws, pixel by
pixel, in a real Chromium.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from heatcheck import report
from heatcheck.drawing import maps
from heatcheck.drawing.flat import flat
from heatcheck.inputs.images import Image, from_png, png
from heatcheck.metrics.orders import ranks
from heatcheck.report import gallery, views
from heatcheck.report.subject import Subject
from heatcheck.review.store import Reviews
from heatcheck.runs.cells import pixel_places
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, opened, server, settled, shot
from heatcheck.tests.doubles.runs import fill_at_random
from heatcheck.tests.doubles.sessions import joined, mapped_run

pytestmark = MARKS
LOOKS = [(0.6, 0.7, "Inferno"), (1.0, 0.0, "Jet"), (0.37, 0.55, "Both signs")]
TWO_KINDS = ["vanilla_gradients", "grad_cam"]
READ = """(one) => {
  const { width, height } = one;
  return [width, height, Array.from(one.getContext("2d").getImageData(0, 0, width, height).data)];
}"""


def pixels(canvas: Any) -> np.ndarray:
    width, height, data = canvas.evaluate(READ)
    drawn = np.array(data).reshape(height, width, 4)
    assert (drawn[..., 3] == 255).all()
    return drawn[..., :3]


def assert_same(canvas: Any, reference: bytes) -> None:
    expected = from_png(reference).astype(int)
    assert np.abs(pixels(canvas) - expected).max() <= 1


def moved(root: Any, opacity: float, focus: float, colours: str | None = None) -> None:
    """Move the first controls, as a hand does."""
    for name, value in (("Opacity", opacity), ("Focus intensity", focus)):
        root.get_by_label(name).first.fill(str(round(100 * value)))
    if colours is not None:
        root.locator("select").first.select_option(colours)


@pytest.fixture
def reported(store: Store, photographs: list[Image], tmp_path: Path) -> tuple[Subject, str]:
    run = fill_at_random(store, photographs)
    path = tmp_path / "report.html"
    path.write_text(report.build(store, run))
    return Subject.of(store, run), path.as_uri()


@pytest.mark.parametrize(("opacity", "focus", "colours"), LOOKS)
def test_a_reports_heatmaps_are_the_reference_drawing(
    browser: Any, reported: tuple[Subject, str], opacity: float, focus: float, colours: str
) -> None:
    subject, url = reported
    page = browser.new_page()
    page.goto(url)
    page.locator(".heatmaps-live").wait_for()
    moved(page, opacity, focus, colours)
    run, told = subject.run, 0
    for column in gallery.gallery(subject).columns:
        digest = next(one.digest for one in run.spec.images if one.name == column.image.name)
        for one in column.drawn:
            heat = subject.store.results.map(run.id, column.image.name, one.method)
            places = pixel_places(heat, run.spec.keyed[one.method], digest, run.spec.seed)
            seen = from_png(column.image.picture)
            reference = maps.overlay(
                seen, heat, places, opacity=opacity, focus=focus, colour_map=colours
            )
            over = f'[data-picture="{column.rank}"][data-layer="{one.method}"] + canvas'
            canvases = page.locator(over).all()
            assert len(canvases) == (2 if column.rank == "typical" else 1)  # on top, in the grid
            for canvas in canvases:
                assert_same(canvas, reference)
                told += 1
    assert told == page.locator("img[data-layer]").count() > 0
    page.close()


def test_a_report_keeps_its_pictures_on_paper_and_without_scripts(
    browser: Any, reported: tuple[Subject, str]
) -> None:
    _, url = reported
    page = browser.new_page()
    page.goto(url)
    page.locator(".heatmaps-live").wait_for()
    seen = [".heatmap-frame canvas", ".heatmaps-looks"]
    assert all(page.locator(one).first.is_visible() for one in seen)
    assert not page.locator(".heatmaps-still").first.is_visible()
    page.emulate_media(media="print")
    assert not any(page.locator(one).first.is_visible() for one in seen)
    assert page.locator("img[data-layer]").first.is_visible()
    assert page.locator(".heatmaps-still").first.is_visible()
    page.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert page.locator("img[data-layer]").first.is_visible()
    assert page.locator(".heatmaps-still").first.is_visible()
    assert not page.locator(".heatmaps-looks").first.is_visible()
    context.close()


def output(seed: int, height: int, width: int) -> tuple[str, np.ndarray, dict[str, np.ndarray]]:
    """A notebook's output of two maps, one with signs; its picture, and the maps."""
    random = np.random.default_rng(seed)
    seen = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    signed = random.normal(size=(height, width)).astype(np.float32)
    heats = {"vanilla_gradients": np.abs(signed), "grad_cam": signed}
    panels = [
        views.Panel(key, png(seen), flat=flat(heat, places_of(heat))) for key, heat in heats.items()
    ]
    html = views.side_by_side("A class", "A picture", png(seen), panels, whole=False)
    return html, seen, heats


def places_of(heat: np.ndarray) -> np.ndarray:
    return ranks(torch.from_numpy(heat), torch.Generator().manual_seed(0)).numpy()


def test_outputs_of_one_notebook_are_the_reference_drawing_and_move_alone(browser: Any) -> None:
    """The same output twice as well, and one that comes later, as when a cell is run again."""
    made = [output(1, 20, 30), output(2, 24, 24), output(1, 20, 30)]
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_content("<body>" + "".join(html for html, *_ in made[:2]))
    known = page.evaluate("Object.keys(window).length")
    page.evaluate(
        """(html) => {
          const cell = document.createElement("div");
          document.body.append(cell);
          cell.append(document.createRange().createContextualFragment(html));
        }""",
        made[2][0],
    )
    roots = page.locator(".heatcheck")
    page.locator(".heatmaps-live").nth(2).wait_for()
    assert page.evaluate("Object.keys(window).length") == known  # nothing is left for others
    for place, look in enumerate(LOOKS):
        moved(roots.nth(place), *look)
    for place, (_, seen, heats) in enumerate(made):
        opacity, focus, colours = LOOKS[place]
        for key, heat in heats.items():
            canvas = roots.nth(place).locator(f'[data-layer="{key}"] + canvas')
            how: Any = {"opacity": opacity, "focus": focus, "colour_map": colours}
            assert_same(canvas, maps.overlay(seen, heat, places_of(heat), **how))
    assert problems == []
    page.close()


PLAIN, SIGNS = "High Low activation", "For the class Against"
BOTH = [f"Maps without signs: {PLAIN}", f"Maps with signs: {SIGNS}"]


def legends(page: Any) -> list[str]:
    """The legends in sight, in words."""
    return [
        " ".join(one.inner_text().split()) for one in page.locator(".heatmaps-scale:visible").all()
    ]


@pytest.mark.parametrize(
    ("methods", "told"),
    [(["vanilla_gradients"], [PLAIN]), (["grad_cam"], [SIGNS]), (TWO_KINDS, BOTH)],
)
def test_a_legend_is_that_of_the_maps_that_are_drawn_on_the_screen_and_on_paper(
    browser: Any, methods: list[str], told: list[str]
) -> None:
    _, seen, heats = output(1, 20, 30)
    panels = [
        views.Panel(key, png(seen), flat=flat(heats[key], places_of(heats[key]))) for key in methods
    ]
    page = browser.new_page()
    page.set_content(views.side_by_side("A class", "A picture", png(seen), panels, whole=True))
    page.locator(".heatmaps-live").wait_for()
    for colours, words in (("Jet", [PLAIN]), ("Both signs", told)):
        page.locator("select").select_option(colours)
        assert legends(page) == words
        for scale in page.locator(".heatmaps-scale:visible").all():
            of_signs = "For the class" in scale.inner_text()
            drawn = "Inferno" if colours == "Both signs" and not of_signs else colours
            assert np.array_equal(pixels(scale.locator("canvas"))[0], maps.colours(drawn)[::-1])
    page.emulate_media(media="print")
    assert legends(page) == [PLAIN]
    assert page.locator(".heatmaps-scale img:visible").count() == 1
    assert page.locator("canvas:visible").count() == 0
    page.close()


TWO = ["grad_cam", "random"]


def test_a_voters_maps_are_the_reference_drawing_and_name_no_method(
    browser: Any, photographs: list[Image], tmp_path: Path
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'browser.db'}")
    run = mapped_run(store, photographs, methods=TWO)
    reviews = Reviews(store)
    names = [image.name for image in store.results.images(run)]
    host = reviews.open_session(run, "A title", "Which is better?", names[:3], TWO, 1, "Hanna")
    token = joined(reviews, host)
    with server(tmp_path) as url, opened(browser, f"{url}/session?seat={token}", 390) as page:
        frames: list[str] = []
        page.on("websocket", lambda one: one.on("framesent", lambda sent: frames.append(str(sent))))
        page.reload()
        for place in range(3):
            page.get_by_text(f"Pair {place + 1} of 3").wait_for(timeout=120_000)
            settled(page)
            page.locator(".blind[data-done]").wait_for(timeout=120_000)
            page.get_by_role("button", name="Both alike", disabled=False).wait_for()
            settled(page)
            sent = len(frames)
            if place == 0:
                moved(page, 0.42, 0.31)  # and so it stays
                page.get_by_label("Opacity").press("ArrowRight")
                page.get_by_label("Opacity").evaluate("one => one.blur()")
            item = reviews.ballot(token)[place]
            spec, image = store.runs.get(run).spec, item.pair.image
            seen = store.results.image(run, image)
            assert seen is not None
            assert seen.picture is not None
            digest = next(one.digest for one in spec.images if one.name == image)
            for side, method in (("left", item.pair.left), ("right", item.pair.right)):
                heat = store.results.map(run, image, method)
                assert heat is not None
                places = pixel_places(heat, spec.keyed[method], digest, spec.seed)
                how: Any = {"opacity": 0.43, "focus": 0.31, "colour_map": "Inferno"}
                canvas = page.get_by_role("img", name=f"The {side} heatmap")
                assert_same(canvas, maps.overlay(from_png(seen.picture), heat, places, **how))
            picture = page.get_by_role("img", name="The picture as the classifier sees it")
            assert np.array_equal(pixels(picture), from_png(seen.picture))
            assert len(frames) == sent  # sliders send nothing
            assert not item.choice  # and an arrow that moves one is no vote
            left, right = (
                page.get_by_role("img", name=f"The {side} heatmap").bounding_box()
                for side in ("left", "right")
            )
            assert left["y"] == right["y"]
            assert left["x"] + left["width"] < right["x"]
            told = page.locator(".blind").evaluate("one => one.outerHTML").lower()
            assert not any(word in told for word in ("cam", "random", "grad", "method"))
            if place == 0:
                shot(page, "ballot-390")
            page.keyboard.press("ArrowRight")
            page.get_by_text("All 3 pairs" if place == 2 else f"Pair {place + 2} of 3").wait_for()
        assert [one.choice for one in reviews.ballot(token)] == ["right"] * 3
    store.engine.dispose()
