"""The Runs page: runs that wait, a run that is extended, one from a file, two that are held against
each other, and the leaderboard of one that works.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.answer.leaderboard import board
from heatcheck.answer.summary import Summary
from heatcheck.inputs.images import Image
from heatcheck.runs import specs
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.runs import fill, put_in_state
from heatcheck.ui.shared import summary_table

ROOT = Path(service.__file__).parent.parent
SMALL = {"only": ["photo_00", "photo_01"], "methods": ["random"], "metrics": ["deletion"]}


def asked(**changed: object) -> RunSpec:
    return specs.ask(**{**SMALL, "points": 9, **changed})  # type: ignore[arg-type]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose processes the server would have started."""
    begun: list[str] = []
    monkeypatch.setattr(service, "_launch", lambda run, lease: begun.append(run))
    return begun


def opened(run: str = "") -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages/evaluate/runs.py"), default_timeout=60)
    if run:
        page.query_params["run"] = run
    page.run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.error]
    return "\n".join(str(one.value) for one in parts).replace("\\", "")


def buttons(page: AppTest) -> list[str]:
    return [one.label for one in page.button]


def listed(page: AppTest) -> dict[str, str]:
    """The state of each run in the list, by its short id."""
    table = next(one.value for one in page.dataframe if "State" in one.value.columns)
    return dict(zip(table["Run"], table["State"], strict=True))


def test_of_runs_that_wait_the_page_says_how_many_are_before_each(
    shared_store: Store, started: list[str]
) -> None:
    first, second, third = (service.start_run(asked(seed=seed)) for seed in range(3))
    assert started == [first]
    page = opened(third)
    assert listed(page) == {
        first[:6]: "running",
        second[:6]: "waiting, 1 before it",
        third[:6]: "waiting, 2 before it",
    }
    assert "waiting, 2 before it" in texts(page)
    assert "Go on with this run" not in buttons(page)
    page.button(key="start_next").click().run()
    assert not page.exception
    assert shared_store.queue.waiting() == [third, second]
    assert listed(page)[third[:6]] == "waiting, 1 before it"
    page.button(key="cancel_run").click().run()
    assert shared_store.runs.get(third).status == "cancelled"
    assert shared_store.queue.waiting() == [second]
    assert "Go on with this run" in buttons(page)
    assert started == [first]


def test_a_run_that_waits_for_nobody_can_be_started_by_hand(
    shared_store: Store, started: list[str]
) -> None:
    """Its server was stopped, and may start nothing by itself."""
    run = shared_store.runs.open(asked())
    shared_store.queue.join(run)
    page = opened(run)
    assert "waiting, starts next" in texts(page)
    assert page.button(key="start_next").label == "Start it now"
    page.button(key="start_next").click().run()
    assert started == [run]


def test_what_was_done_elsewhere_meanwhile_is_said(shared_store: Store, started: list[str]) -> None:
    first, second = (service.start_run(asked(seed=seed)) for seed in range(2))
    page = opened(second)
    put_in_state(shared_store, first, "finished")
    service.start_waiting()
    page.button(key="start_next").click().run()
    assert "does not wait any more" in texts(page)


def test_a_run_that_the_command_line_is_about_to_begin_is_in_no_queue(
    shared_store: Store, started: list[str]
) -> None:
    run = shared_store.runs.open(asked())
    page = opened(run)
    assert listed(page)[run[:6]] == "waiting"
    assert "start_next" not in [one.key for one in page.button]
    next(one for one in page.button if one.label == "Go on with this run").click().run()
    assert started == [run]


def test_before_a_start_the_form_says_what_goes_before_it(
    shared_store: Store, started: list[str]
) -> None:
    service.start_run(asked())
    assert "1 run goes before it." in texts(opened())
    other = shared_store.runs.open(asked(seed=9))
    put_in_state(shared_store, started[0], "finished")
    put_in_state(shared_store, other, "running", host=socket.gethostname())
    assert "the two take turns" in texts(opened()), "the command line's run"


