"""How often pages look: at the runs once, at images' files only when they have changed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.inputs.images import Image
from heatcheck.runs import specs
from heatcheck.runs.records import Runs
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.runs import fill
from heatcheck.tests.doubles.workers import Counting
from heatcheck.ui.compare import sets

ROOT = Path(service.__file__).parent.parent
PAGES = (
    "explore/compare",
    "explore/methods",
    "evaluate/runs",
    "evaluate/leaderboard",
    "evaluate/strengths",
    "review/reports",
    "review/session",
)


def opened(page: str) -> AppTest:
    if page == "explore/compare":  # it links to other pages
        return AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    return AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60)


def counted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> Counter[str]:
    """Calls of a method, by its name, or by its file's name where it is one of paths."""
    calls: Counter[str] = Counter()
    whole: Callable[..., Any] = getattr(owner, name)

    def noting(self: Any, *args: Any, **words: Any) -> Any:
        calls[self.name if isinstance(self, Path) else name] += 1
        return whole(self, *args, **words)

    monkeypatch.setattr(owner, name, noting)
    return calls


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("under_way", [False, True], ids=["finished", "under way"])
def test_a_page_looks_at_the_runs_once(
    page: str,
    under_way: bool,
    shared_store: Store,
    executor: Counting,
    photographs: list[Image],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(shared_store, photographs, images=6)
    if under_way:
        shared_store.runs.open(specs.ask(seed=5, methods=["random"]))
    looks = counted(monkeypatch, Runs, "all")
    made = opened(page).run()
    assert not made.exception
    assert looks["all"] == 1
    made.run()
    assert looks["all"] <= 2


def test_a_page_drawn_again_reads_no_image_that_has_not_changed(
    shared_store: Store, executor: Counting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for place in range(5):
        (folder / f"{place}.png").write_bytes(b"image %d" % place)
    monkeypatch.setenv("HEATCHECK_IMAGES", str(folder))
    sets.forget()
    opens = counted(monkeypatch, Path, "open")
    page = opened("evaluate/runs").run()
    assert not page.exception
    names = [f"{place}.png" for place in range(5)]
    assert [opens[name] for name in names] == [2] * 5  # for its bytes' digest and for its depth
    page.number_input(key="start_seed").set_value(5).run()
    assert [opens[name] for name in names] == [2] * 5
    before = specs.ask(source=str(folder))
    (folder / "3.png").write_bytes(b"another 3")
    os.utime(folder / "3.png", ns=(1, 1))  # its time of change goes back, as in a copy
    page.run()
    assert [opens[name] for name in names] == [
        2,
        2,
        2,
        4,
        2,
    ]  # written once, its digest taken again
    assert specs.ask(source=str(folder)).id != before.id
