"""A run held against rules, for a build that fails where explanations got worse."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from heatcheck.commands.files import writing
from heatcheck.commands.stores import opened, run_in
from heatcheck.core.errors import BadParameter

if TYPE_CHECKING:
    from heatcheck.answer.decisions import Decision, Held
    from heatcheck.runs.records import Run
    from heatcheck.runs.store import Store

SHUT = 1  # the exit code where a rule does not hold or cannot be told


def gate(arguments: argparse.Namespace) -> int:
    """Print what each rule comes to; 0 where all hold, 1 where one does not or cannot be told."""
    from heatcheck.answer import rules
    from heatcheck.answer.gate import decide
    from heatcheck.runs.keys import is_given

    file: Path | None = arguments.junit
    if file is not None and os.path.realpath(file) == os.path.realpath(arguments.rules):
        raise BadParameter(
            f"Expected another place for --junit than {file}. Got the file of rules, which would "
            "be overwritten. Name another file."
        )
    with opened(arguments.store) as store:
        run = run_in(store, arguments.run)
        asked = rules.read(arguments.rules, [key for key in run.spec.keyed if is_given(key)])
        before = run_in(store, arguments.baseline) if arguments.baseline is not None else None
        baseline = _held(store, before) if before else None
        decisions = decide(asked, _held(store, run), baseline)
    beside = f", baseline {before.id}" if before else ""
    print(f"run {run.id} ({run.status}) against {arguments.rules}{beside}")
    for decision in decisions:
        print(decision.line)
    print(_summary(decisions))
    if file is not None:
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(junit(decisions, run.id))
    return 0 if all(decision.outcome == "pass" for decision in decisions) else SHUT


def _held(store: Store, run: Run) -> Held:
    from heatcheck.answer.decisions import Held
    from heatcheck.judgement.scores import Scores

    return Held(run, Scores.of_run(store, run.id), store.results.findings(run.id))


def _summary(decisions: Sequence[Decision]) -> str:
    outcomes = [decision.outcome for decision in decisions]
    parts = [
        f"{words}: {count}."
        for words, count in (
            ("Do not hold", outcomes.count("FAIL")),
            ("Cannot be told", outcomes.count("unknown")),
        )
        if count
    ]
    return " ".join([f"Rules that hold: {outcomes.count('pass')} of {len(outcomes)}.", *parts])


def junit(decisions: Sequence[Decision], run: str) -> bytes:
    """The decisions as JUnit XML in UTF-8: a test suite, a test case a rule. What does not hold and
    what cannot be told are failures.
    """
    from xml.etree import ElementTree

    failed = sum(decision.outcome != "pass" for decision in decisions)
    suite = ElementTree.Element(
        "testsuite",
        name=f"heatcheck gate {run}",
        tests=str(len(decisions)),
        failures=str(failed),
        errors="0",
        skipped="0",
    )
    for decision in decisions:
        case = ElementTree.SubElement(
            suite, "testcase", classname="heatcheck.gate", name=_legal(decision.rule.words)
        )
        reason = _legal(decision.reason)
        if decision.outcome == "pass":
            ElementTree.SubElement(case, "system-out").text = reason
        else:
            failure = ElementTree.SubElement(case, "failure", type=decision.outcome, message=reason)
            failure.text = reason
    ElementTree.indent(suite)
    text: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _legal(text: str) -> str:
    """A text as XML may hold it: control characters, lone surrogates and the two last code points
    of the plane, which XML has no way to write, as readable codes.
    """
    from heatcheck.inputs.printable import printable

    return "".join(
        f"\\u{ord(letter):04x}" if letter in "\ufffe\uffff" else letter
        for letter in printable(text)
    )
