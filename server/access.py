"""Who may reach the server, and under which names: the address it listens on, the one it is known
by, and the guard that refuses everything else.

A web page of a stranger can send requests to a server on the reader's own machine, under a name of
the stranger's that leads there. So the guard takes only requests that name the server as it is
known (Host), and only from pages that it has served (Origin).
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from heatcheck.core.errors import BadParameter

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS = {"http": 80, "https": 443}
REFUSAL = (
    "Expected a request to this Heatcheck server by a name that it is known by, from a page of its "
    "own. Got another Host or Origin. Open its own address. Whoever runs it can add a name or a "
    "forwarded port: heatcheck serve --public-url http://localhost:PORT\n"
)


@dataclass(frozen=True)
class Access:
    """Where the server listens, and the address that others know it by, if any."""

    address: str = "127.0.0.1"
    port: int = 8501
    public_url: str = ""  # scheme://host, and :port where it is not the scheme's own

    @property
    def everywhere(self) -> bool:
        """Whether it listens on every address of the machine."""
        return _is(self.address, "is_unspecified")

    @property
    def names(self) -> tuple[str, ...]:
        """The names and addresses by which a browser may reach the port itself."""
        own: tuple[str, ...] = (self.address,)
        if self.everywhere:
            own = () if self.public_url else (socket.gethostname(), socket.getfqdn())
        return tuple(dict.fromkeys([*LOOPBACK, *(name.lower() for name in own)]))

    @cached_property
    def origins(self) -> frozenset[str]:
        """The pages that may ask: `scheme://host[:port]`."""
        local = [_origin("http", name, self.port) for name in self.names]
        return frozenset([*local, *([self.public_url] if self.public_url else [])])

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The Host headers that name this server."""
        origins = [urlsplit(origin) for origin in self.origins]
        with_port = [f"{_bracketed(parts.hostname)}:{_port(parts)}" for parts in origins]
        return frozenset([*with_port, *(parts.netloc for parts in origins)])

    def allows(self, host: str | None, origin: str | None) -> bool:
        """Whether a request with these headers is for this server, and from its own pages."""
        host, origin = (host or "").lower(), None if origin is None else origin.lower()
        if host in self.hosts:
            return origin is None or origin in self.origins
        if self.everywhere and not self.public_url and _is_address_with(host, self.port):
            return origin is None or urlsplit(origin).netloc == host  # a page at this very address
        return False


def asked(address: str, port: str, public_url: str | None, *, open_to_others: bool) -> Access:
    """What a person asked for on the command line.

    Raises:
        BadParameter: a port, an address or a URL that is none, that is taken, or that lets others
        in without `open_to_others`.
    """
    access = Access(
        _canonical(address.strip("[]")), _port_of(port), _public(public_url) if public_url else ""
    )
    if not is_loopback(access.address) and not open_to_others:
        raise BadParameter(
            f"Expected --open beside --address {access.address}: there is no sign-in yet, and "
            "whoever reaches the address can see and start runs. Add --open, or leave --address "
            "out."
        )
    _try(access)
    return access


def settings(access: Access) -> dict[str, str]:
    """The environment variables by which the server's pages know it."""
    return {
        "HEATCHECK_ADDRESS": access.address,
        "HEATCHECK_PORT": str(access.port),
        "HEATCHECK_PUBLIC_URL": access.public_url,
    }


def served(environment: Mapping[str, str] = os.environ) -> Access:
    """The access that `heatcheck serve` was asked for, else this machine's own browser on port
    8501.
    """
    public = environment.get("HEATCHECK_PUBLIC_URL", "")
    return Access(
        environment.get("HEATCHECK_ADDRESS") or Access.address,
        _port_of(environment.get("HEATCHECK_PORT") or str(Access.port)),
        _public(public) if public else "",
    )


def public(url: str | None) -> str:
    """The address for a link: a URL that was given, else the one the server was told, else this
    machine's. Raises BadParameter where the URL is none.
    """
    known = served()
    return _public(url) if url else known.public_url or _origin("http", LOOPBACK[0], known.port)


def is_loopback(name: str) -> bool:
    """Whether a name or address leads no further than this machine."""
    return name == "localhost" or _is(name, "is_loopback")


class Guard:
    """Refuses what does not name the server as it is known, or comes from another page: http with
    400 and a sentence, a web socket before it opens.
    """

    def __init__(self, app: ASGIApp, access: Access | None = None) -> None:
        self.app = app
        self.access = access or served()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] not in ("http", "websocket") or self._allows(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(REFUSAL, 400)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": "Host or Origin"})

    def _allows(self, scope: Scope) -> bool:
        hosts, origins = (
            [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
            for name in (b"host", b"origin")
        )
        if len(hosts) != 1 or len(origins) > 1:
            return False
        return self.access.allows(hosts[0], origins[0] if origins else None)


def _canonical(address: str) -> str:
    """An address as browsers write it; a name stays as it is."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def _port_of(port: str) -> int:
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise BadParameter(f"Expected --port between 1 and 65535. Got {port!r}. Choose another.")
    return int(port)


def _public(url: str) -> str:
    """The URL as an origin. Raises BadParameter where it is none."""
    try:
        parts = urlsplit(url.strip())
        whole = parts.scheme in PORTS and bool(parts.hostname) and parts.netloc.isascii()
        port = _port(parts) if whole else 0
    except ValueError:
        whole, port = False, 0
    extra = (parts.path.strip("/"), parts.query, parts.fragment, parts.username) if whole else ()
    if not whole or any(extra) or not port:
        raise BadParameter(
            "Expected --public-url as http://HOST or https://HOST, with :PORT where it has one "
            f"and nothing after it. Got {url!r}."
        )
    return _origin(parts.scheme, parts.hostname or "", port)


def _try(access: Access) -> None:
    """Listen once where the server will. Raises BadParameter where that cannot be."""
    family = socket.AF_INET6 if ":" in access.address else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((access.address, access.port))
    except (OSError, UnicodeError) as error:
        raise BadParameter(
            f"Expected a free --port on an --address of this machine. {access.address}, port "
            f"{access.port}: {getattr(error, 'strerror', None) or error}. Choose another."
        ) from error


def _is(name: str, what: str) -> bool:
    """Whether a name is an IP address with that property."""
    try:
        return bool(getattr(ipaddress.ip_address(name), what))
    except ValueError:
        return False


def _is_address_with(host: str, port: int) -> bool:
    """Whether a Host header is an IP address with this port: no name of a stranger's is one."""
    try:
        parts = urlsplit(f"//{host}")
        ipaddress.ip_address(parts.hostname or "")
        origin = _origin("http", parts.hostname or "", port)
        return host in (f"{_bracketed(parts.hostname)}:{port}", urlsplit(origin).netloc)
    except ValueError:
        return False


def _bracketed(name: str | None) -> str:
    return f"[{name}]" if name and ":" in name else name or ""


def _origin(scheme: str, name: str, port: int) -> str:
    end = "" if port == PORTS[scheme] else f":{port}"
    return f"{scheme}://{_bracketed(name.lower())}{end}"


def _port(parts: SplitResult) -> int:
    return PORTS[parts.scheme] if parts.port is None else parts.port
