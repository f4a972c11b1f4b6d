"""The server: page mode, response headers, start and stop of the worker and of the first default run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.pages_manager import PagesManager

# A folder named pages exists, and Streamlit would take its old multipage mode until st.navigation has run once: the first deep
# link to a fresh server would say "page not found". Private, therefore pinned and tested.
PagesManager.uses_pages_directory = False

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
    b"referrer-policy": b"same-origin",
}


class SecurityHeaders:
    """Adds the headers that a page of ours should carry to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the response back with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *((name, value) for name, value in HEADERS.items() if name not in known)]
            await send(message)

        await self.app(scope, receive, with_headers)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """The worker and the default run start with the server, not with the first browser."""
    from ui import service

    await anyio.to_thread.run_sync(service.wake)
    yield
    service.rest()


app = st.App(str(Path(__file__).parent / "dashboard.py"), lifespan=lifespan, middleware=[Middleware(SecurityHeaders)])
