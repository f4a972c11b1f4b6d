"""What images decide: each sentence holds its numbers and is rebuilt from the table alone."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from heatcheck.attribution import METHODS
from heatcheck.judgement.claims import cards
from heatcheck.judgement.phrases import three_digits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import Verdict, asked
from heatcheck.tests.doubles.interval import halls
from heatcheck.tests.doubles.tables import planted, table
from heatcheck.tests.doubles.verdicts import NOTHING, every, judged

TIMES = ("fast", "slow", "fast_computation")
REFERENCES = {
    "noisy": "grad_cam",
    "smooth": "grad_cam",
    "less_noise": "vanilla_gradients",
}  # what questions about noise hold a method against
MEASURED = 10  # verdicts that a run's table decides: six claims, and four members of the family


def test_a_sentence_holds_the_value_the_interval_the_images_and_the_mark() -> None:
    for verdict in every(planted()):
        assert verdict.mark in verdict.sentence.lower()
        if verdict.estimate is None:
            assert verdict.mark == "not measured in this run"
            assert verdict.claim.question.needs in verdict.sentence
            continue
        numbers = re.findall(r"\d[\d,.]*\d|\d", verdict.sentence)
        for number in (verdict.estimate.mean, verdict.estimate.low, verdict.estimate.high):
            assert number is not None
            percent = "noise of" in verdict.unit and verdict.estimate.mean <= 3
            assert three_digits(abs(100 * (number - 1)) if percent else number) in numbers
        assert f"{verdict.estimate.n} images" in verdict.sentence
        assert verdict.sample is not None
        assert len(verdict.sample) == verdict.estimate.n


def geometric(ratio: pd.Series) -> tuple[float, float, float]:
    logs = np.log(ratio.to_numpy())
    return (float(np.exp(logs.mean())), *(float(np.exp(end)) for end in halls(logs)))


def rebuilt(verdict: Verdict, frame: pd.DataFrame) -> str:
    """The sentence's measurement, made from the table alone."""
    about, title = (
        verdict.claim.about,
        "" if verdict.claim.about == "gradient methods" else METHODS[verdict.claim.about].title,
    )
    if verdict.claim.question.name == "fast_computation":
        mean, low, high = (
            three_digits(one)
            for one in geometric(
                Scores(frame).of("runtime")[about] / Scores(frame).of("runtime.forward_pass")[about]
            )
        )
        return (
            f"{title} takes {mean} times (95 % interval {low} to {high}, 20 images) one "
            "forward pass of one image."
        )
    if verdict.claim.question.name in TIMES:
        times, passes = (
            Scores(frame).of("runtime")[about],
            Scores(frame).of("runtime.backward_passes")[about].median(),
        )
        cost = (
            f"{title} takes {three_digits(times.median())} ms and {passes:.0f} backward "
            f"pass{'es' if passes != 1 else ''} a map"
        )
        if about == "vanilla_gradients":
            return (
                f"{cost}. It is the unit of this comparison: 1.00 times (95 % interval 1.00 "
                "to 1.00, 20 images) itself by definition."
            )
        mean, low, high = (
            three_digits(one)
            for one in geometric(times / Scores(frame).of("runtime")["vanilla_gradients"])
        )
        return (
            f"{cost}: {mean} times (95 % interval {low} to {high}, 20 images) one Vanilla gradient."
        )
    other = REFERENCES[verdict.claim.question.name]
    noise = Scores(frame).of("high_frequency_share")
    ratio = geometric(noise[about] / noise[other])
    if ratio[0] > 3:
        mean, low, high = (three_digits(one) for one in ratio)
        return (
            f"{title} carries {mean} times (95 % interval {low} to {high}, 20 images) the "
            f"high-frequency noise of {METHODS[other].title}."
        )
    change = [100 * (one - 1) for one in ratio]
    assert change[1] * change[2] > 0
    near, far = sorted(three_digits(abs(one)) for one in change[1:])
    near, far = sorted((near, far), key=lambda word: float(word.replace(",", "")))
    return (
        f"{title} carries {three_digits(abs(change[0]))} % {'more' if change[0] > 0 else 'less'} "
        f"(95 % interval {near} to {far} %, 20 images) "
        f"high-frequency noise than {METHODS[other].title}."
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_every_sentence_is_rebuilt_from_the_table_alone(seed: int) -> None:
    frame = planted(smoothgrad=(0.2, 0.5)[seed])
    checked = 0
    for verdict in every(frame):
        if verdict.estimate is None:
            continue
        assert verdict.measured == rebuilt(verdict, frame)
        assert verdict.sentence.startswith(
            f"{rebuilt(verdict, frame)} The claim asks for {asked(verdict.claim)}: {verdict.mark}."
        )
        checked += 1
    assert checked == MEASURED
    (family,) = [
        one for one in judged(frame, NOTHING) if one.claim.question.name == "fast_computation"
    ]
    slow = [
        one for one in family.members if one.claim.about in ("integrated_gradients", "smoothgrad")
    ]
    assert family.sentence == (
        "It holds for 2 of the 4 gradient methods in this run: Vanilla Gradients and "
        f"Grad-CAM. {rebuilt(slow[0], frame)} {rebuilt(slow[1], frame)} "
        "The claim asks most of them for at most 10 times one forward pass: undecided."
    )


def test_a_noise_verdict_says_where_speckle_and_outlines_stand() -> None:
    frame = pd.concat(
        [
            planted(),
            table(high_frequency_share={"edges": 0.21, "random": 0.8, "centre_prior": 1e-7}),
        ]
    )
    share = Scores(frame).of("high_frequency_share")
    plain = {verdict.claim: verdict.sentence for verdict in judged(planted(), NOTHING)}
    for verdict in judged(frame, NOTHING):
        name = verdict.claim.question.name
        if name in REFERENCES:
            keys = dict.fromkeys([verdict.claim.about, REFERENCES[name], "edges", "random"])
            means = ", ".join(
                f"{METHODS[key].title} {three_digits(np.exp(np.log(share[key]).mean()))}"
                for key in keys
            )
            words = f" High-frequency shares, geometric means: {means}."
            assert words in verdict.sentence
            assert verdict.sentence.replace(words, "") == plain[verdict.claim]
    failed = frame.assign(value=frame["value"].where(frame["method"] != "edges"))
    assert not any("Edges" in verdict.sentence for verdict in judged(failed, NOTHING))


def test_each_number_goes_when_its_rows_go() -> None:
    """No verdict outlives the rows that it was made from."""
    frame = planted()
    for verdict in judged(frame, NOTHING):
        if verdict.claim.question.decided_by != "images":
            continue
        metric = "runtime" if verdict.claim.question.name in TIMES else "high_frequency_share"
        without = frame[
            ~(
                (frame["metric"] == metric)
                & (frame["method"].isin([verdict.claim.about, "vanilla_gradients", "grad_cam"]))
            )
        ]
        if verdict.claim.about == "gradient methods":
            without = frame[frame["metric"] != metric]
        again = judged(without, NOTHING, (verdict.claim,))[0]
        assert (again.mark, again.estimate) == ("not measured in this run", None)


def test_a_change_says_its_direction_when_the_interval_spans_none() -> None:
    frame = planted(smoothgrad=0.4)
    frame.loc[frame["method"] == "smoothgrad", "value"] *= np.tile([0.8, 1.25], 1000)[
        : (frame["method"] == "smoothgrad").sum()
    ]
    sentence = next(
        one.sentence for one in judged(frame, NOTHING) if one.claim.words == "Less noise"
    )
    assert re.search(r"95 % interval [\d.]+ % less to [\d.]+ % more, 20 images", sentence)


def test_grad_cam_is_what_noise_is_held_against() -> None:
    found = {one.claim.words: one for one in judged(planted(), NOTHING, cards(["grad_cam"]))}
    assert found["Smooth"].mark == "confirmed"
    assert found["Noisy"].mark == "refuted"
    assert "is what this claim holds others against" in found["Smooth"].sentence
