"""Who may reach the server: what is asked for, and what the guard lets through, over http and over
web sockets, in itself and before a real server.
"""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from heatcheck.core.errors import BadParameter
from heatcheck.server import access
from heatcheck.server.access import Access, Guard
from heatcheck.tests.doubles.browsing import server

HERE = Access(port=8501)
PUBLIC = Access(port=8501, public_url="https://heat.example")
EVERYWHERE = Access("0.0.0.0", 8501)
LAN = Access("192.168.7.5", 8501)

# access, Host, Origin
LET_IN: list[tuple[Access, str, str | None]] = [
    (HERE, "127.0.0.1:8501", None),
    (HERE, "127.0.0.1:8501", "http://127.0.0.1:8501"),
    (HERE, "LocalHost:8501", "http://localhost:8501"),
    (HERE, "[::1]:8501", "http://[::1]:8501"),
    (HERE, "127.0.0.1:8501", "http://localhost:8501"),  # one server by two of its names
    (PUBLIC, "heat.example", "https://heat.example"),
    (PUBLIC, "heat.example:443", "https://heat.example"),
    (PUBLIC, "127.0.0.1:8501", "https://heat.example"),  # a proxy that names its backend
    (PUBLIC, "127.0.0.1:8501", None),
    (Access(port=80), "127.0.0.1", "http://127.0.0.1"),
    (LAN, "192.168.7.5:8501", "http://192.168.7.5:8501"),
    (EVERYWHERE, "10.1.2.3:8501", "http://10.1.2.3:8501"),
    (EVERYWHERE, "[fe80::1]:8501", None),
    (EVERYWHERE, f"{socket.gethostname()}:8501", f"http://{socket.gethostname()}:8501"),
    (EVERYWHERE, "localhost:8501", "http://localhost:8501"),
]
REFUSED: list[tuple[Access, str, str | None]] = [
    (HERE, "evil.example", "http://evil.example"),
    (HERE, "evil.example:8501", "http://evil.example:8501"),
    (HERE, "127.0.0.1:8501", "http://evil.example"),
    (HERE, "127.0.0.1:8501", "http://127.0.0.1:9999"),  # another server on this machine
    (HERE, "127.0.0.1:9999", "http://127.0.0.1:9999"),
    (HERE, "127.0.0.1:8501", "https://127.0.0.1:8501"),
    (HERE, "127.0.0.1:8501", "null"),
    (HERE, "127.0.0.1:8501", ""),
    (HERE, "127.0.0.1", None),
    (HERE, "", None),
    (HERE, "127.0.0.1:8501.evil.example", None),
    (HERE, "localhost.evil.example:8501", None),
    (HERE, "user@127.0.0.1:8501", None),
    (HERE, "10.1.2.3:8501", None),
    (HERE, "192.168.7.5:8501", None),
    (PUBLIC, "heat.example:8501", None),
    (PUBLIC, "heat.example", "http://heat.example"),
    (PUBLIC, "sub.heat.example", "https://sub.heat.example"),
    (EVERYWHERE, "evil.example:8501", "http://evil.example:8501"),
    (EVERYWHERE, "10.1.2.3:8501", "http://10.9.9.9:8501"),  # a stranger's page at another address
    (EVERYWHERE, "10.1.2.3:9999", None),
    (EVERYWHERE, "10.1.2.3", None),
    (Access("0.0.0.0", 8501, "https://heat.example"), "10.1.2.3:8501", None),
]


def guarded(known: Access) -> TestClient:
    """A server behind the guard that answers every request."""

    async def page(request: object) -> PlainTextResponse:
        return PlainTextResponse("inside")

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("inside")
        await socket.close()

    routes = [Route("/{path:path}", page), WebSocketRoute("/stream", stream)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Guard, access=known)]))


def headers(host: str, origin: str | None) -> dict[str, str]:
    return {"host": host, **({} if origin is None else {"origin": origin})}


@pytest.mark.parametrize(("known", "host", "origin"), LET_IN)
def test_its_own_names_and_pages_come_in(known: Access, host: str, origin: str | None) -> None:
    with guarded(known) as client:
        assert client.get("/", headers=headers(host, origin)).text == "inside"
        with client.websocket_connect("/stream", headers=headers(host, origin)) as stream:
            assert stream.receive_text() == "inside"


@pytest.mark.parametrize(("known", "host", "origin"), REFUSED)
def test_other_names_and_other_pages_stay_out(known: Access, host: str, origin: str | None) -> None:
    with guarded(known) as client:
        answer = client.get("/", headers=headers(host, origin))
        assert answer.status_code == 400
        assert answer.text.startswith("Expected a request to this Heatcheck server by a name")
        with (
            pytest.raises(WebSocketDisconnect) as refused,
            client.websocket_connect("/stream", headers=headers(host, origin)),
        ):
            pass
        assert refused.value.code == 1008


