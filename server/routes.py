"""What a viewer asks for beside its page: bytes by their digest, and what has come of a look."""

from __future__ import annotations

import time

import anyio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from heatcheck.core.errors import HeatcheckError
from heatcheck.server import exports, looks
from heatcheck.server.looks import Look

# nothing of a picture, which may be an upload, stays on the browser's disk; pages keep it in memory
NEVER = {"Cache-Control": "no-store"}
PATIENCE = 30.0  # seconds that a file waits for maps
AT_ONCE = {**NEVER, "X-Accel-Buffering": "no"}


async def _bytes(request: Request) -> Response:
    return _kept(request, "application/octet-stream")


async def _picture(request: Request) -> Response:
    return _kept(request, "image/png")


def _kept(request: Request, kind: str) -> Response:
    from heatcheck.server import service

    content = service.blobs().get(request.path_params["digest"])
    if content is None:
        return _gone("These bytes are no longer kept. Reload the page.")
    return Response(content, media_type=kind, headers=NEVER)


async def _look(request: Request) -> Response:
    from heatcheck.server import service

    ticket = request.path_params["ticket"]
    kept = service.looks()
    if kept.get(ticket) is None and not kept.is_overtaken(ticket):
        return _gone("This page is no longer known. Reload it.")
    told = looks.events(lambda: kept.get(ticket), request.headers.get("last-event-id"))
    return StreamingResponse(told, media_type="text/event-stream", headers=AT_ONCE)


def _gone(why: str) -> Response:
    return PlainTextResponse(f"{why}\n", 404, headers=NEVER)


async def _maps(request: Request) -> Response:
    """All maps of a look, or one of them; waits a while for those that are on their way, or are
    made again.
    """
    from heatcheck.server import service

    look = service.looks().get(request.path_params["ticket"])
    if look is None:
        return _gone("This page is no longer known. Reload it.")
    try:
        return await _exported(request, look)
    except HeatcheckError as error:  # the store is locked, full or gone
        return PlainTextResponse(f"{error}\n", 503, headers=NEVER)


async def _exported(request: Request, look: Look) -> Response:
    from heatcheck.server import service

    key, until = request.path_params.get("key"), time.monotonic() + PATIENCE
    export = await anyio.to_thread.run_sync(look.export)
    while not export.whole and key not in export.maps and time.monotonic() < until:
        await anyio.sleep(looks.PAUSE)
        if service.looks().get(request.path_params["ticket"]) is not look:
            break  # its session looks at something else, and wishes for that alone
        export = await anyio.to_thread.run_sync(look.export)
    if not export.maps or (key is not None and key not in export.maps):
        return _gone("This map is not there yet.")
    if key is None:
        content = await anyio.to_thread.run_sync(exports.zipped, export)
        return Response(content, media_type="application/zip", headers=NEVER)
    content = exports.npy(export.maps[key][1])
    return Response(content, media_type="application/octet-stream", headers=NEVER)


ROUTES = [
    Route("/heatcheck/bytes/{digest}", _bytes),
    Route("/heatcheck/pictures/{digest}", _picture),
    Route("/heatcheck/looks/{ticket}", _look),
    Route("/heatcheck/looks/{ticket}/maps.zip", _maps),
    Route("/heatcheck/looks/{ticket}/maps/{key}.npy", _maps),
]
