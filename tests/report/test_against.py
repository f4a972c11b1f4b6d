"""Two runs in one report: as HTML, Markdown and JSON, with the same numbers in each."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from heatcheck import cli
from heatcheck.inputs.images import Image
from heatcheck.judgement.phrases import interval, title_of
from heatcheck.judgement.statistics import estimate
from heatcheck.report import against, document
from heatcheck.report.subject import Subject
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.html import Page, words
from heatcheck.tests.doubles.runs import fill
from heatcheck.tests.report.test_markdown import read, tables


@pytest.fixture
def earlier(store: Store, photographs: list[Image]) -> str:
    """The same question with another seed, and planted scores."""
    return fill(store, photographs, seed=3)


@pytest.fixture
def both(store: Store, run: str, earlier: str) -> tuple[Subject, Subject]:
    return Subject.of(store, run), Subject.of(store, earlier)


def test_every_difference_is_the_tables_in_every_format(
    store: Store, both: tuple[Subject, Subject]
) -> None:
    now, then = both
    made = json.loads(against.text(now, then))
    jsonschema.Draft202012Validator(document.schema()).validate(made)
    shown = Page(against.html(now, then))
    printed = words("".join(one["text"] for one in shown.all("td")))
    written = {row[0]: row for one in tables(read(against.markdown(now, then))) for row in one}
    seen = 0
    for pair in made["methods"]:
        for one in pair["metrics"]:
            old, new = (
                frame[
                    (frame["metric"] == one["metric"]) & (frame["method"] == pair["then"])
                ].set_index("image")["value"]
                for frame in (store.results.table(side.run.id) for side in (then, now))
            )
            lead = (new - old).dropna().to_numpy()
            got = one["difference"]
            if one["why_not"]:
                continue
            assert (got["mean"], got["n"]) == (pytest.approx(lead.mean()), len(lead))
            mean = estimate(lead)
            assert interval(mean) in printed
            assert one["how"] == "paired"
            seen += 1
    assert seen
    assert written["Repeatability ↑"][3].endswith(("n = 8", "paired"))
    assert made["headline"] in words(shown.all("header")[0]["text"])


def test_other_weights_are_another_model_and_unknown_ones_are_not(
    both: tuple[Subject, Subject],
) -> None:
    now, then = both
    assert against.compared(now, then).same_model  # the planted run has no provenance
    known = {"weights_sha256": "one"}
    apart = [
        replace(side, run=replace(side.run, provenance={"weights_sha256": weights}))
        for side, weights in ((now, "one"), (then, "another"))
    ]
    assert not against.compared(*apart).same_model
    same = [replace(side, run=replace(side.run, provenance=known)) for side in both]
    assert against.compared(*same).same_model


def test_evidence_then_and_now_stands_in_words(both: tuple[Subject, Subject]) -> None:
    now, then = both
    rows = [row for one in tables(read(against.markdown(now, then))) for row in one]
    marks = [row[1:3] for row in rows if row[0] == "Evidence of this picture"]
    assert marks == [
        [side.summary.evidence.of(key, "picture").mark for side in (then, now)]
        for key in now.summary.evidence.methods
    ]


def test_a_page_of_two_runs_needs_no_script(both: tuple[Subject, Subject]) -> None:
    page = Page(against.html(*both))
    assert not page.all("script")
    (policy,) = [
        one["attrs"]["content"]
        for one in page.all("meta")
        if one["attrs"].get("http-equiv") == "Content-Security-Policy"
    ]
    assert "script-src 'none'" in policy
    text = words(page.all("body")[0]["text"])
    for pair in against.compared(*both).methods:
        assert title_of(pair.now) in text


@pytest.mark.parametrize("ending", ["html", "md", "json"])
def test_the_command_writes_each_format(
    store: Store, run: str, earlier: str, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"r.{ending}"
    words = ["report", run, "--against", earlier, "--store", store.url, "--out", str(out)]
    assert cli.main(words) == 0
    assert earlier[:6] in out.read_text()


def test_one_run_twice_a_card_and_no_common_method_are_refused(
    store: Store, run: str, earlier: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["report", run, "--store", store.url, "--against"]
    assert cli.main([*asked, run]) == 2
    assert "Expected two runs" in capsys.readouterr().err
    assert cli.main([*asked, earlier, "--format", "card"]) == 2
    assert "tells of one run" in capsys.readouterr().err


def test_hostile_texts_stay_text(store: Store, hostile_run: str, photographs: list[Image]) -> None:
    now, then = Subject.of(store, hostile_run), Subject.of(store, fill(store, photographs))
    page = Page(against.html(now, then))
    assert not page.all("script") + page.all("img")
    assert {one["tag"] for one in read(against.markdown(now, then)).elements}.isdisjoint(
        {"script", "img", "a", "em"}
    )