def test_a_run_that_works_shows_the_leaderboards_table_so_far(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = fill(shared_store, photographs, images=6)
    table = summary_table.html(board(Summary.of_run(shared_store, run)))
    assert "so far" not in texts(opened(run))
    put_in_state(shared_store, run, "running")
    page = opened(run)
    assert "So far, from 6 of 20 images; intervals are of these images alone" in texts(page)
    assert table in [one.proto.body for one in page.get("html")]
    assert "Its leaderboard" in buttons(page)


# -- more methods and images -----------------------------------------------------------------------


def test_a_run_is_extended_by_methods_and_images(shared_store: Store, started: list[str]) -> None:
    run = shared_store.runs.open(asked(seed=4))
    put_in_state(shared_store, run, "finished")
    page = opened(run)
    page.toggle(key=f"extend_{run}").set_value(True).run()
    assert "Expected methods or images to add" in texts(page)
    assert page.button(key="extend_run").disabled
    page.multiselect(key=f"extend_methods_{run}").set_value(["edges"])
    page.segmented_control(key=f"extend_which_{run}").set_value("hand").run()
    page.multiselect(key=f"extend_images_{run}").set_value(["photo_07"]).run()
    assert "3 images x 2 methods, 6 maps" in texts(page)
    assert "That is for the whole; maps that stay the same are copied." in texts(page)
    page.button(key="extend_run").click().run()
    assert not page.exception
    more = asked(seed=4, only=["photo_00", "photo_01", "photo_07"], methods=["random", "edges"])
    assert started == [more.id]
    assert page.selectbox(key="run").value == more.id


def test_a_run_of_what_is_not_on_offer_here_is_not_extended(
    shared_store: Store, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    run = shared_store.runs.open(asked(source=str(tmp_path), only=[]))
    page = opened(run)
    page.toggle(key=f"extend_{run}").set_value(True).run()
    assert "images in this run to be one that this server offers (samples" in texts(page)
    assert "extend_run" not in [one.key for one in page.button]


# -- a file ----------------------------------------------------------------------------------------


def given(page: AppTest, content: str | dict[str, object]) -> AppTest:
    text = content if isinstance(content, str) else json.dumps(content)
    file = ("mine.json", text.encode(), "application/json")
    return page.file_uploader(key="spec_file").set_value(file).run()


def test_a_file_starts_what_it_asks_for_and_says_so_before(
    shared_store: Store, started: list[str]
) -> None:
    spec = asked(seed=11)
    page = given(opened(), dict(spec.as_asked))
    assert not page.exception
    said = texts(page)
    assert "**EfficientNet-Lite0** on **2 images** of samples, seed 11" in said
    assert "1 metric: Deletion" in said
    assert "2 images x 1 method, 2 maps" in said
    assert started == []
    page.button(key="start_file").click().run()
    assert started == [spec.id]
    assert page.selectbox(key="run").value == spec.id


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "Expected mine.json to be JSON"),
        ({"seed": "one"}, "Expected seed in mine.json to be a whole number"),
        ({"methods": ["nosuch"]}, "mine.json: "),
        ({"classifier": "os:getcwd?folder=/&sha256=1"}, "classifier in mine.json to be one that"),
        ({"images": "/etc"}, "images in mine.json to be one that"),
    ],
)
def test_a_file_that_cannot_be_asked_for_is_refused_by_name(
    content: str | dict[str, object], said: str, shared_store: Store, started: list[str]
) -> None:
    page = given(opened(), content)
    assert not page.exception
    assert said in texts(page)
    assert "start_file" not in [one.key for one in page.button]
    assert started == []


# -- two runs --------------------------------------------------------------------------------------


def test_two_runs_are_held_against_each_other_part_by_part(shared_store: Store) -> None:
    this = shared_store.runs.open(asked())
    assert "no other run" in texts(opened(this))
    other = shared_store.runs.open(asked(seed=2, methods=["random", "edges"]))
    turned = shared_store.runs.open(asked(only=["photo_00", "photo_01"], methods=["edges"]))
    page = opened(this)
    page.selectbox(key=f"beside_{this}").set_value(other).run()
    (table,) = [one.value for one in page.table if "What" in one.value.columns]
    assert table.to_dict("split")["data"] == [
        ["method Edges", "not asked", "asked"],
        ["seed", "0", "2"],
    ]
    page.selectbox(key=f"beside_{this}").set_value(turned).run()
    (table,) = [one.value for one in page.table if "What" in one.value.columns]
    assert list(table["What"]) == ["method Random", "method Edges"]
