"""The report as PDF, by a real Chromium where there is one; and what is said where there is
none.
"""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from heatcheck import cli
from heatcheck.core.errors import BadParameter
from heatcheck.report import printing
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS

PAGE = "<!doctype html><title>t</title><p>one page</p>"


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


@pytest.mark.parametrize("mark", [pytest.param(None, marks=MARKS)])
def test_a_report_is_printed_with_its_charts(
    store: Store, run: str, tmp_path: Path, mark: None
) -> None:
    out = tmp_path / "r.pdf"
    assert cli.main(["report", run, "--store", store.url, "--out", str(out)]) == 0
    pdf = out.read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 3


def test_without_a_chromium_it_says_what_to_do(
    store: Store,
    run: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(printing.VARIABLE, raising=False)
    out = tmp_path / "r.pdf"
    assert cli.main(["report", run, "--store", store.url, "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "Expected a Chromium to print with. Got none." in said
    assert "--format html" in said
    assert not out.exists()


@pytest.mark.parametrize("name", printing.NAMES)
def test_it_is_found_by_its_names_and_a_named_one_goes_first(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(printing.VARIABLE, raising=False)
    assert printing.chromium() is None
    path = program(tmp_path / name, "exit 0")
    assert printing.chromium() == path
    other = program(tmp_path / "my browser", "exit 0")
    monkeypatch.setenv(printing.VARIABLE, other)
    assert printing.chromium() == other
    monkeypatch.setenv(printing.VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(BadParameter, match=r"HEATCHECK_CHROMIUM=.*gone, which is no program"):
        printing.printed(PAGE)


def test_a_chromium_that_prints_nothing_or_never_ends_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        printing.VARIABLE, program(tmp_path / "fails", "echo no display >&2; exit 3")
    )
    with pytest.raises(BadParameter, match=r"Got none \(exit 3\)\. no display"):
        printing.printed(PAGE)
    monkeypatch.setenv(printing.VARIABLE, program(tmp_path / "hangs", "exec sleep 60"))
    with pytest.raises(BadParameter, match=r"within 0\.2 seconds"):
        printing.printed(PAGE, limit=0.2)
    bad = tmp_path / "bad"
    bad.write_bytes(b"\x7fELF nothing")
    bad.chmod(0o755)
    monkeypatch.setenv(printing.VARIABLE, str(bad))
    with pytest.raises(BadParameter, match="Expected to start"):
        printing.printed(PAGE)


@pytest.mark.parametrize("user", [0, 1000])
def test_the_sandbox_is_off_for_root_alone(
    user: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        f'echo "$@" > {tmp_path}/said\n'
        'for one in "$@"; do case "$one" in --print-to-pdf=*) echo x > "${one#*=}";; esac; done'
    )
    monkeypatch.setenv(printing.VARIABLE, program(tmp_path / "prints", script))
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert printing.printed(PAGE) == b"x\n"
    assert ("--no-sandbox" in (tmp_path / "said").read_text()) == (user == 0)
