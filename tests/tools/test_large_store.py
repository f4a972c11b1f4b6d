"""A large run is read by column: much quicker than a row at a time, in time that grows as it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tools import large_store


def processor_seconds(work: Callable[[], object]) -> float:
    """The least of three."""
    spans = []
    for _ in range(3):
        start = time.process_time()
        work()
        spans.append(time.process_time() - start)
    return min(spans)


def test_the_command_makes_a_finished_run_and_times_its_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATCHECK_DATABASE_URL", "")  # put back at the end
    url = f"sqlite:///{tmp_path / 'large.db'}"
    large_store.main([url, "--images", "6", "--methods", "3"])
    store = Store(url)
    (run,) = store.runs.all()
    assert (run.status, run.done, run.total) == ("finished", 36, 36)
    per_cell = store.results.table(run.id).groupby(["image", "method"]).size()
    assert per_cell.max() == 38
    store.engine.dispose()
    large_store.main([url, "--time"])
    service.store().engine.dispose()
    service.store.cache_clear()
    told = capsys.readouterr().out
    reads = ("runs, first", "tidy table", "standings", "one image", "peak memory")
    for name in (*reads, "leaderboard, first", "strengths, again", "report", "MB."):
        assert name in told


@pytest.mark.long
def test_reads_cost_as_the_run_grows_and_a_list_of_runs_does_not(tmp_path: Path) -> None:
    stores = {}
    for images in (50, 400):
        stores[images] = Store(f"sqlite:///{tmp_path / f'{images}.db'}")
        large_store.fill(stores[images], large_store.question(images, 12))

    def cost(read: Callable[[Store, str], object], images: int) -> float:
        store = stores[images]
        (run,) = store.runs.all()
        return processor_seconds(lambda: read(store, run.id))

    for read in (
        lambda store, run: store.results.table(run),
        lambda store, run: store.results.mean_curves(run, "deletion"),
    ):
        assert cost(read, 400) < 8 * 1.6 * cost(read, 50)
    assert cost(lambda store, run: [store.runs.all() for _ in range(50)], 400) < 3 * cost(
        lambda store, run: [store.runs.all() for _ in range(50)], 50
    )
    (run,) = stores[400].runs.all()
    image, keys = run.spec.images[-1].name, list(run.spec.keyed)
    one = cost(lambda store, run: [store.results.map(run, image, key) for key in keys], 400)
    whole = cost(lambda store, run: store.results.table(run), 400)
    assert one < whole / 5
    rows = 400 * 12 * 38
    per_row = processor_seconds(lambda: [{"value": place} for place in range(rows)])
    assert whole < 40 * per_row  # a row a time took more than a hundred times as long
    assert stores[400].results.table(run.id)["value"].notna().mean() > 0.9
    for store in stores.values():
        store.engine.dispose()
