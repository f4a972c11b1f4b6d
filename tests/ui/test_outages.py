"""Every page over each kind of database, and while its store is in trouble: a sentence, never a
traceback, and the page again once the trouble is over.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.inputs.images import Image
from heatcheck.report import formats
from heatcheck.report.subject import Subject
from heatcheck.review.store import Reviews
from heatcheck.runs import database, specs
from heatcheck.runs.csv_text import csv_of
from heatcheck.runs.database import Database
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.outages import planted_findings
from heatcheck.tests.doubles.pages import PAGES, ROOT, opened, text
from heatcheck.tests.doubles.postgresql import fresh_database
from heatcheck.tests.doubles.runs import fill
from heatcheck.tests.doubles.sessions import joined
from heatcheck.ui.session import seats
from heatcheck.ui.shared import outages

OF_PROCESS = (service.store, service.workbench, seats.reviews)
TOLD, HELD = "does not answer", "has held the store"


@pytest.fixture(scope="module", autouse=True)
def quick_experiments() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("heatcheck.tests.doubles.runs.tried", planted_findings)
        yield


@pytest.fixture(autouse=True)
def own_reviews() -> Iterator[None]:
    seats.reviews.cache_clear()
    yield
    seats.reviews.cache_clear()


def kept_at(url: str, patch: pytest.MonkeyPatch) -> Store:
    """The store that pages read, at that URL."""
    patch.setenv("HEATCHECK_DATABASE_URL", url)
    for of_process in OF_PROCESS:
        of_process.cache_clear()
    return service.store()


@pytest.fixture(scope="module")
def on_postgresql(
    postgresql_server: str, photographs: list[Image]
) -> Iterator[tuple[Store, str, str]]:
    """The pages' store on PostgreSQL, a run of it, and a session's host."""
    with pytest.MonkeyPatch.context() as patch:
        store = kept_at(fresh_database(postgresql_server, "pages"), patch)
        run = fill(store, photographs, images=6)
        names = [image.name for image in store.results.images(run)]
        methods = list(store.runs.get(run).spec.keyed)[:3]
        host = seats.reviews().open_session(run, "A title", "Which?", names, methods, 1, "Hanna")
        yield store, run, host
        store.engine.dispose()
        for of_process in OF_PROCESS:
            of_process.cache_clear()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_filled_from_postgresql(
    page: str, on_postgresql: tuple[Store, str, str]
) -> None:
    _, run, _ = on_postgresql
    shown = text(opened(page, run=run))
    assert "There is no run yet" not in shown
    assert TOLD not in shown


def test_a_session_on_postgresql_goes_from_its_invitation_to_its_end(
    on_postgresql: tuple[Store, str, str],
) -> None:
    store, run, host = on_postgresql
    reviews = Reviews(store)
    token = joined(reviews, host)
    assert "Pair 1 of 6" in text(opened("session", seat=token))
    for item in reviews.ballot(token):
        reviews.cast(token, item.id, "left")
    page = opened("session", seat=host)
    page.button(key="session_reveal").click().run()
    assert not page.exception
    page.text_area(key="session_decision").set_value("The first of them.")
    page.button(key="session_save").click().run()
    assert not page.exception
    (told,) = opened("session", seat=token).success
    assert "The first of them" in told.value
    subject = Subject.of(store, run)
    built = formats.written(subject, "html", reviews.outcomes(run))
    assert b"The first of them." in built
    assert json.loads(formats.written(subject, "json", ()))
    for table in (store.results.table(run), store.results.curves(run)):
        assert len(csv_of(table)) > 1000
    opened("session", seat=host).button(key="session_delete").click().run()
    assert reviews.sessions(run) == []


def words(page: AppTest) -> str:
    assert not page.exception, page.exception
    return text(page)


AS_DASHBOARD = """
import runpy
from heatcheck.ui.shared import outages
outages.drawn(lambda: runpy.run_path({page!r}))
"""


@pytest.mark.parametrize("page", [name for name in PAGES if name != "methods"])
def test_a_page_whose_store_is_gone_says_so_and_comes_back(
    page: str, shared_store: Store, photographs: list[Image]
) -> None:
    fill(shared_store, photographs, images=2)
    file = Path(str(shared_store.engine.url.database))
    script = AS_DASHBOARD.format(page=str(ROOT / PAGES[page]))
    made = AppTest.from_string(script, default_timeout=60).run()
    before = words(made)
    file.rename(file.with_suffix(".away"))
    gone = words(made.run())
    assert "It is gone" in gone
    assert "comes back by itself" in gone
    file.with_suffix(".away").rename(file)
    assert "It is gone" not in (after := words(made.run()))
    assert after.splitlines()[0] == before.splitlines()[0]
    assert len(after) > len(before) / 2


def test_what_waits_for_the_store_draws_the_page_again_once_it_answers(
    shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Again(Exception):
        pass

    def again() -> None:
        raise Again

    monkeypatch.setattr(outages.st, "rerun", again)
    file = Path(str(shared_store.engine.url.database))
    outages._wait(iter(["It is gone."]))  # as the page said
    file.rename(file.with_suffix(".away"))
    outages._wait(iter(()))
    file.with_suffix(".away").rename(file)
    with pytest.raises(Again):
        outages._wait(iter(()))


def test_pages_read_on_while_another_process_holds_the_store_and_a_change_is_refused(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    fill(shared_store, photographs, images=2)
    shared_store.engine.dispose()
    other = sqlite3.connect(str(shared_store.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        for page in PAGES:
            assert HELD not in text(opened(page))
        page = opened("runs")
        page.button(key="delete_run").click().run()
        assert HELD in words(page)
    finally:
        other.close()
    page.button(key="delete_run").click().run()
    assert "There is no run yet" in words(page)


def test_a_store_that_can_only_be_read_is_shown_and_takes_nothing(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fill(shared_store, photographs, images=2)
    reviews = Reviews(shared_store)
    names = [image.name for image in shared_store.results.images(run)]
    methods = list(shared_store.runs.get(run).spec.keyed)[:3]
    host = reviews.open_session(run, "T", "q?", names, methods, 1, "Hanna")
    token = joined(reviews, host)
    shared_store.engine.dispose()
    monkeypatch.setattr(database, "_only_readable", lambda file: True)
    monkeypatch.setattr(shared_store, "database", Database(shared_store.url))
    for kept in (shared_store.runs, shared_store.results):
        monkeypatch.setattr(kept, "database", shared_store.database)
    for page in PAGES:
        opened(page, run=run)
    assert "Pair 1 of 2" in text(opened("session", seat=token))
    page = opened("session", seat=host)
    page.button(key="session_delete").click().run()
    assert "It can only be read" in text(page)
    page = opened("runs", run=run)
    page.button(key="delete_run").click().run()
    assert "It can only be read" in text(page)
    with pytest.raises(Exception, match="It can only be read"):
        service.start_run(specs.ask(methods=["random"], points=3))
