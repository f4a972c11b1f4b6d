"""The command `gate`: exit codes, lines and JUnit XML on runs in a store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from heatcheck import cli
from heatcheck.answer.decisions import Decision
from heatcheck.answer.rules import CHECKS, FewFailures, Finished, NoneBelowRandom
from heatcheck.attribution import Method
from heatcheck.commands.gate import junit
from heatcheck.inputs.images import Image
from heatcheck.metrics import Metric
from heatcheck.runs.schema import images_table
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.held import check_words
from heatcheck.tests.doubles.runs import fill, put_in_state
from heatcheck.tests.doubles.tree import ROOT

GAINS = ("_placement", "_exchange", "_model", "_class")
HOLDS = '[[rule]]\ncheck = "failures"\nat_most = 0\n'
FAILS = '[[rule]]\ncheck = "evidence"\nmethod = "vanilla_gradients"\n'
UNKNOWN = '[[rule]]\ncheck = "no method below random"\nmetrics = ["road"]\n'


def telling(place: int, method: Method, metric: Metric) -> float:
    """Grad-CAM and SmoothGrad show evidence, and what stays the same is noisy."""
    gain = {"smoothgrad": 0.5, "grad_cam": 0.6}.get(method.name, 0.0)
    if metric.name.endswith(GAINS):
        return gain
    return {"deletion": 0.5 - gain / 2, "insertion": 0.3 + gain / 2}.get(metric.name, 0.5)


def worse(place: int, method: Method, metric: Metric) -> float:
    """The same run, in which Grad-CAM has lost its evidence and no map is noisy."""
    if metric.name == "repeatability":
        return 1.0
    good = method.name != "grad_cam" or not metric.name.endswith(GAINS)
    return telling(place, method, metric) if good else 0.0


@pytest.fixture(scope="module")
def kept(
    tmp_path_factory: pytest.TempPathFactory, photographs: list[Image]
) -> Iterator[tuple[Store, str, str]]:
    """A store with a run that tells much, and one after it that is worse."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('gate') / 'store.db'}")
    yield (
        store,
        fill(store, photographs, planted=telling),
        fill(store, photographs, planted=worse, seed=1),
    )
    store.engine.dispose()


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.toml"
    file.write_text(HOLDS)
    return file


def gate(store: Store, capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str]]:
    """The exit code and the lines of a gate."""
    code = cli.main(["gate", *map(str, words), "--store", store.url])
    out, err = capsys.readouterr()
    assert err == ""
    for line in out.splitlines()[1:-1]:
        check_words(line)
    return code, out.splitlines()


def example() -> str:
    """The rules that the docs show."""
    (block,) = re.findall(
        r"^```toml\n(.*?)^```", (ROOT / "docs" / "command-line.md").read_text(), re.M | re.S
    )
    return block


