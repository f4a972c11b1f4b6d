"""The report read back: its numbers against the table by an independent way, its texts against what
was given, its requests: none.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

from heatcheck import report
from heatcheck.answer import glossary
from heatcheck.answer.summary import Summary
from heatcheck.core.errors import RunProblem
from heatcheck.judgement.claims import CLAIMS
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.model_check import ModelCheck
from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import standings
from heatcheck.judgement.verdicts import judge
from heatcheck.metrics import METRICS
from heatcheck.metrics.repeatability import SCALES
from heatcheck.report.build import FATE_WORDS
from heatcheck.runs import specs
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.html import Page, words
from heatcheck.tests.doubles.interval import halls
from heatcheck.tests.doubles.runs import drop_scores, outcome, put_in_state


def three(number: float) -> str:
    """Three significant digits, written another way than the product does."""
    rounded = float(f"{number:.2e}")
    if rounded == 0:
        return "0"
    if abs(rounded) < 1e-4:
        return "<0.0001" if rounded > 0 else ">-0.0001"
    whole = (
        len(str(int(abs(rounded))))
        if abs(rounded) >= 1
        else -(
            len(f"{abs(rounded):.12f}".split(".")[1])
            - len(f"{abs(rounded):.12f}".split(".")[1].lstrip("0"))
        )
    )
    return f"{rounded:,.{max(0, 3 - whole)}f}"


def expected(sample: np.ndarray, metric: str) -> str:
    """Mean and interval, within what the metric can be; of a time the passes instead."""
    if metric == "runtime":
        return f"{three(float(np.exp(np.log(sample).mean())))} 1 + 1 passes"
    low, high = np.clip(halls(sample), *METRICS[metric].bounds)
    three_numbers = [three(float(one)) for one in (sample.mean(), low, high)]
    return f"{three_numbers[0]} ({three_numbers[1]} to {three_numbers[2]})"


@pytest.fixture
def page(store: Store, run: str) -> Page:
    return Page(report.build(store, run))


def test_every_number_of_the_leaderboard_is_the_tables(store: Store, run: str, page: Page) -> None:
    table = store.results.table(run)
    seen = 0
    for (method, metric), rows in table[table["metric"].isin(list(METRICS))].groupby(
        ["method", "metric"]
    ):
        (cell,) = page.all("td", data_method=method, data_metric=metric)
        sample = rows["value"].dropna().to_numpy()
        failed = ", n = 7, 1 failed" if (method, metric) == ("smoothgrad", "deletion") else ""
        assert words(cell["text"]).removeprefix("◆ ") == expected(sample, metric) + failed
        seen += 1
    assert seen == 7 * len(specs.STANDARD_METRICS)
    assert len([one for one in page.elements if "data-metric" in one["attrs"]]) == 7 * len(
        specs.STANDARD_METRICS
    )


def test_the_best_mean_of_each_metric_is_marked(store: Store, run: str, page: Page) -> None:
    table = store.results.table(run)
    assert not any(cell["text"].startswith("◆") for cell in page.all("td", data_metric="runtime"))
    sampled = [metric for metric in METRICS if METRICS[metric].sampled]
    for metric, rows in table[table["metric"].isin(sampled)].groupby("metric"):
        means = rows.groupby("method")["value"].mean()
        best = means.idxmin() if METRICS[metric].better == "lower" else means.idxmax()
        assert page.all("td", data_method=best, data_metric=metric)[0]["text"].startswith("◆")


def test_the_first_screen_holds_the_answer_and_the_table_at_a_glance(
    store: Store, run: str, page: Page
) -> None:
    summary = Summary.of_run(store, run)
    (header,) = page.all("header")
    text = words(header["text"])
    for part in (summary.headline.answer, *summary.model, *summary.headline.sure[:2]):
        assert words(part) in text
    for row in summary.glance:
        for cell in row.cells:
            (shown,) = page.all("td", data_glance=row.method, data_column=cell.column)
            assert cell.words in shown["text"]
            assert cell.number in shown["text"]
            assert not row.control or "class" not in shown["attrs"]  # grey: no tone
    pictures = [one for one in page.all("img") if "typical" not in one["attrs"].get("class", "")]
    assert pictures[0]["attrs"]["alt"].endswith("as the classifier sees it")
    assert [one["attrs"]["alt"].split(" on ")[0] for one in pictures[1:8]] == [
        f"Heatmap of {title_of(row.method)}" for row in summary.glance
    ]


def test_what_the_textbook_says_is_kept_or_struck_also_for_who_hears_it(
    store: Store, run: str, page: Page
) -> None:
    profiles = Summary.of_run(store, run).profiles
    fates = [said.fate for one in profiles for said in one.textbook]
    assert len(page.all("s")) == fates.count("struck") > 0
    heard = [words(one["text"]) for one in page.all("span", **{"class": "heard"})]
    assert heard == [f"({FATE_WORDS[fate]})" for fate in fates]
    text = words(page.all("body")[0]["text"])
    for one in profiles:
        for phrase in (*one.strengths, *one.limitations):
            assert words(phrase) in text


def test_a_control_under_who_may_be_the_best_is_said_to_be_one(
    store: Store, run: str, page: Page
) -> None:
    best = [row for row in standings(Scores(store.results.table(run))) if row.best]
    named = [row for row in best if row.method in ("random", "edges", "centre_prior")]
    assert named
    (leaders,) = page.all("table", **{"class": "leaders"})
    assert leaders["text"].count("(control)") == len(
        [row for row in named if METRICS[row.metric].sampled]
    )


def test_a_model_that_knows_nothing_gets_a_banner(
    store: Store, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = tuple(range(5)) * 20
    chance = ModelCheck(tuple(reversed(labels)), labels, labels, (0.5, 0.4) * 50)
    assert chance.bars
    table = store.results.table(run)
    monkeypatch.setattr(Scores, "of_run", staticmethod(lambda *_: Scores(table, chance)))
    page = Page(report.build(store, run))
    (banner,) = page.all("p", **{"class": "banner"})
    assert "Not shown to know these images" in banner["text"]
    assert (
        "cannot be said" in page.all("td", data_glance="grad_cam", data_column="sanity")[0]["text"]
    )


def test_every_claim_stands_with_its_mark_and_sentence(store: Store, run: str, page: Page) -> None:
    rows = [one for one in page.elements if "data-claim" in one["attrs"]]
    assert len(rows) == len(CLAIMS)
    for row, verdict in zip(
        rows, judge(Scores(store.results.table(run)), store.results.findings(run)), strict=True
    ):
        assert verdict.claim.words in row["text"]
        assert verdict.label in row["text"]
        (told,) = page.all("dd", data_sentence=row["attrs"]["data-claim"])
        assert words(told["text"]) == words(verdict.sentence)


def test_what_each_method_shows_stands_in_words(store: Store, run: str) -> None:
    html = report.build(store, run)
    for key, cells in Evidence(Scores(store.results.table(run))).words:
        row = f'<tr><th scope="row">{title_of(key)}</th>' + "".join(
            f"<td>{escape(words)}</td>" for words in cells
        )
        assert row in html


def test_the_gallery_has_the_same_pictures_for_all_methods_chosen_by_its_rule(
    store: Store, run: str, page: Page
) -> None:
    table = store.results.table(run)
    wide = {
        metric: table[table["metric"] == metric].pivot(
            index="image", columns="method", values="value"
        )
        for metric in ("deletion_placement", "insertion_placement")
    }
    gain = (wide["deletion_placement"] + wide["insertion_placement"]) / 2
    methods = [key for key in gain if key not in ("random", "edges", "centre_prior")]
    order = gain[methods].mean(axis=1).sort_values(ascending=False)
    figures = [one for one in page.all("figure") if "data-rank" in one["attrs"]]
    assert len(figures) == 3 * 8
    for figure in figures:
        rank, image = (figure["attrs"][f"data-{key}"] for key in ("rank", "image"))
        assert image == order.index[{"best": 0, "typical": 4, "worst": 7}[rank]]
        if method := figure["attrs"].get("data-method"):
            assert words(figure["text"]) == f"{three(gain[method][image])} ↑"
        else:
            assert f"{rank.capitalize()}: {three(order[image])}" in figure["text"]


def test_the_charts_hold_the_tables_means_and_intervals(store: Store, run: str, page: Page) -> None:
    charts = {
        one["attrs"]["id"]: json.loads(one["text"])
        for one in page.all("script", type="application/json")
        if "id" in one["attrs"]
    }
    curves = store.results.curves(run)
    traces = charts["chart-curves"]["data"]
    assert len(traces) == 28
    for trace in traces:
        metric = "deletion" if trace["xaxis"] in ("x", "x3") else "insertion"
        rows = curves[(curves["method"] == trace["legendgroup"]) & (curves["metric"] == metric)]
        shown = "probability" if trace["xaxis"] in ("x", "x2") else "energy_gap"
        mean = rows.pivot(index="image", columns="fraction", values=shown).mean()
        assert trace["x"] == pytest.approx([100 * place for place in mean.index])
        assert trace["y"] == pytest.approx(mean.tolist())
    table = store.results.table(run)
    for area in ("deletion", "insertion"):
        parts = charts[f"chart-{area}-split"]["data"]
        assert len(parts) == 4 * 7
        for dot in parts:
            panel = {"x": "score", "x2": "grain", "x3": "shared", "x4": "evidence"}[dot["xaxis"]]
            (method,) = [key for key in curves["method"].unique() if title_of(key) == dot["y"][0]]
            wide = {
                metric: table[(table["method"] == method) & (table["metric"] == metric)].set_index(
                    "image"
                )["value"]
                for metric in (
                    area,
                    f"{area}_placement.misplaced",
                    f"{area}_placement",
                    f"{area}_exchange",
                )
            }
            score, grain, placement, exchange = (
                (pd.concat(wide.values(), axis=1).dropna()).to_numpy().T
            )
            sample = {
                "score": score,
                "grain": grain,
                "shared": placement - exchange,
                "evidence": exchange,
            }[panel]
            assert (dot["x"][0], *reach_of(dot["error_x"])) == pytest.approx(
                (sample.mean(), *(np.array(halls(sample)) - sample.mean()))
            )
    repeats = charts["chart-repeatability"]["data"]
    assert len(repeats) == 7
    for line in repeats:
        assert line["x"] == list(SCALES)
        assert line["y"] == pytest.approx([1 - 1 / (1 + scale) for scale in SCALES])
    dots = [trace for trace in charts["chart-cost"]["data"] if trace["mode"] == "markers"]
    assert len(dots) == 14
    for dot in dots:
        metric = "deletion_exchange" if dot["xaxis"] == "x" else "insertion_exchange"
        own = table[table["method"] == dot["legendgroup"]]
        gain, times = (
            own[own["metric"] == name]["value"].to_numpy() for name in (metric, "runtime")
        )
        assert (dot["y"][0], *reach_of(dot["error_y"])) == pytest.approx(
            (gain.mean(), *(np.array(halls(gain)) - gain.mean()))
        )
        middle = np.exp(np.log(times).mean())
        assert dot["x"][0] == pytest.approx(middle)
        assert "error_x" not in dot


def reach_of(drawn: dict[str, Any]) -> tuple[float, float]:
    """How far a drawn interval goes below and above its dot."""
    return -drawn["arrayminus"][0], drawn["array"][0]


def test_a_session_comes_in_with_its_tally_and_decision(store: Store, run: str) -> None:
    told = outcome(["one", "two", "three", "four"])
    page = Page(report.build(store, run, [told]))
    text = words(page.all("body")[0]["text"])
    assert "Decision. four" in text
    for one in told.tally:
        (cell,) = page.all("td", data_tally=one.method)
        assert one.share is not None
        assert cell["text"] == f"{three(one.share.mean)} (n = {one.share.n}: too few)"
    assert "What the team saw" not in report.build(store, run)


def test_votes_are_held_against_the_runs_metrics(store: Store, run: str) -> None:
    """By hand from the table: Grad-CAM was preferred to Random on every image but the first."""
    names = [image.name for image in store.results.images(run)]
    told = outcome(["one", "two", "three", "four"])
    votes = tuple(
        replace(
            told.votes[0],
            image=name,
            left="grad_cam",
            right="random",
            choice="left" if name != names[0] else "right",
        )
        for name in names
    )
    page = Page(report.build(store, run, [replace(told, votes=votes)]))
    table = store.results.table(run)
    for metric in ("deletion", "insertion_exchange"):
        wide = (
            table[table["metric"] == metric]
            .pivot(index="image", columns="method", values="value")
            .loc[names]
        )
        ahead = (
            (wide["grad_cam"] < wide["random"])
            if metric == "deletion"
            else (wide["grad_cam"] > wide["random"])
        )
        agrees = [float(better == (name != names[0])) for name, better in ahead.items()]
        (cell,) = page.all("td", data_against=metric)
        assert cell["text"].startswith(f"{three(float(np.mean(agrees)))} (")
    assert not page.all("td", data_against="runtime")
    assert "need not be what the model does" in words(page.all("body")[0]["text"])


def test_the_words_that_the_report_uses_stand_at_its_end(page: Page) -> None:
    (words_section,) = [
        section for section in page.all("section") if words(section["text"]).startswith("Words ")
    ]
    told = [one["text"] for one in page.all("dt")]
    listed = [one.word for one in glossary.TERMS if one.word in told]
    assert {"deletion", "exchange gain", "Random", "95 % interval", "p-value"} <= set(listed)
    assert told[-len(listed) :] == listed
    assert "Kendall's tau" not in listed
    assert glossary.line("exchange gain") in words(words_section["text"])


def test_a_run_without_scores_is_refused_and_an_unfinished_one_says_so(
    store: Store, run: str
) -> None:
    waiting = store.runs.open(specs.ask(methods=["random"], points=3))
    with pytest.raises(RunProblem, match="none yet"):
        report.build(store, waiting)
    put_in_state(store, run, "cancelled")
    assert "The run is cancelled: 56 of 280 steps." in words(
        Page(report.build(store, run)).all("body")[0]["text"]
    )


def test_a_run_without_curves_runtime_or_repeatability_leaves_those_charts_out(
    store: Store, run: str
) -> None:
    gone = ("deletion", "runtime", "deletion_placement")
    drop_scores(store, run, lambda metric: metric in gone or metric.startswith("repeatability"))
    page = Page(report.build(store, run))
    data = page.all("script", type="application/json")
    assert [one["attrs"].get("id") for one in data] == ["chart-insertion-split", None]  # heatmaps
    assert "by insertion" in words(page.all("body")[0]["text"])


def test_the_command_line_writes_the_report(
    store: Store, run: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from heatcheck import cli

    out = tmp_path / "new folder" / "r.html"
    assert cli.main(["report", run[:6], "--store", store.url, "--out", str(out)]) == 0
    assert out.read_text().startswith("<!doctype html>")
    assert f"wrote {out}" in capsys.readouterr().out
    assert cli.main(["report", run, "--store", store.url, "--out", "/proc/no/r.html"]) == 2
    assert "Expected to write" in capsys.readouterr().err
