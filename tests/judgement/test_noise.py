"""Noise is what does not repeat: each sentence holds its numbers and is rebuilt from the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heatcheck.judgement.phrases import three_digits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import estimate
from heatcheck.judgement.verdicts import Verdict
from heatcheck.tests.doubles.interval import halls
from heatcheck.tests.doubles.tables import planted, repeats, table
from heatcheck.tests.doubles.verdicts import card, judged

NOISE = "Noise is the part of a map that does not repeat under small input noise and a new seed."


def one(frame: pd.DataFrame, about: str, question: str, **moved: float) -> Verdict:
    return judged(frame, claims=[card(about, question)], moved=moved)[0]


def test_noisy_is_a_share_of_the_map_that_does_not_repeat() -> None:
    frame = pd.concat([planted(), table(repeatability={"random": 0.01})])
    wide = 1 - Scores(frame).of("repeatability")
    own = wide["vanilla_gradients"].to_numpy()
    low, high = (three_digits(end) for end in halls(own))
    verdict = one(frame, "vanilla_gradients", "noisy")
    assert verdict.sentence == (
        f"Of the maps of Vanilla Gradients a share of {three_digits(own.mean())} does not "
        "repeat under small input noise and a new seed. It holds at every scale. The claim asks "
        "for at least 10 % of a map that does not repeat: confirmed."
    )
    rows = dict(verdict.rows)
    assert (rows["95 % interval"], rows["Images"]) == (f"{low} to {high}", "20")
    assert rows["Of Random's maps"] == three_digits(wide["random"].mean())
    assert verdict.threshold == 0.1
    assert not verdict.ratio
    assert verdict.estimate == estimate(own)
    assert one(frame, "grad_cam", "noisy").mark == "refuted"


def test_less_noise_is_a_ratio_to_vanillas_on_the_same_image() -> None:
    frame = planted()
    wide = 1 - Scores(frame).of("repeatability")
    logs = np.log(wide["smoothgrad"] / wide["vanilla_gradients"]).to_numpy()
    percent = [100 * (np.exp(end) - 1) for end in (logs.mean(), *halls(logs))]
    mean, near, far = (three_digits(abs(end)) for end in (percent[0], percent[2], percent[1]))
    verdict = one(frame, "smoothgrad", "less_noise")
    assert verdict.sentence == (
        f"SmoothGrad has {mean} % less noise than "
        f"Vanilla Gradients. {NOISE} It holds at every scale but the single pixel. The claim asks "
        "for at least 10 % less of what does not repeat than Vanilla Gradients: confirmed."
    )
    assert dict(verdict.rows)["95 % interval"] == f"{far} % less to {near} % less"
    assert verdict.threshold == pytest.approx(0.9)


def test_the_scales_at_which_it_holds_are_named_and_have_intervals() -> None:
    frame = planted()
    verdict = one(frame, "smoothgrad", "less_noise")
    assert [(part.pixels, part.holds) for part in verdict.parts] == [
        (1, False),
        (2, True),
        (4, True),
        (8, True),
        (16, True),
    ]
    for part in verdict.parts:
        wide = 1 - Scores(frame).of(f"repeatability.at_{part.pixels}")
        ratios = (wide["smoothgrad"] / wide["vanilla_gradients"]).to_numpy()
        expected = estimate(ratios, "log")
        assert expected is not None
        assert (part.estimate.mean, part.estimate.low, part.estimate.high) == pytest.approx(
            (expected.mean, expected.low, expected.high)
        )
    coarse = frame.copy()
    vanilla = coarse[coarse["metric"] == "repeatability.at_1"]
    for scale in (2, 4):
        coarse = pd.concat(
            [
                coarse[coarse["metric"] != f"repeatability.at_{scale}"],
                vanilla.assign(metric=f"repeatability.at_{scale}"),
            ]
        )
    told = one(coarse, "smoothgrad", "less_noise")
    assert "It holds at 2 of 5 scales." in told.sentence
    not_shown = [name for name, words in told.rows if words.endswith("; not shown")]
    assert not_shown == [
        "Pixel by pixel",
        *(f"Averaged over squares of {n} pixels" for n in (2, 4)),
    ]
    whole = frame[~frame["metric"].str.contains("at_")]
    assert "scale" not in one(whole, "smoothgrad", "less_noise").sentence
    assert (
        "It is shown at no single scale."
        in one(frame, "smoothgrad", "less_noise", noise=0.9).sentence
    )


def test_a_map_that_repeats_exactly_has_no_noise_and_breaks_nothing() -> None:
    exact = table(repeatability={"grad_cam": 1.0, "vanilla_gradients": 0.6})
    exact.loc[exact["method"] == "grad_cam", "value"] = 1.0
    verdict = one(exact, "grad_cam", "less_noise")
    assert verdict.mark == "confirmed"
    assert verdict.estimate is not None
    assert verdict.estimate.n == 20
    noisy = one(exact, "grad_cam", "noisy")
    assert noisy.mark == "undecided"  # a constant sample decides nothing
    assert "a share of 0 does not repeat" in noisy.sentence
    assert dict(noisy.rows)["95 % interval"] == "none: the same on all"


def test_fineness_is_told_beside_and_decides_nothing() -> None:
    fine = table(fineness={"smoothgrad": 0.5, "random": 0.9})
    with_it = one(pd.concat([planted(), fine]), "smoothgrad", "less_noise")
    without = one(planted(), "smoothgrad", "less_noise")
    wide = Scores(fine).of("fineness")
    ratio = estimate((wide["smoothgrad"] / wide["random"]).to_numpy(), "log")
    assert ratio is not None
    grain = f"{three_digits(ratio.mean)} times as fine as Random's; it decides nothing"
    assert dict(with_it.rows)["Grain"] == grain
    assert "Grain" not in dict(without.rows)
    assert (with_it.mark, with_it.p) == (without.mark, without.p)


def test_a_change_says_its_direction_when_the_interval_spans_none() -> None:
    rng = np.random.default_rng(0)
    noise = {"vanilla_gradients": np.full(20, 0.4), "smoothgrad": 0.4 * rng.lognormal(0, 0.3, 20)}
    frame = repeats(**noise)
    interval = dict(one(frame, "smoothgrad", "less_noise").rows)["95 % interval"]
    assert "% less to " in interval
    assert interval.endswith("% more")


def test_many_times_the_noise_are_told_in_times() -> None:
    frame = table(repeatability={"vanilla_gradients": 0.9, "smoothgrad": 0.3})
    sentence = one(frame, "smoothgrad", "less_noise").sentence
    assert " times the noise of Vanilla Gradients." in sentence
