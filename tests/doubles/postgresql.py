"""A PostgreSQL server of the tests' own, from the binaries that Debian's package installs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

REQUIRED = os.environ.get("HEATCHECK_REQUIRE_POSTGRESQL") == "1"
MISSING = "no PostgreSQL found: the store was NOT tested on it (apt install postgresql)"


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`; the newest where there are several."""
    on_path = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    return Path(on_path).parent if on_path else folders[-1] if folders else None


def skip_where_missing() -> None:
    """Skip loudly where there is no PostgreSQL, or fail where it must be there."""
    if binaries() is None:
        (pytest.fail if REQUIRED else pytest.skip)(MISSING)


class Server:
    """A server on a free port of this machine, with its data in a folder; not started yet. The
    folder must be one that everybody may enter: PostgreSQL refuses to run as root.
    """

    def __init__(self, folder: Path) -> None:
        programs = binaries()
        assert programs is not None
        self._programs, self._folder, self._user = programs, folder, None
        self._data = folder / "data"
        self._data.mkdir()
        if os.getuid() == 0:
            self._user = "postgres"
            shutil.chown(self._data, self._user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        made = ["-D", self._data, "-U", "heatcheck", "-A", "trust", "-E", "UTF8", "-N"]
        subprocess.run(
            [programs / "initdb", *made], user=self._user, check=True, capture_output=True, cwd="/"
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of its first database."""
        return f"postgresql+psycopg://heatcheck@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *options],
                user=self._user,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
            )
        deadline = time.monotonic() + 60
        while not _answers(self._port):
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it at once, whoever is connected; by SIGQUIT as if it had crashed."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
        self._process = None

    def crash(self) -> None:
        """Stop it in immediate mode: it recovers at its next start."""
        self.stop(signal.SIGQUIT)


@contextmanager
def started() -> Iterator[Server]:
    """A server that may be stopped and started; it ends with the block. Its folder is none of
    pytest's, which other tests that begin close to all but their owner.
    """
    with TemporaryDirectory(prefix="heatcheck-postgresql-") as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty server on a free port of this machine; it ends with the block."""
    with started() as server:
        yield server.url


def _answers(port: int) -> bool:
    import psycopg

    try:
        psycopg.connect(f"host=127.0.0.1 port={port} user=heatcheck dbname=postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def fresh_database(server: str, name: str) -> str:
    """The URL of a new empty database on a server."""
    import psycopg

    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
    return server.rsplit("/", 1)[0] + "/" + name
