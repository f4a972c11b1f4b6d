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


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The URL of an empty server on a free port of this machine; it ends with the block."""
    programs = binaries()
    assert programs is not None
    data = folder / "data"
    data.mkdir()
    user = None
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        user = "postgres"
        for path in (folder, *folder.parents):
            if path.stat().st_mode & 0o011 != 0o011:
                path.chmod(path.stat().st_mode | 0o011)
        shutil.chown(data, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = [programs / "initdb", "-D", data, "-U", "heatcheck", "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run(made, user=user, check=True, capture_output=True, cwd="/")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
    }
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *options],
            user=user,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
        try:
            deadline = time.monotonic() + 60
            while not _answers(port):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
            yield f"postgresql+psycopg://heatcheck@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # at once, whoever is connected
            process.wait(30)


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
