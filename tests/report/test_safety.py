"""The report asks nothing of any server, and text of people stays text in it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re

import pandas as pd
import pytest

from heatcheck import report
from heatcheck.report.charts import inert
from heatcheck.runs.csv_text import csv_of
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.html import Page, words
from heatcheck.tests.doubles.runs import HOSTILE, outcome

ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "header",
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "details",
    "summary",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "section",
    "article",
    "span",
    "b",
    "i",
    "q",
    "s",
    "strong",
    "div",
    "figure",
    "img",
    "figcaption",
    "script",
    "br",
    "dl",
    "dt",
    "dd",
    "pre",
    "code",
    "ul",
    "li",
    "a",
}


@pytest.fixture
def page(store: Store, run: str) -> Page:
    return Page(report.build(store, run))


def test_hostile_texts_stay_text_in_the_report_and_in_csv(store: Store, hostile_run: str) -> None:
    told = outcome(HOSTILE)
    html = report.build(store, hostile_run, [told])
    page, plain = Page(html), Page(report.build(store, hostile_run))
    assert {one["tag"] for one in page.elements} <= ALLOWED
    assert len(page.all("script")) == len(plain.all("script")) == 9
    # three that run, five charts, the heatmaps
    assert not [
        one
        for one in page.elements
        if any(key.startswith("on") or key == "srcset" for key in one["attrs"])
    ]
    assert all(
        one["attrs"]["src"].startswith("data:image/png;base64,")
        for one in page.all("img")
        if "src" in one["attrs"]
    )
    text = words(page.all("body")[0]["text"])
    for word in HOSTILE:
        assert words(word) in text, word
        assert words(word.replace("/", "∕")) in text, word  # as an image's label
    table = store.results.table(hostile_run)
    assert len(set(table["image"])) == len(HOSTILE)
    for row in csv.reader(io.StringIO(csv_of(table))):
        for cell in row:
            assert not re.match(r"[=+@\t\r]|-(?![\d.])", cell), cell
    kept = pd.read_csv(io.StringIO(csv_of(table)))
    assert kept["value"].to_numpy() == pytest.approx(
        table["value"].to_numpy(), rel=1e-15, nan_ok=True
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_a_charts_data_can_end_no_script_and_stays_the_same(words: str) -> None:
    quiet = inert(json.dumps({"name": words}, ensure_ascii=False))
    assert not set("<>&\u2028\u2029") & set(quiet)
    assert json.loads(quiet) == {"name": words}


def test_nothing_is_loaded_from_anywhere_and_only_our_scripts_may_run(
    store: Store, run: str
) -> None:
    html = report.build(store, run)
    page = Page(html)
    (policy,) = [
        one["attrs"]["content"]
        for one in page.all("meta")
        if one["attrs"].get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1]
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    running = [one["text"] for one in page.all("script") if "type" not in one["attrs"]]
    assert len(running) == 3
    for script in running:
        assert (
            f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
            in policy
        )
    assert html.count("plotly.js v") == 1
    loaded = [
        value
        for one in page.elements
        for key, value in one["attrs"].items()
        if key in ("src", "href", "data", "srcset", "poster") and one["tag"] != "a"
    ]
    assert loaded
    assert all(str(value).startswith("data:") for value in loaded)
    assert not page.all("link") + page.all("iframe") + page.all("base")
    assert "url(" not in page.all("style")[0]["text"]
