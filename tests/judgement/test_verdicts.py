"""Verdicts: planted effects get their marks, sentences hold their numbers and can be rebuilt from
the table alone.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from heatcheck.attribution import METHODS as REGISTERED
from heatcheck.judgement.claims import CLAIMS, QUESTIONS, TEXTBOOK, THRESHOLDS, Claim, cards
from heatcheck.judgement.phrases import said
from heatcheck.judgement.standings import values
from heatcheck.judgement.statistics import images_to_decide
from heatcheck.judgement.verdicts import Verdict, asked, judge
from heatcheck.runs.experiments import EXPERIMENTS
from heatcheck.tests.doubles.interval import halls
from heatcheck.tests.doubles.runs import tried
from heatcheck.tests.doubles.tables import METHODS, planted, table

NOTHING = pd.DataFrame(columns=["method", "experiment", "value", "words"])
MEASURED = 7  # claims of the textbook that a run's table decides


def findings(*methods: str) -> pd.DataFrame:
    """What the experiments on these methods give."""
    rows = [
        {"method": name, **vars(finding)}
        for name in methods
        for finding in tried(REGISTERED.build(name))
    ]
    return pd.DataFrame(rows, columns=list(NOTHING.columns)).astype({"value": float})


def every(frame: pd.DataFrame, found: pd.DataFrame = NOTHING) -> list[Verdict]:
    """All verdicts of the textbook's claims; those on the family by their members."""
    return [one for verdict in judge(frame, found) for one in (verdict.members or (verdict,))]


def marks(frame: pd.DataFrame, found: pd.DataFrame = NOTHING) -> dict[str, str]:
    return {
        f"{verdict.claim.about}: {verdict.claim.words}": verdict.mark
        for verdict in judge(frame, found)
    }


def test_planted_effects_get_their_marks() -> None:
    found = marks(planted())
    assert found["vanilla_gradients: Fast"] == "confirmed"
    assert found["integrated_gradients: Slow"] == "confirmed"
    assert found["integrated_gradients: Smooth"] == "refuted"
    assert found["vanilla_gradients: Noisy"] == "confirmed"
    assert found["smoothgrad: Less noise"] == "confirmed"
    assert found["gradient methods: Fast computation"] == "undecided"  # two are, two are not
    assert found["grad_cam: CNN specific"] == "not measured in this run"


def test_the_opposite_effects_get_the_opposite_marks() -> None:
    assert marks(planted(smoothgrad=0.6))["smoothgrad: Less noise"] == "refuted"
    assert (
        marks(planted(smoothgrad=0.365))["smoothgrad: Less noise"] == "undecided"
    )  # at the threshold itself
    assert marks(planted(integrated_gradients=0.1))["integrated_gradients: Smooth"] == "confirmed"
    assert marks(planted(vanilla_gradients=0.05))["vanilla_gradients: Noisy"] == "refuted"


def test_a_claim_without_its_metric_is_not_measured() -> None:
    frame = planted()
    without = frame[frame["metric"] != "high_frequency_share"]
    assert marks(without)["smoothgrad: Less noise"] == "not measured in this run"
    assert marks(without)["integrated_gradients: Slow"] == "confirmed"
    failed = frame.copy()
    failed.loc[failed["method"] == "grad_cam", "value"] = np.nan
    assert marks(failed)["vanilla_gradients: Noisy"] == "not measured in this run"
    assert set(marks(frame.iloc[:0]).values()) == {"not measured in this run"}


def test_two_images_decide_nothing() -> None:
    frame = planted()
    few = frame[frame["image"].isin(["i0", "i1"])]
    measured = [
        verdict for verdict in judge(few, NOTHING) if verdict.mark != "not measured in this run"
    ]
    assert len(measured) == MEASURED
    assert {verdict.mark for verdict in measured} == {"undecided"}
    by_images = [one for verdict in measured for one in (verdict.members or (verdict,))]
    assert all("Fewer than 5 images decide nothing." in verdict.sentence for verdict in by_images)
    assert all(
        "not enough images for an interval, 2 images" in verdict.sentence for verdict in by_images
    )


