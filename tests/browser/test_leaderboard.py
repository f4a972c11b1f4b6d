"""The Leaderboard's first screen in a real Chromium: the summary is seen whole, and is text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, opened, server, settled, shot
from heatcheck.tests.doubles.runs import fill

pytestmark = MARKS


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, photographs: list[Image]) -> Iterator[str]:
    """A dashboard over a finished run of four methods and three controls."""
    folder = tmp_path_factory.mktemp("filled")
    store = Store(f"sqlite:///{folder / 'browser.db'}")
    fill(store, photographs)
    store.engine.dispose()
    with server(folder) as url:
        yield url


def summary(page: Any, width: int, height: int) -> Any:
    """The summary table on a screen of this size."""
    page.set_viewport_size({"width": width, "height": height})
    table = page.get_by_role("table").filter(has_text="Controls: they ignore the model")
    table.wait_for(timeout=60_000)
    settled(page)
    return table


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_answer_and_the_whole_summary_lie_on_the_first_screen(
    scheme: str, filled: str, browser: Any
) -> None:
    with opened(browser, f"{filled}/leaderboard", 1280, scheme) as page:
        table = summary(page, 1280, 720)
        assert table.get_by_role("row").count() == 1 + 4 + 1 + 3
        box = table.bounding_box()
        assert box["y"] > 0
        assert box["y"] + box["height"] <= 720
        assert box["x"] + box["width"] <= 1280
        answer = page.get_by_text("Trust: Vanilla Gradients").bounding_box()
        assert answer["y"] < box["y"]
        assert page.evaluate("window.find('SmoothGrad', true, false, true)")  # as Ctrl-F does
        shot(page, f"summary-1280-{scheme}")


def test_on_a_phone_the_table_scrolls_below_its_names_and_the_page_stays(
    filled: str, browser: Any
) -> None:
    with opened(browser, f"{filled}/leaderboard", 390) as page:
        table = summary(page, 390, 844)
        name = table.get_by_role("rowheader", name="SmoothGrad")
        before = name.bounding_box()["x"]
        moved = table.evaluate(
            "one => { one.parentElement.scrollLeft = 9999; return one.parentElement.scrollLeft }"
        )
        assert moved > 100
        assert name.bounding_box()["x"] == pytest.approx(before, abs=1)
        main = page.get_by_test_id("stMain")
        assert main.evaluate("one => one.scrollWidth <= one.clientWidth")
        shot(page, "summary-390")


def test_an_opened_look_is_in_the_address(filled: str, browser: Any) -> None:
    with opened(browser, f"{filled}/leaderboard") as page:
        summary(page, 1280, 720)
        page.get_by_role("tab", name="Substrates").click()
        page.wait_for_url("**/leaderboard?**look=Substrates**")
        page.get_by_role("tab", name="Evidence").click()
        page.get_by_role("spinbutton", name="Smallest effect that counts").fill("0.05")
        page.keyboard.press("Enter")
        page.wait_for_url("**smallest_effect=0.05**")
        settled(page)
        address = page.url
    with opened(browser, address) as page:
        page.get_by_text("Effects below 0.05 do not count").wait_for(timeout=60_000)
        chosen = page.get_by_role("spinbutton", name="Smallest effect that counts")
        chosen.wait_for(timeout=60_000)
        assert chosen.input_value() == "0.05"
