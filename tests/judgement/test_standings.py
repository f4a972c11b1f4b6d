"""Standings: who may be the best, who beats the controls, and on how many images a cell stands."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from heatcheck.judgement.phrases import interval, three_digits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import (
    against_controls,
    candidates,
    mean_of,
    on_intervals,
    skills,
    standings,
)
from heatcheck.judgement.statistics import estimate, p_above, p_more_hits
from heatcheck.tests.doubles.interval import halls
from heatcheck.tests.doubles.tables import table


def test_intervals_stay_within_the_bounds_of_their_metric() -> None:
    wide = pd.Series([1.0] * 18 + [0.2, 0.9])
    plain, bounded = estimate(wide.to_numpy()), mean_of("energy_in_mask", wide)
    assert plain is not None
    assert plain.high is not None
    assert plain.high > 1
    assert bounded is not None
    assert (bounded.mean, bounded.low, bounded.high) == (plain.mean, plain.low, 1.0)
    pointed = mean_of("pointing_game", pd.Series([1.0] * 6))
    assert pointed == estimate([1.0] * 6, "hits")


def test_a_truly_best_method_keeps_its_mark_however_many_there_are() -> None:
    """Of equal methods each is best: it may lose its mark in at most 5 % of runs."""
    rng = np.random.default_rng(0)
    for count in (2, 7, 22):
        lost = 0
        for _ in range(100):
            wide = pd.DataFrame(
                rng.normal(0.3, 0.1, (20, count)), columns=[f"m{place}" for place in range(count)]
            )
            lost += "m0" not in candidates(wide, "deletion", "lower")
        assert lost <= 10, count  # 5 expected at most; 11 or more of 100 have a chance of 1 %
    wide["m0"] -= 0.5
    assert candidates(wide, "deletion", "lower") == {"m0"}
    assert "m0" not in candidates(wide, "deletion", "higher")


def test_a_method_that_failed_on_the_hard_images_does_not_win_by_that() -> None:
    ease = np.repeat([0.1, 0.9], 10)
    rng = np.random.default_rng(0)
    wide = pd.DataFrame({"smoothgrad": ease + 0.05, "grad_cam": ease}) + rng.normal(
        0, 0.01, (20, 2)
    )
    wide.loc[10:, "smoothgrad"] = np.nan
    assert wide["smoothgrad"].mean() < wide["grad_cam"].mean()
    assert candidates(wide, "deletion", "lower") == {"grad_cam"}
    wide.loc[1:, "smoothgrad"] = np.nan
    assert candidates(wide, "deletion", "lower") == {
        "grad_cam"
    }  # one image gives no mark, and takes none


def test_a_cell_says_on_how_many_images_it_stands() -> None:
    frame = table(n=8, deletion={"smoothgrad": 0.1, "random": 0.3, "edges": 0.2})
    frame.loc[0, "value"], frame.loc[0, "error"] = np.nan, "planted"
    frame = frame.drop(frame[(frame["method"] == "edges") & (frame["image"] != "i1")].index)
    remarks = {one.method: one.remark for one in standings(Scores(frame), ["deletion"])}
    assert remarks == {
        "smoothgrad": ", n = 7, 1 failed",
        "random": "",
        "edges": "",
    }  # one image: the interval says so itself


def test_the_best_and_all_that_cannot_be_told_from_it_are_marked() -> None:
    frame = table(
        deletion={"smoothgrad": 0.10, "grad_cam": 0.1001, "random": 0.3},
        insertion={"smoothgrad": 0.2, "grad_cam": 0.5, "random": 0.1},
    )
    best = {
        (standing.metric, standing.method)
        for standing in standings(Scores(frame), ["deletion", "insertion"])
        if standing.best
    }
    assert best == {("deletion", "smoothgrad"), ("deletion", "grad_cam"), ("insertion", "grad_cam")}


def test_failures_are_counted_and_few_images_mark_nobody() -> None:
    frame = table(n=6, deletion={"smoothgrad": 0.1, "random": 0.3})
    frame.loc[0, "value"], frame.loc[0, "error"] = np.nan, "planted"
    found = {standing.method: standing for standing in standings(Scores(frame), ["deletion"])}
    assert (found["smoothgrad"].failed, found["random"].failed) == (1, 0)
    assert found["smoothgrad"].estimate is not None
    assert found["smoothgrad"].estimate.n == 5
    few = table(n=3, deletion={"smoothgrad": 0.1, "random": 0.3})
    assert not any(standing.best for standing in standings(Scores(few), ["deletion"]))


def test_a_method_without_a_value_yet_has_its_place_all_the_same() -> None:
    frame = table(
        deletion={"smoothgrad": 0.1, "random": 0.3}, deletion_exchange={"smoothgrad": 0.1}
    )
    found = {
        (standing.metric, standing.method): standing
        for standing in standings(Scores(frame), ["deletion", "deletion_exchange"])
    }
    assert found["deletion_exchange", "random"].estimate is None
    assert not found["deletion_exchange", "random"].best
    assert len(found) == 4


def test_what_is_not_shown_to_beat_random_is_marked() -> None:
    frame = table(
        deletion={
            "smoothgrad": 0.1,
            "grad_cam": 0.3,
            "vanilla_gradients": 0.5,
            "edges": 0.1,
            "random": 0.3,
        },
        insertion={"smoothgrad": 0.1, "grad_cam": 0.5, "random": 0.3},
        high_frequency_share={"smoothgrad": 0.1, "random": 0.9},
    )
    found = {
        (one.metric, one.method): one.beats_random
        for one in standings(Scores(frame), ["deletion", "insertion", "high_frequency_share"])
    }
    assert found["deletion", "smoothgrad"] is True
    assert found["deletion", "grad_cam"] is False
    assert found["deletion", "vanilla_gradients"] is False
    assert found["insertion", "smoothgrad"] is False
    assert found["insertion", "grad_cam"] is True
    assert (
        found["deletion", "edges"]
        is found["deletion", "random"]
        is found["high_frequency_share", "smoothgrad"]
        is None
    )
    assert all(
        one.beats_random is None
        for one in standings(Scores(frame[frame["method"] != "random"]), ["deletion"])
    )
    assert all(
        one.beats_random is None
        for one in standings(Scores(frame[frame["image"].isin(["i0", "i1"])]), ["deletion"])
    )


def test_each_method_is_held_against_each_control_image_by_image() -> None:
    frame = table(
        deletion={"smoothgrad": 0.1, "grad_cam": 0.4, "edges": 0.2, "random": 0.3},
        insertion={"smoothgrad": 0.5, "edges": 0.2},
        high_frequency_share={"smoothgrad": 0.1, "random": 0.9},
    )
    frame = frame[
        (frame["metric"] != "deletion") | (frame["method"] != "edges") | (frame["image"] != "i3")
    ]
    found = skills(Scores(frame), "deletion")
    assert {control: list(own) for control, own in found.items()} == {
        "edges": ["smoothgrad", "grad_cam"],
        "random": ["smoothgrad", "grad_cam"],
    }
    wide = Scores(frame).of("deletion")
    low, high = halls(
        (wide["edges"] - wide["smoothgrad"]).dropna().to_numpy()
    )  # lower is better, so the control's value comes first
    one = found["edges"]["smoothgrad"]
    assert (one.n, one.low, one.high) == (
        19,
        pytest.approx(low, rel=1e-6),
        pytest.approx(high, rel=1e-6),
    )
    assert found["edges"]["smoothgrad"].above_zero
    assert not found["random"]["grad_cam"].above_zero
    assert skills(Scores(frame), "insertion")["edges"]["smoothgrad"].mean == pytest.approx(
        0.3, abs=0.02
    )
    assert skills(Scores(frame[frame["method"] != "edges"]), "insertion") == {}
    assert against_controls("deletion")
    assert not against_controls("high_frequency_share")


def test_a_gain_of_exactly_nothing_reads_as_nothing_and_is_never_significant() -> None:
    """Centre Prior's maps are the same on every image: exchanged for each other nothing changes."""
    frame = table(deletion_exchange={"smoothgrad": 0.1, "centre_prior": 0.0, "random": 0.0})
    frame.loc[frame["method"] != "smoothgrad", "value"] = 0.0
    rows = {one.method: one for one in standings(Scores(frame), ["deletion_exchange"])}
    centre = rows["centre_prior"].estimate
    assert interval(centre) == "0 (constant: no interval)"
    assert centre is not None
    assert not centre.above_zero
    frame["better"] = "higher"
    rows = {one.method: one for one in standings(Scores(frame), ["deletion_exchange"])}
    assert {key for key, one in rows.items() if one.best} == {"smoothgrad"}
    assert rows["smoothgrad"].beats_random
    alike = frame.assign(value=frame["value"].where(frame["method"] != "smoothgrad", 0.1))
    rows = {one.method: one for one in standings(Scores(alike), ["deletion_exchange"])}
    assert rows["smoothgrad"].beats_random is None  # a constant lead tells nothing of its spread
    assert on_intervals(list(rows.values())) == ""