def test_an_undecided_claim_says_how_many_images_would_decide_it() -> None:
    verdict = next(
        one for one in judge(planted(smoothgrad=0.365), NOTHING) if one.claim.words == "Less noise"
    )
    wanted = re.search(
        r"If these images are typical, about ([\d,]+) would decide it, four times in five\.",
        verdict.sentence,
    )
    assert wanted
    assert verdict.sample is not None
    assert verdict.threshold is not None
    logs = np.log(
        verdict.sample.to_numpy()
    )  # of 6 claims and 4 members of the family there is a sample
    expected = images_to_decide(logs, np.log(verdict.threshold), alpha=0.05 / (MEASURED - 1 + 4))
    assert int(wanted[1].replace(",", "")) == expected


def test_a_sentence_holds_the_value_the_interval_the_images_and_the_mark() -> None:
    for verdict in every(planted()):
        assert verdict.mark in verdict.sentence.lower()
        if verdict.estimate is None:
            assert verdict.mark == "not measured in this run"
            assert verdict.claim.asks.needs in verdict.sentence
            continue
        numbers = re.findall(r"\d[\d,.]*\d|\d", verdict.sentence)
        for number in (verdict.estimate.mean, verdict.estimate.low, verdict.estimate.high):
            assert number is not None
            percent = "noise of" in verdict.unit and verdict.estimate.mean <= 3
            assert said(abs(100 * (number - 1)) if percent else number) in numbers
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
        "" if verdict.claim.about == "gradient methods" else REGISTERED[verdict.claim.about].title,
    )
    if verdict.claim.question == "fast_computation":
        mean, low, high = (
            said(one)
            for one in geometric(
                values(frame, "runtime")[about] / values(frame, "runtime.forward_pass")[about]
            )
        )
        return (
            f"{title} takes {mean} times (95 % interval {low} to {high}, 20 images) one "
            "forward pass of one image."
        )
    if verdict.claim.asks.test == "runtime":
        times, passes = (
            values(frame, "runtime")[about],
            values(frame, "runtime.backward_passes")[about].median(),
        )
        cost = (
            f"{title} takes {said(times.median())} ms and {passes:.0f} backward "
            f"pass{'es' if passes != 1 else ''} a map"
        )
        if about == "vanilla_gradients":
            return (
                f"{cost}. It is the unit of this comparison: 1.00 times (95 % interval 1.00 "
                "to 1.00, 20 images) itself by definition."
            )
        mean, low, high = (
            said(one) for one in geometric(times / values(frame, "runtime")["vanilla_gradients"])
        )
        return (
            f"{cost}: {mean} times (95 % interval {low} to {high}, 20 images) one Vanilla gradient."
        )
    other = "vanilla_gradients" if verdict.claim.question == "less_noise" else "grad_cam"
    noise = values(frame, "high_frequency_share")
    ratio = geometric(noise[about] / noise[other])
    if ratio[0] > 3:
        mean, low, high = (said(one) for one in ratio)
        return (
            f"{title} carries {mean} times (95 % interval {low} to {high}, 20 images) the "
            f"high-frequency noise of {REGISTERED[other].title}."
        )
    change = [100 * (one - 1) for one in ratio]
    assert change[1] * change[2] > 0
    near, far = sorted(said(abs(one)) for one in change[1:])
    near, far = sorted((near, far), key=lambda word: float(word.replace(",", "")))
    return (
        f"{title} carries {said(abs(change[0]))} % {'more' if change[0] > 0 else 'less'} "
        f"(95 % interval {near} to {far} %, 20 images) "
        f"high-frequency noise than {REGISTERED[other].title}."
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
    assert checked == MEASURED - 1 + 4
    (family,) = [one for one in judge(frame, NOTHING) if one.claim.question == "fast_computation"]
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
    share = values(frame, "high_frequency_share")
    plain = {verdict.claim: verdict.sentence for verdict in judge(planted(), NOTHING)}
    for verdict in judge(frame, NOTHING):
        if verdict.claim.asks.test == "noise":
            keys = dict.fromkeys(
                [verdict.claim.about, verdict.claim.asks.reference, "edges", "random"]
            )
            means = ", ".join(
                f"{REGISTERED[key].title} {said(np.exp(np.log(share[key]).mean()))}" for key in keys
            )
            words = f" High-frequency shares, geometric means: {means}."
            assert words in verdict.sentence
            assert verdict.sentence.replace(words, "") == plain[verdict.claim]
    failed = frame.assign(value=frame["value"].where(frame["method"] != "edges"))
    assert not any("Edges" in verdict.sentence for verdict in judge(failed, NOTHING))


def test_each_number_goes_when_its_rows_go() -> None:
    """No verdict outlives the rows that it was made from."""
    frame = planted()
    for verdict in judge(frame, NOTHING):
        metric = {"runtime": "runtime", "noise": "high_frequency_share"}.get(
            verdict.claim.asks.test
        )
        if metric is None:
            continue
        without = frame[
            ~(
                (frame["metric"] == metric)
                & (frame["method"].isin([verdict.claim.about, "vanilla_gradients", "grad_cam"]))
            )
        ]
        if verdict.claim.about == "gradient methods":
            without = frame[frame["metric"] != metric]
        again = judge(without, NOTHING, (verdict.claim,))[0]
        assert (again.mark, again.estimate) == ("not measured in this run", None)


def test_a_change_says_its_direction_when_the_interval_spans_none() -> None:
    frame = planted(smoothgrad=0.4)
    frame.loc[frame["method"] == "smoothgrad", "value"] *= np.tile([0.8, 1.25], 1000)[
        : (frame["method"] == "smoothgrad").sum()
    ]
    sentence = next(
        one.sentence for one in judge(frame, NOTHING) if one.claim.words == "Less noise"
    )
    assert re.search(r"95 % interval [\d.]+ % less to [\d.]+ % more, 20 images", sentence)


def test_under_no_difference_claims_are_rarely_confirmed() -> None:
    """Holm's correction over the claims of a page, each exactly at its threshold."""
    claims = tuple(
        Claim(method, "Less noise", "card", "less_noise")
        for method in ("smoothgrad", "integrated_gradients", "grad_cam")
    )
    rng = np.random.default_rng(5)
    runs = 400
    wrong = 0
    for _ in range(runs):
        rows = []
        base = rng.lognormal(-1, 0.2, 20)
        for method in METHODS[:4]:
            level = (
                base if method == "vanilla_gradients" else 0.9 * base * rng.lognormal(0, 0.2, 20)
            )
            rows += [
                {
                    "image": i,
                    "method": method,
                    "metric": "high_frequency_share",
                    "value": v,
                    "better": "lower",
                    "error": "",
                }
                for i, v in enumerate(level)
            ]
        wrong += any(
            verdict.mark == "confirmed" for verdict in judge(pd.DataFrame(rows), NOTHING, claims)
        )
    assert 0 < wrong / runs <= 0.07


def test_thresholds_decide() -> None:
    frame = planted()

    def mark(words: str, **changed: float) -> str:
        found = judge(frame, NOTHING, CLAIMS, replace(THRESHOLDS, **changed))
        return next(one.mark for one in found if one.claim.words == words)

    assert (mark("Less noise"), mark("Less noise", noise=0.6)) == ("confirmed", "refuted")
    assert (mark("Slow"), mark("Slow", slow=60)) == ("confirmed", "refuted")
    by_limit = [mark("Fast computation", fast_computation=limit) for limit in (1, 10, 100)]
    assert by_limit == ["refuted", "undecided", "confirmed"]
    assert (
        asked(CLAIMS[0], replace(THRESHOLDS, fast=2.5)) == "at most 2.5 times one Vanilla gradient"
    )
    assert asked(CLAIMS[4]) == "at least 10 % less noise than Vanilla Gradients"


# -- experiments -----------------------------------------------------------------------------------

FOUR = ("vanilla_gradients", "integrated_gradients", "smoothgrad", "grad_cam")


def test_every_claim_of_the_textbook_has_a_mark_when_the_experiments_are_there() -> None:
    found = {
        f"{one.claim.about}: {one.claim.words}": one
        for one in judge(planted(), findings(*FOUR, "random"))
    }
    assert {
        name: one.mark for name, one in found.items() if one.claim.asks.test == "experiment"
    } == {
        "grad_cam: CNN specific": "refuted",  # it runs on a transformer too
        "gradient methods: Model-agnostic": "confirmed",
        "gradient methods: Differentiable": "confirmed",
        "gradient methods: Saturation issue": "confirmed",
        "gradient methods: Requires gradients": "confirmed",
    }
    assert (
        "runs on a CNN and a transformer, not on an MLP: it needs a layer with a spatial output"
        in found["grad_cam: CNN specific"].sentence
    )
    agnostic = found["gradient methods: Model-agnostic"].sentence
    assert (
        "It holds for 3 of the 4 gradient methods in this run: Vanilla Gradients, "
        "Integrated Gradients and SmoothGrad." in agnostic
    )
    assert "Grad-CAM runs on a CNN and a transformer, not on an MLP" in agnostic
    assert (
        "On 1 - ReLU(1 - x) at x = 2 Integrated Gradients loses 0 % of its mass."
        in found["gradient methods: Saturation issue"].sentence
    )
    derivative = found["gradient methods: Differentiable"].sentence
    assert "It holds for 4 of the 4" in derivative
    relus = (
        findings(*FOUR)
        .query("experiment == 'derivative_with_relus' and value > 0")["method"]
        .tolist()
    )
    assert relus == ["grad_cam"]
    assert "With ReLUs, where a gradient jumps, it holds for 1 of 4: Grad-CAM." in derivative


def told(found: pd.DataFrame, method: str, experiment: str) -> tuple[float, str]:
    row = found[(found["method"] == method) & (found["experiment"] == experiment)].iloc[0]
    return float(row["value"]), str(row["words"])


def said_of(found: pd.DataFrame, method: str, question: str) -> tuple[str, bool]:
    """An experiment's sentence and its answer, made from the findings alone."""
    title = REGISTERED[method].title
    if question == "requires_gradients":
        value, _ = told(found, method, "runs_without_gradients")
        return (
            f"With gradients cut off {title} "
            f"{'gives a map all the same' if value else 'gives no map'}.",
            not value,
        )
    if question == "differentiable":
        (value, words), (sharp, why) = (
            told(found, method, name) for name in ("derivative", "derivative_with_relus")
        )
        if not value:
            return f"The map of {title} has no derivative: {words}.", False
        relus = "So it has with ReLUs." if sharp else f"With ReLUs it has none: {why}."
        return (
            f"The map of {title} has a derivative, {said(value)} of its own size {words}. {relus}",
            True,
        )
    if question == "saturation":
        value, _ = told(found, method, "missed_when_saturated")
        return (
            f"On 1 - ReLU(1 - x) at x = 2 {title} loses {said(100 * value)} % of its mass.",
            value > 0.1,
        )
    runs = [told(found, method, f"runs_on_{network}") for network in ("cnn", "transformer", "mlp")]
    if all(value for value, _ in runs):
        return f"{title} runs on a CNN, a transformer and an MLP.", question == "model_agnostic"
    assert [value for value, _ in runs] == [1, 1, 0]  # the CAM family
    why = runs[2][1].removeprefix(f"{title} does not apply here: ").rstrip(".")
    return f"{title} runs on a CNN and a transformer, not on an MLP: {why}.", False


def test_every_sentence_of_an_experiment_is_rebuilt_from_the_findings_alone() -> None:
    methods = (*FOUR, "occlusion", "guided_ig")
    found = findings(*methods)
    found.loc[
        (found["method"] == "smoothgrad") & (found["experiment"] == "missed_when_saturated"),
        "value",
    ] = 0.0734
    found.loc[
        (found["method"] == "guided_ig") & (found["experiment"] == "derivative"), ["value", "words"]
    ] = [0.0, "its map jumps"]
    checked = 0
    for verdict in judge(planted(), found, cards(methods)):
        if verdict.claim.asks.test != "experiment":
            continue
        words, answer = said_of(found, verdict.claim.about, verdict.claim.question)
        mark = "confirmed" if answer else "refuted"
        assert verdict.sentence == f"{words} The claim asks for {asked(verdict.claim)}: {mark}."
        assert verdict.mark == mark
        without = found[found["method"] != verdict.claim.about]
        assert judge(planted(), without, (verdict.claim,))[0].mark == "not measured in this run"
        checked += 1
    assert checked == 5 * len(methods)


def test_the_probe_on_the_runs_own_images_is_told_beside_the_closed_form_and_decides_nothing() -> (
    None
):
    found = findings("vanilla_gradients", "integrated_gradients")
    probed = pd.concat(
        [
            planted(),
            table(
                saturation={"vanilla_gradients": 0.4, "integrated_gradients": 1.5, "random": 9.0}
            ),
        ]
    )
    wide = values(probed, "saturation")
    asked_of = {
        verdict.claim.about: verdict
        for verdict in judge(probed, found, cards(["vanilla_gradients"]))
        if verdict.claim.question == "saturation"
    }
    own = wide["vanilla_gradients"]
    low, high = halls(own.to_numpy())
    words = (
        "On the run's own model and images its map has {} times (95 % interval {} to {}, 20 "
        "images) its mean mass on the way there from black."
    )
    assert (
        words.format(said(own.mean()), said(low), said(high))
        in asked_of["vanilla_gradients"].sentence
    )
    (family,) = [
        verdict for verdict in judge(probed, found) if verdict.claim.question == "saturation"
    ]
    both = wide[["vanilla_gradients", "integrated_gradients"]].mean(axis=1)
    assert (
        f"the maps of Vanilla Gradients and Integrated Gradients have {said(both.mean())} times ("
        in family.sentence
    )
    (without,) = [
        verdict for verdict in judge(planted(), found) if verdict.claim.question == "saturation"
    ]
    assert without.mark == family.mark
    assert "own model and images" not in without.sentence


def test_the_family_is_judged_by_most_of_its_members() -> None:
    family = tuple(claim for claim in CLAIMS if claim.question == "saturation")
    assert (
        judge(planted(), findings("vanilla_gradients", "integrated_gradients"), family)[0].mark
        == "undecided"
    )
    assert (
        judge(planted(), findings("integrated_gradients", "guided_ig"), family)[0].mark == "refuted"
    )
    assert (
        judge(planted(), findings("occlusion", "random"), family)[0].mark
        == "not measured in this run"
    )  # no gradient method among them


def test_only_what_runs_on_a_cnn_alone_is_cnn_specific() -> None:
    found = findings("grad_cam")
    claim = Claim("grad_cam", "CNN specific", "card", "cnn_specific")
    assert judge(planted(), found, (claim,))[0].mark == "refuted"
    found.loc[found["experiment"] == "runs_on_transformer", ["value", "words"]] = [
        0.0,
        "it needs a grid",
    ]
    assert judge(planted(), found, (claim,))[0].mark == "confirmed"


def test_a_method_that_failed_everywhere_leaves_the_family_claim_to_the_others() -> None:
    frame = planted()
    failed = pd.DataFrame(
        [
            {
                "image": f"i{image}",
                "method": "attention_gradients",
                "metric": "runtime",
                "value": np.nan,
                "better": "lower",
                "error": "no attention",
            }
            for image in range(20)
        ]
    )
    with_it = judge(pd.concat([frame, failed]), NOTHING)
    assert [one.sentence for one in with_it] == [one.sentence for one in judge(frame, NOTHING)]


def test_many_that_a_family_claim_does_not_hold_for_are_told_by_name() -> None:
    runtimes = dict.fromkeys(
        ("vanilla_gradients", "integrated_gradients", "smoothgrad", "vargrad", "blur_ig"), 600.0
    ) | {"grad_cam": 20.0}
    frame = table(runtime=runtimes, runtime__forward_pass=dict.fromkeys(runtimes, 10.0))
    (family,) = [one for one in judge(frame, NOTHING) if one.claim.question == "fast_computation"]
    assert family.mark == "refuted"
    assert family.measured == (
        "It holds for 1 of the 6 gradient methods in this run: Grad-CAM. "
        "Not for Vanilla Gradients, Integrated Gradients, SmoothGrad, VarGrad and Blur IG."
    )
    assert len(family.members) == 6


def test_a_method_that_cannot_be_tried_is_no_member() -> None:
    (family,) = [
        one
        for one in judge(planted(), findings("vanilla_gradients", "attention_gradients"))
        if one.claim.question == "saturation"
    ]
    assert family.measured.startswith(
        "It holds for 1 of the 1 gradient methods in this run: Vanilla Gradients."
    )
    assert [one.claim.about for one in family.members] == ["vanilla_gradients"]


def test_of_two_variants_the_default_one_is_the_textbooks() -> None:
    """Neither the order in the run nor a variant's odd parameters decide the textbook's claim."""
    default = f"smoothgrad-{REGISTERED.build('smoothgrad').digest[:6]}"
    shares = {"vanilla_gradients": 0.4, "grad_cam": 0.1}
    for order in (
        {default: 0.2, "smoothgrad-aaaaaa": 0.6},
        {"smoothgrad-aaaaaa": 0.6, default: 0.2},
    ):
        assert (
            marks(table(high_frequency_share=shares | order))["smoothgrad: Less noise"]
            == "confirmed"
        )
    two = table(high_frequency_share={**shares, "smoothgrad-aaaaaa": 0.6, "smoothgrad-bbbbbb": 0.2})
    assert marks(two)["smoothgrad: Less noise"] == "not measured in this run"


def test_an_undecided_claim_says_when_only_the_correction_keeps_it_so() -> None:
    """Three claims on one sample: p is three times what it is for one."""
    alike = ("smoothgrad", "integrated_gradients", "grad_cam")
    claims = tuple(Claim(method, "Less noise", "card", "less_noise") for method in alike)
    lean = np.random.default_rng(3).normal(0, 0.1, 20)
    met = set()
    for level in np.linspace(-0.2, 0, 81):
        ratios = {"vanilla_gradients": np.zeros(20)} | dict.fromkeys(
            alike, np.log(0.9) + level + lean - lean.mean()
        )
        frame = pd.DataFrame(
            [
                {
                    "image": image,
                    "method": key,
                    "metric": "high_frequency_share",
                    "value": 0.4 * np.exp(log),
                    "better": "lower",
                    "error": "",
                }
                for key, logs in ratios.items()
                for image, log in enumerate(logs)
            ]
        )
        (alone,), three = judge(frame, NOTHING, claims[:1]), judge(frame, NOTHING, claims)
        only = alone.mark != "undecided" and three[0].mark == "undecided"
        assert all(
            ("By itself it would be decided; 3 claims are tested at once." in one.sentence) == only
            for one in three
        )
        assert "By itself" not in alone.sentence
        met.add(only)
    assert met == {True, False}


def test_an_experiment_that_could_not_be_made_decides_nothing() -> None:
    claim = Claim("attention_gradients", "Saturation issue", "card", "saturation")
    verdict = judge(planted(), findings("attention_gradients"), (claim,))[0]
    assert verdict.mark == "undecided"
    assert "cannot be tried" in verdict.sentence
    without = findings("vanilla_gradients")
    without = without[without["experiment"] != "derivative"]
    claim = Claim("vanilla_gradients", "Differentiable", "card", "differentiable")
    assert judge(planted(), without, (claim,))[0].mark == "not measured in this run"


def test_the_same_questions_are_put_to_every_method_and_to_no_control() -> None:
    asked_of = cards(["smoothgrad", "occlusion", "random"])
    assert [(one.about, one.question) for one in asked_of] == [
        (name, key) for name in ("smoothgrad", "occlusion") for key in QUESTIONS
    ]
    found = {
        one.claim.words: one.mark
        for one in judge(planted(), findings("occlusion"), cards(["occlusion"]))
    }
    assert found["Requires gradients"] == "refuted"
    assert found["Model-agnostic"] == "confirmed"
    assert found["CNN specific"] == "refuted"
    assert found["Saturation issue"] == "refuted"
    assert found["Fast"] == "not measured in this run"  # not among the planted methods


def test_grad_cam_is_what_noise_is_held_against() -> None:
    found = {one.claim.words: one for one in judge(planted(), NOTHING, cards(["grad_cam"]))}
    assert found["Smooth"].mark == "confirmed"
    assert found["Noisy"].mark == "refuted"
    assert "is what this claim holds others against" in found["Smooth"].sentence


def test_every_record_says_where_it_comes_from_and_asks_something_known() -> None:
    assert {claim.source for claim in CLAIMS} == {TEXTBOOK}
    assert {claim.question for claim in CLAIMS} <= set(QUESTIONS)
    assert set(findings("random")["experiment"]) == set(EXPERIMENTS)


def test_every_claim_of_the_textbook_is_a_record() -> None:
    words = {(claim.about, claim.words) for claim in CLAIMS}
    assert {
        ("vanilla_gradients", "Fast"),
        ("vanilla_gradients", "Noisy"),
        ("integrated_gradients", "Smooth"),
        ("integrated_gradients", "Slow"),
        ("smoothgrad", "Less noise"),
        ("grad_cam", "CNN specific"),
        ("gradient methods", "Model-agnostic"),
        ("gradient methods", "Fast computation"),
        ("gradient methods", "Differentiable"),
        ("gradient methods", "Saturation issue"),
        ("vanilla_gradients", "Noise in vanilla"),
        ("gradient methods", "Requires gradients"),
    } == words