def test_two_hosts_or_two_origins_are_refused() -> None:
    host, origin = ("host", "127.0.0.1:8501"), ("origin", "http://127.0.0.1:8501")
    with guarded(HERE) as client:
        assert client.get("/", headers=[host, origin]).status_code == 200
        assert client.get("/", headers=[host, host]).status_code == 400
        assert client.get("/", headers=[host, origin, origin]).status_code == 400


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("guarded")) as url:
        yield url


def status(url: str, path: str, host: str, origin: str, *, upgrade: bool) -> int:
    """The status that a server answers to a request written by hand."""
    where = urlsplit(url)
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Origin: {origin}"]
    key = base64.b64encode(os.urandom(16)).decode()
    lines += (
        [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Protocol: streamlit",
        ]
        if upgrade
        else ["Connection: close"]
    )
    with socket.create_connection((where.hostname, where.port), timeout=60) as line:
        line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(line.recv(64).split()[1])


def test_a_real_server_opens_its_pages_and_its_web_socket_to_its_own_names_alone(
    dashboard: str,
) -> None:
    own = urlsplit(dashboard)
    good = (own.netloc, dashboard)
    local = (f"localhost:{own.port}", f"http://localhost:{own.port}")
    for host, origin in (good, local):
        assert status(dashboard, "/", host, origin, upgrade=False) == 200
        assert status(dashboard, "/_stcore/stream", host, origin, upgrade=True) == 101
    for host, origin in (
        ("evil.example", "http://evil.example"),
        (f"evil.example:{own.port}", f"http://evil.example:{own.port}"),
        (own.netloc, "http://evil.example"),
        (own.netloc, "http://127.0.0.1:9"),
        (own.netloc, "http://localhost:9"),
        ("127.0.0.1:9", "http://127.0.0.1:9"),
    ):
        assert status(dashboard, "/", host, origin, upgrade=False) == 400, (host, origin)
        assert status(dashboard, "/_stcore/stream", host, origin, upgrade=True) == 403


# -- what is asked for -----------------------------------------------------------------------------


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.parametrize("port", ["99999", "0", "-1", "text", "", "8501.0", "٣", "65536"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    with pytest.raises(BadParameter, match="Expected --port between 1 and 65535"):
        access.asked("127.0.0.1", port, None, open_to_others=False)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.7.5", "heat.example"])
def test_an_address_beyond_this_machine_asks_for_open(address: str) -> None:
    with pytest.raises(BadParameter, match="Expected --open beside --address"):
        access.asked(address, free_port(), None, open_to_others=False)


def test_what_was_asked_for_is_what_the_pages_read() -> None:
    port = free_port()
    for address, public, others in (
        ("127.0.0.1", None, False),
        ("localhost", "https://Heat.example/", False),
        ("0.0.0.0", "http://heat.example:8080", True),
    ):
        known = access.asked(address, port, public, open_to_others=others)
        assert access.served(access.settings(known)) == known
    assert known.public_url == "http://heat.example:8080"
    assert access.served({}) == Access()


@pytest.mark.parametrize(
    "url",
    [
        "heat.example",
        "ftp://heat.example",
        "http://",
        "https://heat.example/below",
        "https://heat.example?seat=1",
        "https://me@heat.example",
        "https://heat.example:99999",
        "https://heat.example:0",
        "https://[::1",
        "https://héat.example",
    ],
)
def test_a_public_url_that_is_none_is_told(url: str) -> None:
    with pytest.raises(BadParameter, match="Expected --public-url as http"):
        access.asked("127.0.0.1", free_port(), url, open_to_others=False)


def test_a_taken_port_and_an_address_of_another_machine_are_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BadParameter, match="free --port"):
            access.asked("127.0.0.1", str(taken.getsockname()[1]), None, open_to_others=False)
    with pytest.raises(BadParameter, match="an --address of this machine"):
        access.asked("198.51.100.7", free_port(), None, open_to_others=True)
    with pytest.raises(BadParameter, match="an --address of this machine"):
        access.asked("no such name", free_port(), None, open_to_others=True)


def test_serve_says_a_sentence_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from heatcheck import cli

    assert cli.main(["serve", "--address", "0.0.0.0"]) == 2
    assert capsys.readouterr().err.startswith("heatcheck: Expected --open")
    for port in ("99999", "0", "x"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["serve", "--port", port])
        assert ended.value.code == 2
        assert "--port" in capsys.readouterr().err