def test_methods_that_always_hit_are_told_from_one_that_never_does() -> None:
    frame = table(pointing_game={"smoothgrad": 1.0, "grad_cam": 1.0, "random": 0.0})
    frame["value"], frame["better"] = frame["value"].round(), "higher"
    rows = {one.method: one for one in standings(Scores(frame), ["pointing_game"])}
    assert {key for key, one in rows.items() if one.best} == {"smoothgrad", "grad_cam"}


def test_a_cell_whose_interval_may_be_too_short_says_so() -> None:
    frame = table(deletion={"smoothgrad": 0.1, "random": 0.3})
    frame.loc[frame["method"] == "smoothgrad", "value"] = [0.0] * 18 + [0.5, 0.9]
    rows = {one.method: one for one in standings(Scores(frame), ["deletion"])}
    assert (rows["smoothgrad"].remark, rows["random"].remark) == (", skewed", "")
    assert on_intervals(list(rows.values())) == (
        "“skewed”: a few images carry the mean, and its interval may be too short."
    )
    few = standings(Scores(table(n=8, deletion={"smoothgrad": 0.1})), ["deletion"])
    assert on_intervals(few).startswith("With fewer than 20 images an interval of skewed scores")


def test_a_metric_that_says_nothing_of_controls_is_not_called_missing_there() -> None:
    frame = table(deletion_model={"grad_cam": 0.1}, deletion={"grad_cam": 0.2, "random": 0.3})
    cells = {row.method: row for row in standings(Scores(frame), ["deletion_model"])}
    assert (cells["random"].never, cells["random"].text) == (True, "–")
    assert not cells["grad_cam"].never
    unfinished = frame[frame["method"] == "random"]
    frame = pd.concat([frame, unfinished.assign(method="smoothgrad", value=np.nan)])
    (waiting,) = [
        row for row in standings(Scores(frame), ["deletion_model"]) if row.method == "smoothgrad"
    ]
    assert (waiting.never, waiting.text) == (False, "missing")


