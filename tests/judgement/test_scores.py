"""Scores: a run's table pivoted once a metric, whoever asks."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from heatcheck import report
from heatcheck.inputs.images import Image
from heatcheck.judgement.advice import Wish, advise
from heatcheck.judgement.claims import CLAIMS, cards
from heatcheck.judgement.conclusion import answer
from heatcheck.judgement.grid import Grid
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import skills, standings
from heatcheck.judgement.verdicts import judge_tables
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import fill_at_random, outcome
from heatcheck.tests.doubles.tables import ends, planted, table
from heatcheck.tests.doubles.verdicts import NOTHING


@pytest.fixture
def pivots(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each metric that has a row is pivoted."""
    counts: Counter[str] = Counter()
    plain = Grid.wide

    def counted(grid: Grid, metric: str) -> pd.DataFrame:
        counts.update([metric] if len(grid.rows(metric)) else [])
        return plain(grid, metric)

    monkeypatch.setattr(Grid, "wide", counted)
    return counts


def test_a_metric_stands_as_images_by_methods_in_the_runs_order() -> None:
    frame = table(deletion={"smoothgrad": 0.1, "grad_cam": 0.5}, runtime={"edges": 3.0})
    scores = Scores(frame)
    assert scores.methods == ("smoothgrad", "grad_cam", "edges")
    assert scores.metrics == ("deletion", "runtime")
    assert scores.images == 20
    wide = scores.of("deletion")
    assert list(wide) == ["smoothgrad", "grad_cam"]
    for _, row in frame[frame["metric"] == "deletion"].iterrows():
        assert wide.loc[row["image"], row["method"]] == row["value"]
    assert scores.of("insertion").empty
    assert (
        scores.better("deletion"),
        Scores(table(insertion={"edges": 1})).better("insertion"),
    ) == (
        "lower",
        "higher",
    )


def test_failures_are_counted_by_metric_and_method() -> None:
    frame = table(deletion={"smoothgrad": 0.1, "edges": 0.2}, runtime={"smoothgrad": 3.0})
    failed = (frame["method"] == "smoothgrad") & (frame["metric"] == "deletion")
    frame.loc[failed & frame["image"].isin(["i0", "i7"]), ["value", "error"]] = [np.nan, "planted"]
    scores = Scores(frame)
    assert scores.failures("deletion", "smoothgrad") == 2
    assert scores.failures("deletion", "edges") == scores.failures("runtime", "smoothgrad") == 0
    assert scores.of("deletion")["smoothgrad"].isna().sum() == 2


def test_a_run_without_scores_has_no_methods_and_no_metrics() -> None:
    scores = Scores(planted().iloc[:0])
    assert (scores.methods, scores.metrics, scores.images) == ((), (), 0)
    assert scores.of("deletion").empty
    assert standings(scores) == []


def test_all_that_judges_a_run_pivots_each_metric_once(pivots: Counter[str]) -> None:
    gains = {"smoothgrad": 0.2, "grad_cam": 0.1, "edges": 0.0}
    names = ("deletion_exchange", "insertion_exchange", "deletion_placement", "insertion_placement")
    scores = Scores(pd.concat([planted(), table(**dict.fromkeys(names, gains))]))
    standings(scores)
    answer(scores)
    judge_tables(scores, NOTHING, (CLAIMS, cards(scores.methods)))
    advise(scores, NOTHING, Wish(budget=100.0, detail="fine"))
    skills(scores, "deletion_placement")
    assert set(pivots.values()) == {1}
    assert {*names, "runtime", "repeatability.at_1"} <= set(pivots)


def test_one_report_pivots_each_metric_once(
    store: Store, photographs: list[Image], pivots: Counter[str]
) -> None:
    run = fill_at_random(store, photographs)
    report.build(store, run, [outcome(["a", "b", "c d"])])
    assert set(pivots.values()) == {1}
    assert len(pivots) > 10


def test_nobody_writes_into_what_all_share() -> None:
    frame = pd.concat([planted(), table(deletion={"smoothgrad": 0.1, "random": 0.5})])
    scores = Scores(frame.copy())
    before = {metric: scores.of(metric).copy() for metric in frame["metric"].unique()}
    standings(scores)
    judge_tables(scores, NOTHING, (CLAIMS, cards(scores.methods)))
    advise(scores, NOTHING, Wish())
    pd.testing.assert_frame_equal(scores.table, frame)
    for metric, wide in before.items():
        pd.testing.assert_frame_equal(scores.of(metric), wide)


def test_of_the_images_of_a_sample_the_mean_counts_and_missing_ones_are_left_out() -> None:
    frame = table(n=8, deletion={"smoothgrad": 0.1, "grad_cam": 0.5})
    alone = Scores(frame)
    assert (alone.samples, alone.unit, alone.size) == (8, "images", "8 images")
    assert alone.of("deletion") is alone.of_images("deletion")
    frame["sample"] = frame["image"].map(lambda image: "s0" if image in ("i0", "i1") else image)
    frame.loc[(frame["image"] == "i1") & (frame["method"] == "grad_cam"), "value"] = np.nan
    scores = Scores(frame)
    wide, images = scores.of("deletion"), scores.of_images("deletion")
    assert (scores.images, scores.samples, scores.unit) == (8, 7, "samples")
    assert wide.loc["s0", "smoothgrad"] == images.loc[["i0", "i1"], "smoothgrad"].mean()
    assert wide.loc["s0", "grad_cam"] == images.loc["i0", "grad_cam"]
    assert {one.estimate.n for one in standings(scores) if one.estimate} == {7}


def test_the_same_images_many_times_over_make_no_interval_narrower() -> None:
    frame = table(n=6, deletion={"smoothgrad": 0.1, "grad_cam": 0.12})
    frame["sample"] = frame["image"]
    copies = [frame.assign(image=frame["image"] + f" copy {number}") for number in range(9)]
    once, often = (
        {one.method: one.estimate for one in standings(Scores(rows))}
        for rows in (frame, pd.concat([frame, *copies]))
    )
    for method, mean in once.items():
        other = often[method]
        assert mean
        assert other
        assert (other.n, other.mean) == (6, pytest.approx(mean.mean))
        assert (other.low, other.high) == (pytest.approx(mean.low), pytest.approx(mean.high))


def test_how_much_covering_moves_the_model_is_unknown_where_no_end_of_a_curve_is_kept() -> None:
    plain = table(deletion={"grad_cam": 0.3}, insertion={"grad_cam": 0.3})
    assert Scores(plain).moved is None
    kept = ends(clean=0.9, covered=0.2, chance=None)
    assert Scores(kept).moved == pytest.approx(0.7)
    failed = kept.assign(value=float("nan"))
    assert Scores(failed).moved is None
