"""The server: page mode, response headers, who may ask, start and stop of the worker and of the
server's runs.
"""

from __future__ import annotations

import gc
import threading
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import anyio
import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner

from heatcheck.server.access import Access, Guard
from heatcheck.server.routes import ROUTES

# A folder named pages exists, and Streamlit would take its old multipage mode until st.navigation
# has run once: the first deep link to a fresh server would say "page not found". Private, therefore
# pinned and tested.
PagesManager.uses_pages_directory = False

# While a page runs, Streamlit puts the folder of dashboard.py first on the path; there every room
# would have a second name, and a worker that starts meanwhile would inherit it. Private as well,
# pinned and tested.
script_runner.modified_sys_path = lambda main_script_path: nullcontext()  # type: ignore

ROOT = Path(__file__).parent

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
    b"referrer-policy": b"same-origin",
}


# Where the front end finds the server. Without it, it guesses from the address, and a deep link to
# /runs first asks /runs/_stcore/health and gets an error. Streamlit's own setting for hosts; tested
# by opening deep links.
WHERE = (
    b"<script>window.__streamlit={BACKEND_BASE_URL:location.origin+'/',"
    b"MAIN_PAGE_BASE_URL:location.origin+'/'}</script>"
)


class Responses:
    """Adds the headers that a page of ours should carry to every response, and to the document
    where its server is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the response back with what is added."""
        if scope["type"] != "http":
            with suppress(WebSocketDisconnected):  # the browser has gone: nobody is left to tell
                await self.app(scope, receive, send)
            return
        asks_document = b"text/html" in dict(scope["headers"]).get(b"accept", b"")
        if asks_document:  # it is written into, so it comes uncompressed and whole
            unwanted = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
            scope = {
                **scope,
                "headers": [
                    (name, value) for name, value in scope["headers"] if name not in unwanted
                ],
            }
        start: Message = {}
        body = b""

        async def changed(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                kept = [
                    (name, value)
                    for name, value in message["headers"]
                    if name.lower() not in HEADERS
                ]
                start = {**message, "headers": [*kept, *HEADERS.items()]}
                if not (asks_document and _is_html(message)):
                    await send(start)
            elif asks_document and _is_html(start):
                body += message.get("body", b"")
                if not message.get("more_body"):
                    whole = body.replace(b"<head>", b"<head>" + WHERE, 1)
                    headers = [
                        (name, value)
                        for name, value in start["headers"]
                        if name.lower() not in (b"content-length", b"etag")
                    ]
                    await send(
                        {
                            **start,
                            "headers": [*headers, (b"content-length", str(len(whole)).encode())],
                        }
                    )
                    await send({"type": "http.response.body", "body": whole})
            else:
                await send(message)

        await self.app(scope, receive, changed)


def _is_html(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/html")
        for name, value in start["headers"]
    )


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """The worker, the default run and what the first page shows of runs start with the server, not
    with the first browser.
    """
    from heatcheck.runs import processes
    from heatcheck.server import service
    from heatcheck.ui.compare import newest

    # Streamlit collects garbage after each run of a page, a look for news too: what is imported
    # need not be gone through again, which takes a fifth of a second.
    gc.collect()
    gc.freeze()
    await anyio.to_thread.run_sync(service.workbench)  # one of each, whoever asks first
    threading.Thread(target=service.wake, name="wake", daemon=True).start()
    threading.Thread(target=newest.prepare, args=(service.classifier(),), daemon=True).start()
    yield
    service.rest()
    processes.end_at_once()  # a worker that still loads keeps no server from its end


app = st.App(
    str(ROOT / "dashboard.py"),
    lifespan=lifespan,
    routes=ROUTES,
    middleware=[Middleware(Responses), Middleware(Guard)],
)


def serve(access: Access) -> None:
    """Serve the dashboard until it is stopped, with the settings of `.streamlit/config.toml` beside
    this file.
    """
    settings = dict(
        _flat(tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")))
    )
    settings |= {"server.address": access.address, "server.port": access.port}
    if access.public_url:  # Streamlit looks at Origin too, after the guard
        settings["server.corsAllowedOrigins"] = [access.public_url]
    app.run(config=settings)


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Settings by their dotted names."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
