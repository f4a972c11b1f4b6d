"""Charts on a phone, in a real Chromium: no words over others, none cut off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, opened, server, settled, shot
from heatcheck.tests.doubles.runs import fill

pytestmark = MARKS

VIEWS = ("Controls", "Cost", "Ranks", "Metrics", "Intervals")
LOOKS = [f"look=Views&closer={view}" for view in VIEWS]
CLASHES = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap((plot) => {
  const around = plot.getBoundingClientRect()
  const words = [...plot.querySelectorAll('text')]
    .filter((one) => one.textContent.trim() && !one.closest('.hm'))
    .map((one) => [one.textContent, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0)
  const cut = words.filter(([, box]) => box.left < around.left - 3 || box.right > around.right + 3)
  const over = words.flatMap(([text, a], place) => words.slice(place + 1)
    .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
    .map(([other]) => `${text} over ${other}`))
  return [...over, ...cut.map(([text]) => `${text} is cut off`)]
})"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, photographs: list[Image]) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("narrow")
    store = Store(f"sqlite:///{folder / 'browser.db'}")
    fill(store, photographs)
    store.engine.dispose()
    with server(folder) as url:
        yield url


@pytest.mark.parametrize("width", [390, pytest.param(800, marks=pytest.mark.long)])
def test_no_words_of_a_chart_stand_over_others(measured: str, browser: Any, width: int) -> None:
    with opened(browser, f"{measured}/leaderboard", width) as page:
        found = {}
        for look in LOOKS:
            page.goto(f"{measured}/leaderboard?{look}")
            page.wait_for_function("document.querySelector('.js-plotly-plot text')", timeout=20_000)
            settled(page)
            page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
            shot(page, f"narrow-{width}-{look.split('=')[-1].lower()}")
            found[look] = page.evaluate(CLASHES)
        assert not any(found.values()), found
