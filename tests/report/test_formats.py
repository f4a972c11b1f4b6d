"""Which format a report gets, and the command line that asks for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heatcheck import cli
from heatcheck.core.errors import BadParameter, UnknownName
from heatcheck.report.formats import FORMATS, chosen
from heatcheck.runs.store import Store


@pytest.mark.parametrize(
    ("name", "out", "format"),
    [
        (None, None, "html"),
        (None, "a.html", "html"),
        (None, "a.HTM", "html"),
        (None, "a.md", "md"),
        (None, "a.json", "json"),
        (None, "a.pdf", "pdf"),
        (None, "report", "html"),
        ("json", None, "json"),
        ("json", "a.txt", "json"),
        ("card", "a.md", "card"),
        ("html", "report", "html"),
    ],
)
def test_the_ending_decides_where_no_format_is_named(
    name: str | None, out: str | None, format: str
) -> None:
    assert chosen(name, Path(out) if out else None).name == format


@pytest.mark.parametrize(
    ("name", "out"), [("pdf", "a.html"), ("html", "a.md"), ("card", "a.json"), (None, "a.txt")]
)
def test_a_contradiction_and_an_unknown_ending_are_refused(name: str | None, out: str) -> None:
    with pytest.raises(BadParameter, match="--format"):
        chosen(name, Path(out))


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'html'"):
        chosen("htm", None)


@pytest.mark.parametrize("name", ["md", "json", "card", "html"])
def test_the_command_writes_each_format(
    store: Store,
    run: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report", run, "--store", store.url, "--format", name]) == 0
    path = tmp_path / f"heatcheck-{run[:6]}{FORMATS[name].endings[0]}"
    assert f"wrote {path.name}" in capsys.readouterr().out
    beginning = {"html": "<!doctype", "md": "# Which", "card": "## Attribution", "json": "{"}[name]
    assert path.read_text().startswith(beginning)
    if name == "json":
        assert json.loads(path.read_text())["run"]["id"] == run


def test_a_contradiction_on_the_command_line_writes_nothing(
    store: Store, run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.html"
    assert cli.main(["report", run, "--store", store.url, "--format", "md", "--out", str(out)]) == 2
    assert "to agree" in capsys.readouterr().err
    assert not out.exists()