def test_a_time_has_no_interval_and_no_mark_and_says_its_passes() -> None:
    frame = table(
        runtime={"grad_cam": 15.0, "random": 0.2},
        runtime__forward_passes={"grad_cam": 0.0},
        runtime__backward_passes={"grad_cam": 0.0},
    )
    frame.loc[frame["metric"] == "runtime.forward_passes", "value"] = 50.0
    frame.loc[frame["metric"] == "runtime.backward_passes", "value"] = [12.0, 13.0] * 10
    counted, uncounted = standings(Scores(frame))
    assert counted.estimate is not None
    assert (counted.estimate.n, counted.estimate.sure) == (20, False)
    assert (counted.best, counted.beats_random, counted.skewed) == (False, None, False)
    assert counted.text == f"{three_digits(counted.estimate.mean)} ms, 50 + 12.5 passes"
    assert uncounted.text == f"{interval(uncounted.estimate)} ms"
    assert "few" not in interval(counted.estimate)


@pytest.mark.parametrize("metric", ["deletion", "runtime", "pointing_game"])
@pytest.mark.parametrize("better", ["lower", "higher"])
def test_who_may_be_the_best_is_found_pair_by_pair(metric: str, better: str) -> None:
    """The rule by the book: out is who some other beats, whatever the order of looking."""
    rng = np.random.default_rng(9)
    values = 0.4 + 0.05 * rng.normal(size=(60, 8)) + 0.02 * np.arange(8)
    if metric == "pointing_game":
        values = (rng.random((60, 8)) < 0.3 + 0.08 * np.arange(8)) * 1.0
    values[rng.random(values.shape) < 0.1] = np.nan
    values[4:, 3] = np.nan
    wide = pd.DataFrame(values, columns=[f"m{place}" for place in range(8)])
    scaled = (np.log(wide) if metric == "runtime" else wide) * (1 if better == "higher" else -1)
    entered = [key for key in wide if wide[key].count() >= 5]
    test = p_more_hits if metric == "pointing_game" else lambda lead: p_above(lead, 0.0)

    def beats(other: str, key: str) -> bool:
        lead = (scaled[other] - scaled[key]).dropna().to_numpy()
        return bool(lead.mean() > 0 and test(lead) <= 0.05 / (len(entered) - 1))

    expected = {
        key for key in entered if not any(beats(other, key) for other in entered if other != key)
    }
    assert candidates(wide, metric, better) == expected
    assert 0 < len(expected) < len(entered)


def test_ten_thousand_images_take_less_than_a_second_of_intervals() -> None:
    """A metric of 25 methods: means, intervals, cautions, who may be the best. About 0.1 s."""
    rng = np.random.default_rng(0)
    values = rng.beta(2, 5, (10_000, 25)) + 0.002 * np.arange(25)
    rows = [
        {"metric": "deletion", "better": "lower", "error": "", "method": f"m{place}"}
        for place in range(25)
    ]
    frame = pd.DataFrame(rows * 10_000).assign(
        image=np.repeat([f"i{place}" for place in range(10_000)], 25), value=values.ravel()
    )
    scores = Scores(frame)
    scores.of("deletion")
    start = time.process_time()
    found = standings(scores)
    assert time.process_time() - start < 1
    means = {one.method: one.estimate.mean for one in found if one.estimate}
    assert means["m3"] == pytest.approx(values[:, 3].mean(), rel=1e-12)
    assert {one.method for one in found if one.best} >= {"m0"}
