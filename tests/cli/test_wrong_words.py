"""Wrong command lines: each ends with 2 and a sentence, none with a traceback, nothing is made."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from heatcheck import cli
from heatcheck.runs import specs
from heatcheck.runs.store import Store

LONG = "f" * 100_000


def told(line: str | list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code of a command line and what it says on stderr."""
    try:
        code: object = cli.main(shlex.split(line) if isinstance(line, str) else line)
    except SystemExit as end:  # from the parser
        code = end.code
    assert isinstance(code, int)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("run --methods ''", "Expected names after --methods, commas between. Got none in ''"),
        ("run --methods '' --metrics ,", "Expected names after --methods"),
        ("run --metrics ' , '", "Expected names after --metrics"),
        ("run --only ,", "Expected names after --only"),
        ("run --only nobody", "Expected the name of an image. Got 'nobody'"),
        ("run --images ''", "Got an empty name"),
        ("run --classifier ''", "Expected the name of a classifier"),
        ("run --points -5", "between 2 and 225. Got -5"),
        ("run --points ²", "points to be int or 'adaptive' or 'all'"),
        ("run --points 1.5", "points to be int or 'adaptive' or 'all'"),
        ("run --points many --metrics runtime", "points to be int or 'adaptive' or 'all'"),
        ("run --seed 1e3", "expected a whole number. Got '1e3'"),
        ("run --seed -1", "Expected the seed to be a whole number from 0 to"),
        (f"run --seed {2**63}", "Expected the seed to be a whole number from 0 to"),
        (f"run --seed {'9' * 5000}", "expected a whole number. Got '9999"),
        ("run --size 3.5 --classifier timm:resnet18", "comma between. Got '3.5'"),
        ("run --size 64,128,3 --classifier timm:resnet18", "Expected one size, or a height and"),
        ("run --size 0 --classifier timm:resnet18", "Expected a size of at least 1 pixel"),
        ("run --weights w.pth", "Expected --classifier timm:NAME or torchvision:NAME"),
        (f"run --classifier {LONG}", "Expected a classifier's name of at most 256"),
        (f"run --methods {LONG}", "Expected the name of a method"),
        (f"run {LONG}", "It cannot be read (File name too long)"),
        ("serve --port 99999", "expected a port from 1 to 65535. Got 99999"),
        ("serve --port 0", "expected a port from 1 to 65535. Got 0"),
        ("serve --port -1", "expected a port from 1 to 65535. Got -1"),
        ("serve --port http", "expected a whole number. Got 'http'"),
        ("serve --images /nowhere", "which is not a folder"),
        ("delete abc", "Expected the name of a run"),
        ("show ''", "Expected the name of a run"),
        ("show 100%", "Expected the name of a run. Got '100%'"),
        ("list --store ''", "Expected the URL of a database after --store"),
        ("serve --store ' '", "Expected the URL of a database after --store"),
    ],
)
def test_what_cannot_be_right_is_refused_in_a_sentence(
    line: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEATCHECK_DATABASE_URL", f"sqlite:///{tmp_path / 'e.db'}")
    code, said = told(line, capsys)
    assert code == 2
    assert words in said
    assert len(said) < 3000
    if (tmp_path / "e.db").exists():
        assert Store(f"sqlite:///{tmp_path / 'e.db'}").runs.all() == []


@pytest.mark.parametrize(
    "verb", ["resume", "verify", "cancel", "show", "export", "report", "delete"]
)
@pytest.mark.parametrize("run", [LONG, "\udcff\udcfe", "%", "\x1b[2J", "DROP TABLE runs;--"])
def test_no_word_in_place_of_a_run_breaks_a_command(
    verb: str, run: str, capsys: pytest.CaptureFixture[str], store: Store
) -> None:
    if verb == "export":
        code, said = told([verb, run, "--csv", "x.csv", "--store", store.url], capsys)
    else:
        code, said = told([verb, run, "--store", store.url], capsys)
    assert code == 2
    assert said.startswith("heatcheck: Expected the name of a run. Got ")
    assert len(said) < 300
    assert said.rstrip("\n").isprintable()


@pytest.mark.parametrize("option", ["weights", "labels", "mean", "std", "size", "only", "seed"])
def test_a_spec_file_and_an_option_are_one_too_many(
    option: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, store: Store
) -> None:
    (tmp_path / "spec.json").write_text("{}")
    code, said = told(
        ["run", str(tmp_path / "spec.json"), f"--{option}", "224", "--store", store.url], capsys
    )
    assert code == 2
    assert f"Got both: {tmp_path / 'spec.json'} and --{option}." in said


SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "nonsense",
        f"postgres//me:{SECRET}@host/db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?uri=true",
        "sqlite:////nowhere/at/all/x.db",
        "sqlite:////proc",
        "sqlite:///~nobody-here/x.db",
        "sqlite:////dev/null/x.db",
        f"sqlite:////{LONG}.db",
        f"nodialect://me:{SECRET}@host/db",
        f"postgresql+nodriver://me:{SECRET}@host/db",
        f"postgresql://me:{SECRET}@host:port/db",
        f"postgresql://me:{SECRET}@localhost:1/db",
        f"mysql://me:{SECRET}@localhost:1/db",
        f"oracle://me:{SECRET}@localhost:1/db",
    ],
)
@pytest.mark.parametrize("verb", ["list", "serve", "doctor"])
def test_a_store_that_cannot_be_is_explained_without_its_password(
    url: str, verb: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    try:
        code: object = cli.main([verb, "--store", url])
    except SystemExit as end:
        code = end.code
    out, err = capfd.readouterr()
    assert code == 2
    assert "Traceback" not in err
    assert "Expected" in err + out
    assert SECRET not in out + err + caplog.text


def test_exports_go_where_they_can_be_written_each_to_its_own_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, store: Store
) -> None:
    run = store.runs.open(specs.ask(methods=["random"], metrics=["total_variation"]))
    common = ["export", run, "--store", store.url]
    (tmp_path / "file").write_text("kept")
    for option, place in (
        ("--csv", tmp_path),
        ("--json", tmp_path),
        ("--curves", tmp_path),
        ("--maps", tmp_path / "file"),
        ("--csv", tmp_path / "file" / "below.csv"),
        ("--csv", tmp_path / ("x" * 300)),
    ):
        code, said = told([*common, option, str(place)], capsys)
        assert code == 2
        assert said.startswith("heatcheck: Expected to write ")
    code, said = told([*common, "--csv", "same", "--json", f"{Path.cwd()}/same"], capsys)
    assert code == 2
    assert "Expected another place for each of --csv, --json" in said
    assert (tmp_path / "file").read_text() == "kept"
    assert not Path("same").exists()