def test_the_rules_in_the_docs_hold_on_a_run_that_is_as_they_ask(
    kept: tuple[Store, str, str], rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, run, _ = kept
    rules.write_text(example())
    code, lines = gate(store, capsys, run, rules, "--baseline", run)
    assert code == 0, lines
    assert lines[0] == f"run {run} (finished) against {rules}, baseline {run}"
    assert [line.split()[0] for line in lines[1:-1]] == ["pass"] * 8
    assert lines[-1] == "Rules that hold: 8 of 8."


def test_the_docs_name_every_check_and_every_key() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    for check, (_, keys) in CHECKS.items():
        assert f"| `{check}` |" in page
        assert all(re.search(rf"\b{key}\b", page) for key in keys)


def test_a_run_that_got_worse_shuts_the_gate(
    kept: tuple[Store, str, str], rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, before, run = kept
    rules.write_text(example())
    code, lines = gate(store, capsys, run, rules, "--baseline", before)
    assert code == 1
    told = {line.split()[0] for line in lines[1:-1]}
    assert told == {"pass", "FAIL"}
    turned = next(line for line in lines if "No verdict turned" in line)
    assert turned.startswith("FAIL     No verdict turned and no method lost evidence. ")
    assert "“Noisy” turned from confirmed to refuted." in turned
    assert "Grad-CAM had evidence of this picture. Now it is not shown" in turned
    assert lines[-1] == "Rules that hold: 5 of 8. Do not hold: 3."


@pytest.mark.parametrize(
    ("text", "code", "outcomes", "rest"),
    [
        (HOLDS, 0, ["pass", "pass"], "2 of 2."),
        ('[[rule]]\ncheck = "finished"', 0, ["pass"], "1 of 1."),
        (HOLDS + FAILS, 1, ["pass", "pass", "FAIL"], "2 of 3. Do not hold: 1."),
        (HOLDS + UNKNOWN, 1, ["pass", "pass", "unknown"], "2 of 3. Cannot be told: 1."),
    ],
)
def test_the_gate_is_open_only_where_all_rules_hold(
    text: str,
    code: int,
    outcomes: list[str],
    rest: str,
    kept: tuple[Store, str, str],
    rules: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store, run, _ = kept
    rules.write_text(text)
    ended, lines = gate(store, capsys, run[:6], rules)
    assert (ended, [line.split()[0] for line in lines[1:-1]]) == (code, outcomes)
    assert lines[-1] == f"Rules that hold: {rest}"


def test_a_run_that_is_not_finished_shuts_the_gate(
    store: Store, photographs: list[Image], rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fill(store, photographs, images=3)
    put_in_state(store, run, "interrupted")
    code, lines = gate(store, capsys, run, rules)
    assert code == 1
    assert lines[1].startswith(
        "FAIL     The run is finished. It is interrupted, with 21 of 280 steps."
    )
    assert lines[1].endswith(f"Go on with: heatcheck resume {run}")


def test_of_a_model_that_guesses_no_evidence_passes(
    store: Store, photographs: list[Image], rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fill(store, photographs, planted=telling)
    with store.database.writing() as connection:
        for place, photo in enumerate(photographs):
            where = images_table.c.image == photo.name
            connection.execute(images_table.update().where(where).values(label=3 + place % 2))
    rules.write_text(FAILS.replace("vanilla_gradients", "grad_cam"))
    code, lines = gate(store, capsys, run, rules)
    assert code == 1
    assert lines[2].startswith("unknown  Grad-CAM shows evidence")
    assert "the model is not shown to know these images" in lines[2]


def test_failed_scores_shut_the_gate(
    store: Store, photographs: list[Image], rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fill(store, photographs, images=3, error="planted <b>")
    code, lines = gate(store, capsys, run, rules)
    assert code == 1
    assert re.search(r"^FAIL     At most 0 scores failed\. Failed scores: \d+, \d+ of ", lines[2])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("{run} {rules}.none", "Expected a file of rules at"),
        ("zzz {rules}", "Expected the name of a run. Got 'zzz'."),
        ("{run} {rules} --baseline zzz", "Expected the name of a run. Got 'zzz'."),
        ("{run} {rules} --baseline {run}", "Expected a rule “no verdict turned”"),
        ("{run} {folder}/turned.toml", "Expected a baseline for the rule “no verdict turned”."),
        ("{run} {folder}/wrong.toml", "Got 'failure'. Did you mean 'failures'?"),
        ("{run} {rules} --junit {rules}", "Expected another place for --junit than"),
        ("{run} {rules} --junit {folder}", "Expected to write"),
    ],
)
def test_input_that_cannot_be_right_ends_with_2(
    words: str,
    told: str,
    kept: tuple[Store, str, str],
    rules: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store, run, _ = kept
    folder = rules.parent
    (folder / "turned.toml").write_text('[[rule]]\ncheck = "no verdict turned"')
    (folder / "wrong.toml").write_text('[[rule]]\ncheck = "failure"')
    line = [word.format(run=run, rules=rules, folder=folder) for word in words.split()]
    assert cli.main(["gate", *line, "--store", store.url]) == 2
    said = capsys.readouterr().err
    assert said.startswith("heatcheck: Expected ")
    assert told in said
    assert rules.read_text() == HOLDS


# -- JUnit -----------------------------------------------------------------------------------------


def test_junit_has_a_case_for_each_rule_and_the_reasons_of_what_does_not_hold(
    kept: tuple[Store, str, str], rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, run, _ = kept
    rules.write_text(HOLDS + FAILS + UNKNOWN)
    file = rules.parent / "new" / "gate.xml"
    code, lines = gate(store, capsys, run, rules, "--junit", file)
    assert code == 1
    suite = ElementTree.fromstring(file.read_bytes())
    assert suite.tag == "testsuite"
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "errors")} == {
        "name": f"heatcheck gate {run}",
        "tests": "4",
        "failures": "2",
        "errors": "0",
    }
    cases = suite.findall("testcase")
    outcomes = []
    for case, line in zip(cases, lines[1:-1], strict=True):
        failure = case.find("failure")
        outcomes.append("pass" if failure is None else failure.get("type"))
        reason = case.findtext("system-out") if failure is None else failure.get("message")
        assert line == f"{outcomes[-1]:<7}  {case.get('name')}. {reason}"
    assert outcomes == ["pass", "pass", "FAIL", "unknown"]


def test_junit_is_whole_xml_whatever_a_reason_holds() -> None:
    hostile = 'a <b> & "c" ]]> \x00\x1b[2J \ud800 \ufffe \uffff é漢🦊'
    decisions = [
        Decision(Finished(), "FAIL", hostile),
        Decision(NoneBelowRandom(), "unknown", hostile),
        Decision(FewFailures(0), "pass", hostile),
    ]
    suite = ElementTree.fromstring(junit(decisions, "0123"))
    plain = 'a <b> & "c" ]]> \\x00\\x1b[2J \\ud800 \\ufffe \\uffff é漢🦊'
    failures = suite.findall("testcase/failure")
    assert [failure.get("message") for failure in failures] == [plain, plain]
    assert [failure.text for failure in failures] == [plain, plain]
    assert suite.findtext("testcase/system-out") == plain
    assert suite.get("failures") == "2"
