"""A report of many images and methods reads and draws no more than it shows."""

from __future__ import annotations

import pytest

from heatcheck.inputs.images import from_png
from heatcheck.report import gallery, parts
from heatcheck.report.build import page
from heatcheck.report.subject import Subject
from heatcheck.runs.results import Results, SeenImage
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.html import words


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The images whose pictures were read, and the maps, one after the other."""
    known: list[str] = []
    images, image, heat = Results.images, Results.image, Results.map

    def images_of(results: Results, run: str, *, pictures: bool = True) -> list[SeenImage]:
        seen = images(results, run, pictures=pictures)
        known.extend(one.name for one in seen if pictures)
        return seen

    def image_of(results: Results, run: str, name: str) -> SeenImage | None:
        known.append(name)
        return image(results, run, name)

    def map_of(results: Results, run: str, name: str, method: str) -> object:
        known.append(f"{name} by {method}")
        return heat(results, run, name, method)

    monkeypatch.setattr(Results, "images", images_of)
    monkeypatch.setattr(Results, "image", image_of)
    monkeypatch.setattr(Results, "map", map_of)
    return known


def test_of_all_pictures_and_maps_those_of_three_are_read(
    store: Store, run: str, read: list[str]
) -> None:
    subject = Subject.of(store, run)
    assert read == []
    shown = gallery.gallery(subject)
    methods = len(subject.scores.methods)
    assert len(read) == 3 + 3 * methods
    assert [one.rank for one in shown.columns] == ["best", "typical", "worst"]
    assert shown.among == "8 pictures"


def test_of_too_many_maps_the_typical_picture_alone_is_drawn_and_the_report_says_so(
    store: Store, run: str, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject.of(store, run)
    three = gallery.gallery(subject)
    methods = len(subject.scores.methods)
    monkeypatch.setattr(gallery, "MOST", 3 * methods - 1)
    read.clear()
    alone = gallery.gallery(subject)
    assert [one.image.name for one in alone.columns] == [three.columns[1].image.name]
    assert len([one for one in read if " by " in one]) == methods
    large, small = (from_png(one.drawn[0].png or b"") for one in (three.columns[1], *alone.columns))
    assert (large.shape[0], small.shape[0]) == (32, 16)
    assert small[0, 0] == pytest.approx(large[:2, :2].mean(axis=(0, 1)), abs=0.5)
    html = page(subject)
    assert html.count("<img data-picture=") == methods
    told = words(html)
    assert "The typical picture (the median) of 8 pictures by" in told
    assert f"With {methods} methods, controls counted, the best and the worst picture are" in told


def test_where_maps_of_some_images_are_kept_pictures_are_among_those(
    store: Store, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject.of(store, run)
    cells = sorted(store.results.mapped_cells(run))
    kept = sorted({image for image, _ in cells})[:4]
    some = {cell for cell in cells if cell[0] in kept}
    monkeypatch.setattr(Results, "mapped_cells", lambda results, run: some)
    shown = gallery.gallery(subject)
    assert {one.image.name for one in shown.columns} <= set(kept)
    assert shown.among == "the 4 of 8 pictures whose heatmaps are kept,"
    monkeypatch.setattr(Results, "mapped_cells", lambda results, run: set())
    assert gallery.gallery(subject).columns == ()
    assert "by all methods, chosen by rule" not in words(page(subject))


def test_pictures_that_are_not_kept_are_passed_over(
    store: Store, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject.of(store, run)
    gone = gallery.gallery(subject).columns[0].image.name
    image = Results.image
    monkeypatch.setattr(
        Results,
        "image",
        lambda results, run, name: None if name == gone else image(results, run, name),
    )
    names = [one.image.name for one in gallery.gallery(subject).columns]
    assert len(names) == 3
    assert gone not in names


def test_the_table_of_digests_is_bounded_and_says_where_all_are(
    store: Store, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject.of(store, run)
    whole = len(subject.run.spec.images)
    assert whole < parts.MOST_DIGESTS
    monkeypatch.setattr(parts, "MOST_DIGESTS", 5)
    html = page(subject)
    told = words(html)
    assert f"Digests of the first 5 of {whole} images" in told
    assert f"The JSON report has all: heatcheck report {run[:8]} --out report.json" in told
    shown = [image for image in subject.run.spec.images if image.digest in html]
    assert len(shown) == 5
