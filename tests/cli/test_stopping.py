"""Commands that end before their time: Ctrl-C, and a reader who has gone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heatcheck.runs.store import Store

STARTS = {
    "module": [sys.executable, "-P", "-m", "heatcheck.cli"],
    "script": [str(Path(sys.executable).parent / "heatcheck")],
}
SLOW = """
import time
from pathlib import Path
Path({seen!r}).touch()
time.sleep(120)
"""


def started(
    command: list[str], folder: Path, stdout: int = subprocess.PIPE, **settings: str
) -> subprocess.Popen[str]:
    """A command in a process group of its own, as a terminal starts it, its output buffered."""
    settings = {"PYTHONUNBUFFERED": "", **settings}
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "HEATCHECK_DATABASE_URL": f"sqlite:///{folder / 's.db'}", **settings},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Until a file is there."""
    deadline = time.monotonic() + 300
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("module", ["argparse", "sqlalchemy"])
def test_ctrl_c_during_an_import_ends_in_one_line(start: str, module: str, tmp_path: Path) -> None:
    """A module that never comes to its end stands before the real one on the path."""
    (tmp_path / "slow").mkdir()
    seen = tmp_path / "seen"
    (tmp_path / "slow" / f"{module}.py").write_text(SLOW.format(seen=str(seen)))
    process = started([*STARTS[start], "list"], tmp_path, PYTHONPATH=str(tmp_path / "slow"))
    wait_for(seen, process)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out, err) == (130, "", "heatcheck: stopped\n")


RUN = ["run", "--methods", "random,edges", "--metrics", "deletion,total_variation"]


@pytest.mark.parametrize("moment", ["its worker imports", "it computes"])
def test_ctrl_c_during_a_run_says_how_to_go_on_with_it(moment: str, tmp_path: Path) -> None:
    process = started([*STARTS["module"], *RUN], tmp_path)
    assert process.stdout
    first = process.stdout.readline()
    run = re.fullmatch(r"run (\w+): .*\n", first)
    assert run, process.communicate()
    if moment == "it computes":
        while "; last " not in process.stdout.readline():
            assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert err == f"heatcheck: stopped; go on with: heatcheck resume {run[1]}\n"
    assert process.returncode == 130
    assert Store(f"sqlite:///{tmp_path / 's.db'}").runs.get(run[1]).status in (
        "cancelled",
        "waiting",
    )


@pytest.mark.parametrize("words", [["list"], ["--help"], ["run", "--help"], ["--version"]])
def test_a_reader_who_has_gone_is_not_complained_about(words: list[str], tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    process = started([*STARTS["module"], *words], tmp_path, stdout=write)
    os.close(write)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (141, "")


def test_a_run_whose_reader_has_gone_stops_and_keeps_what_is_done(tmp_path: Path) -> None:
    process = started([*STARTS["module"], *RUN], tmp_path)
    assert process.stdout
    run = process.stdout.readline().split()[1].rstrip(":")
    process.stdout.close()
    assert process.stderr
    with process.stderr:
        err = process.stderr.read()
    assert (process.wait(300), err) == (141, "")
    stopped = Store(f"sqlite:///{tmp_path / 's.db'}").runs.get(run)
    assert stopped.status == "cancelled"
    assert stopped.done < stopped.total


def test_a_full_disk_under_the_output_is_said(tmp_path: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    process = started([*STARTS["module"], "list"], tmp_path, stdout=full)
    os.close(full)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (
        2,
        "heatcheck: Expected room for the output. The disk is full.\n",
    )
