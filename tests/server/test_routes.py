"""What a viewer asks for beside its page, as a browser asks: bytes, looks, and maps as files."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from heatcheck.core.errors import StoreProblem
from heatcheck.server import service
from heatcheck.server.access import Access, Guard
from heatcheck.server.exports import Export
from heatcheck.server.looks import Look
from heatcheck.server.routes import ROUTES

HEAT = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
MANIFEST = {"classifier": {"name": "süß"}, "maps": [{"file": "edges.npy"}]}
PATHS = ("bytes/none", "looks/none", "looks/none/maps.zip", "looks/none/maps/none.npy")


def opened(ticket: str, *exports: Export) -> None:
    """A session looks at something that has all come; its files are these, one after the other."""
    found = itertools.chain(exports, itertools.repeat(exports[-1] if exports else Export({}, {})))
    look = Look(lambda: {"done": True, "panels": []}, lambda: next(found), 1)
    service.looks().open("session", ticket, look)


@pytest.fixture
def client() -> Iterator[TestClient]:
    guard = Middleware(Guard, access=Access(port=8501))
    with TestClient(Starlette(routes=ROUTES, middleware=[guard]), "http://localhost:8501") as one:
        yield one
    for kept in (service.blobs, service.looks):
        kept.cache_clear()


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_known_is_not_found_and_not_kept(path: str, client: TestClient) -> None:
    answer = client.get(f"/heatcheck/{path}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert "Reload" in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_another_host_is_told_nothing(path: str, client: TestClient) -> None:
    answer = client.get(f"/heatcheck/{path}", headers={"Host": "evil.example"})
    assert answer.status_code not in (200, 404)


def test_nothing_stays_on_a_browsers_disk(client: TestClient) -> None:
    digest = service.blobs().digest("map", lambda: b"map")
    answer = client.get(f"/heatcheck/bytes/{digest}")
    assert answer.content == b"map"
    assert answer.headers["cache-control"] == "no-store"
    opened("ticket")
    look = client.get("/heatcheck/looks/ticket")
    assert look.headers["content-type"].startswith("text/event-stream")
    assert look.headers["cache-control"] == "no-store"


def test_a_look_that_its_session_has_overtaken_ends_at_once(client: TestClient) -> None:
    for ticket in ("before", "now"):
        opened(ticket)
    assert client.get("/heatcheck/looks/before").text.endswith("event: end\ndata: {}\n\n")
    assert 'data: {"done"' not in client.get("/heatcheck/looks/before").text


def test_maps_leave_with_all_their_digits(client: TestClient) -> None:
    opened("ticket", Export(MANIFEST, {"key": ("edges", HEAT)}))
    one = client.get("/heatcheck/looks/ticket/maps/key.npy")
    assert one.headers["cache-control"] == "no-store"
    assert np.array_equal(np.load(io.BytesIO(one.content)), HEAT)
    everything = client.get("/heatcheck/looks/ticket/maps.zip")
    with zipfile.ZipFile(io.BytesIO(everything.content)) as bundle:
        assert bundle.testzip() is None
        assert bundle.namelist() == ["manifest.json", "edges.npy"]
        heat = np.load(io.BytesIO(bundle.read("edges.npy")))
        assert heat.dtype == np.float32
        assert np.array_equal(heat, HEAT)
        assert json.loads(bundle.read("manifest.json")) == MANIFEST


def test_a_map_that_has_not_come_is_said(client: TestClient) -> None:
    opened("ticket", Export({"maps": []}, {}))
    for path in ("maps.zip", "maps/key.npy"):
        answer = client.get(f"/heatcheck/looks/ticket/{path}")
        assert answer.status_code == 404
        assert answer.text == "This map is not there yet.\n"


@pytest.mark.parametrize("path", ["maps.zip", "maps/key.npy"])
def test_a_file_waits_for_maps_that_are_made_again(path: str, client: TestClient) -> None:
    opened("ticket", Export({}, {}, whole=False), Export(MANIFEST, {"key": ("edges", HEAT)}))
    assert client.get(f"/heatcheck/looks/ticket/{path}").status_code == 200


@pytest.mark.parametrize("path", ["maps.zip", "maps/edges.npy"])
def test_a_file_that_the_store_cannot_give_now_is_a_sentence(client: TestClient, path: str) -> None:
    def export() -> Export:
        raise StoreProblem("The store is locked.")

    look = Look(lambda: {"done": True, "panels": []}, export, 1)
    service.looks().open("session", "locked", look)
    answer = client.get(f"/heatcheck/looks/locked/{path}")
    assert (answer.status_code, answer.text) == (503, "The store is locked.\n")
