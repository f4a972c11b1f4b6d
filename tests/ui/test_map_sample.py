"""A look at the maps of a large run reads a seeded sample of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatcheck.runs import specs
from heatcheck.runs.draws import some
from heatcheck.runs.records import Run
from heatcheck.runs.results import Results
from heatcheck.runs.specs import SpecImage
from heatcheck.runs.store import Store
from heatcheck.ui.leaderboard import map_sample

METHODS = ["grad_cam", "smoothgrad"]


def run_of(store: Store, images: int) -> Run:
    """A run that asks for so many images."""
    run = store.runs.get(store.runs.open(specs.ask(methods=METHODS)))
    names = tuple(SpecImage(f"image {place}", f"{place:064x}", "") for place in range(images))
    return replace(run, spec=replace(run.spec, images=names, only=()))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The maps that were read."""
    known: list[tuple[str, str]] = []

    def mapped_cells(results: Results, run: str) -> set[tuple[str, str]]:
        return {(f"image {place}", method) for place in range(1000) for method in METHODS}

    def map_of(results: Results, run: str, image: str, method: str) -> np.ndarray:
        known.append((image, method))
        return np.zeros((2, 2), np.float32)

    monkeypatch.setattr(Results, "mapped_cells", mapped_cells)
    monkeypatch.setattr(Results, "map", map_of)
    return known


def test_500_maps_are_read_at_most_the_same_ones_and_a_sentence_says_of_which_images(
    shared_store: Store, reads: list[tuple[str, str]]
) -> None:
    run = run_of(shared_store, 1000)
    sample = map_sample.drawn(run, METHODS)
    assert sample.said == "From the maps of 250 of 1,000 images, drawn with seed 0."
    first = [(image, method) for image, method, _ in sample.maps(METHODS)]
    assert first == reads
    assert len(reads) == map_sample.MOST
    assert map_sample.drawn(run, METHODS) == sample
    assert len(map_sample.drawn(run, METHODS[:1]).images) == 500


def test_the_maps_of_a_small_run_are_all_read_and_nothing_is_said(
    shared_store: Store, reads: list[tuple[str, str]]
) -> None:
    sample = map_sample.drawn(run_of(shared_store, 20), METHODS)
    assert (len(sample.images), sample.of, sample.said) == (20, 20, "")


def test_a_draw_keeps_the_order_and_a_larger_one_holds_it() -> None:
    names = [f"image {place}" for place in range(100)]
    few, more = some(names, 5, 0), some(names, 20, 0)
    assert len(few) == 5
    assert set(few) <= set(more)
    assert more == [name for name in names if name in more]
    assert some(names, 5, 1) != few
    assert some(names, 200, 0) == names
