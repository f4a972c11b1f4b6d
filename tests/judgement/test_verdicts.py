"""Verdicts: planted effects get their marks; Holm's correction; claims about the family."""

from __future__ import annotations

import numpy as np
import pandas as pd

from heatcheck.attribution import METHODS
from heatcheck.judgement.claims import CLAIMS
from heatcheck.judgement.power import images_to_decide
from heatcheck.judgement.statistics import p_against
from heatcheck.judgement.verdicts import Verdict, asked, countable
from heatcheck.tests.doubles.tables import counts, planted, repeats, table
from heatcheck.tests.doubles.verdicts import (
    GRADIENT_METHODS,
    NOTHING,
    card,
    findings,
    judged,
    marks,
)

SAMPLES = 3  # claims of the textbook that images decide: two ask one thing of Vanilla Gradients
UNIT, ABSENT = "the unit, not tested", "not measured in this run"


def test_planted_effects_get_their_marks() -> None:
    got = marks(planted())
    assert got["vanilla_gradients: Fast"] == UNIT
    assert got["integrated_gradients: Slow"] == "confirmed"
    assert got["integrated_gradients: Smooth"] == "refuted"
    assert got["vanilla_gradients: Noisy"] == "confirmed"
    assert got["smoothgrad: Less noise"] == "confirmed"
    assert got["gradient methods: Fast computation"] == "mixed"  # two are, two are not
    assert got["grad_cam: CNN specific"] == ABSENT


def test_the_opposite_effects_get_the_opposite_marks() -> None:
    assert marks(planted(smoothgrad=0.6))["smoothgrad: Less noise"] == "refuted"
    assert (
        marks(planted(smoothgrad=0.36))["smoothgrad: Less noise"] == "undecided"
    )  # at the threshold itself
    assert marks(planted(integrated_gradients=0.1))["integrated_gradients: Smooth"] == "confirmed"
    assert marks(planted(vanilla_gradients=0.02))["vanilla_gradients: Noisy"] == "refuted"


def test_a_claim_without_its_metric_is_not_measured() -> None:
    frame = planted()
    without = frame[~frame["metric"].str.startswith("repeatability")]
    assert marks(without)["smoothgrad: Less noise"] == ABSENT
    assert marks(without)["vanilla_gradients: Noisy"] == ABSENT
    assert marks(without)["integrated_gradients: Slow"] == "confirmed"
    failed = frame.assign(value=frame["value"].where(frame["method"] != "smoothgrad"))
    assert marks(failed)["smoothgrad: Less noise"] == ABSENT
    assert set(marks(frame.iloc[:0]).values()) == {ABSENT}


def test_the_high_frequency_share_of_an_old_run_is_not_read_as_noise() -> None:
    old = table(
        high_frequency_share={"vanilla_gradients": 0.4, "smoothgrad": 0.2, "grad_cam": 1e-4}
    )
    got = marks(old)
    assert got["vanilla_gradients: Noisy"] == ABSENT
    assert got["smoothgrad: Less noise"] == ABSENT


def test_two_images_decide_nothing_but_what_is_counted() -> None:
    frame = planted()
    few = frame[frame["image"].isin(["i0", "i1"])]
    by_images = [verdict for verdict in judged(few) if verdict.sample is not None]
    assert len(by_images) == SAMPLES + 1  # "Noise in vanilla" is "Noisy"
    assert {verdict.mark for verdict in by_images} == {"undecided"}
    assert all("Fewer than 5 images decide nothing." in one.sentence for one in by_images)
    for one in by_images:
        rows = dict(one.rows)
        assert (rows["95 % interval"], rows["Images"]) == ("none: not enough images", "2")
    assert marks(few)["integrated_gradients: Slow"] == "confirmed"


def test_images_that_all_have_one_value_decide_nothing() -> None:
    frame = repeats(vanilla_gradients=np.full(20, 0.4), smoothgrad=np.full(20, 0.1))
    verdict = judged(frame, claims=[card("smoothgrad", "less_noise")])[0]
    assert (verdict.mark, verdict.p) == ("undecided", 1.0)
    assert "75.0 % less noise than" in verdict.sentence
    assert dict(verdict.rows)["95 % interval"] == "none: the same on all"
    assert verdict.sentence.endswith("Images that all have one value decide nothing.")


LEAN = np.random.default_rng(3).normal(0, 0.1, 20)


def off_by(shift: float) -> np.ndarray:
    """Noise whose ratio to .4 lies this far from the threshold of .9, in logarithms, on average."""
    return 0.36 * np.exp(shift + LEAN - LEAN.mean())


def test_an_undecided_claim_says_how_many_images_would_decide_it_by_its_own_test() -> None:
    """Of two other claims one is decided, one is not: within Holm's procedure it has .025."""
    frame = repeats(
        vanilla_gradients=np.full(20, 0.4),
        smoothgrad=off_by(-0.03),
        integrated_gradients=off_by(1.0),
        grad_cam=off_by(0.02),
    )
    claims = [card(method, "less_noise") for method in GRADIENT_METHODS[1:]]
    decided, verdict, other = judged(frame, claims=claims)
    assert [one.mark for one in (decided, verdict, other)] == ["refuted", *["undecided"] * 2]
    logs = np.log(off_by(-0.03) / 0.4)
    expected = images_to_decide(logs, float(np.log(0.9)), alpha=0.025)
    assert expected is not None
    assert expected.n > 20
    assert verdict.sentence.endswith(
        f" If these images are typical, about {expected.n} would confirm it four times in five."
    )
    assert dict(verdict.rows)["Images that would decide it"] == (f"{expected.fewest} to any number")
    assert "would be needed to refute it" in other.sentence or "would refute it" in other.sentence


def test_an_effect_at_its_threshold_says_more_than_and_no_figure() -> None:
    frame = repeats(vanilla_gradients=np.full(20, 0.4), smoothgrad=off_by(-0.001))
    sentence = judged(frame, claims=[card("smoothgrad", "less_noise")])[0].sentence
    assert sentence.endswith(
        " If these images are typical, more than 200 would be needed to confirm it four times in "
        "five."
    )


def test_under_no_difference_claims_are_rarely_confirmed() -> None:
    """Holm's correction over the claims of a page, each exactly at its threshold."""
    claims = tuple(
        card(method, "less_noise") for method in ("smoothgrad", "integrated_gradients", "grad_cam")
    )
    rng = np.random.default_rng(5)
    runs = 400
    wrong = 0
    for _ in range(runs):
        base = rng.lognormal(-1, 0.2, 20)
        others = {
            method: 0.9 * base * rng.lognormal(0, 0.2, 20)
            for method in GRADIENT_METHODS
            if method != "vanilla_gradients"
        }
        frame = repeats(vanilla_gradients=base, **others)
        wrong += any(verdict.mark == "confirmed" for verdict in judged(frame, NOTHING, claims))
    assert 0 < wrong / runs <= 0.07


def test_thresholds_decide() -> None:
    frame = planted()

    def mark(words: str, **changed: float) -> str:
        verdicts = judged(frame, NOTHING, CLAIMS, changed)
        return next(one.mark for one in verdicts if one.claim.words == words)

    assert (mark("Less noise"), mark("Less noise", noise=0.6)) == ("confirmed", "refuted")
    assert (mark("Noisy"), mark("Noisy", noisy=0.6)) == ("confirmed", "refuted")
    assert (mark("Slow"), mark("Slow", slow=60)) == ("confirmed", "refuted")
    by_limit = [mark("Fast computation", fast_computation=limit) for limit in (1, 10, 200)]
    assert by_limit == ["refuted", "mixed", "confirmed"]
    assert asked(CLAIMS[0], {"fast": 2.5}) == "at most 2.5 times one Vanilla gradient"
    assert asked(CLAIMS[4]) == "at least 10 % less of what does not repeat than Vanilla Gradients"


def test_a_family_whose_members_differ_is_mixed() -> None:
    claims = tuple(claim for claim in CLAIMS if claim.question.name == "saturation")

    def family(*methods: str) -> Verdict:
        return judged(planted(), findings(*methods), claims)[0]

    split = family("vanilla_gradients", "integrated_gradients", "grad_cam")
    assert (split.mark, split.label) == ("mixed", "mixed, 1 of 3")
    assert split.sentence.startswith(
        "It holds for 1 of the 3 gradient methods in this run: Vanilla Gradients. "
    )
    assert split.sentence.endswith(" It is mixed, 1 of 3.")
    assert family("integrated_gradients", "guided_ig").label == "refuted"
    assert family("vanilla_gradients", "input_x_gradient").label == "confirmed"
    assert family("occlusion", "random").mark == ABSENT  # no gradient method among them


def test_members_that_are_undecided_leave_the_family_undecided() -> None:
    rng = np.random.default_rng(0)
    rows = {method: 0.1 * np.exp(rng.normal(0, 0.2, 20)) for method in GRADIENT_METHODS[1:]}
    frame = repeats(vanilla_gradients=np.full(20, 0.4) * rng.lognormal(0, 0.1, 20), **rows)
    family = judged(frame, claims=[card("gradient methods", "noisy")])[0]
    assert {one.mark for one in family.members} == {"confirmed", "undecided"}
    assert family.mark == "undecided"


def test_a_unit_is_not_tested_and_counts_nowhere() -> None:
    verdicts = judged(planted(), findings(*GRADIENT_METHODS))
    (unit,) = [one for one in verdicts if one.mark == UNIT]
    assert unit.sentence == (
        "Vanilla Gradients takes 1 forward and 1 backward pass a map: the unit of this comparison."
    )
    assert (unit.p, unit.sample) == (None, None)
    assert unit not in countable(verdicts)
    own = judged(planted(), claims=[card("vanilla_gradients", "less_noise")])[0]
    assert (own.mark, own.p) == (UNIT, None)


def test_what_two_claims_ask_is_counted_and_tested_once() -> None:
    verdicts = judged(planted(), findings(*GRADIENT_METHODS))
    twice = [one for one in verdicts if one.claim.words in ("Noisy", "Noise in vanilla")]
    assert [one.sentence for one in twice] == [twice[0].sentence] * 2
    assert [one in countable(verdicts) for one in twice] == [True, False]
    assert len(countable(verdicts)) == len(CLAIMS) - 2  # the unit, and the second of the two
    alone = judged(planted(), claims=[one.claim for one in twice])
    assert alone[0].sample is not None
    assert alone[0].p == p_against(alone[0].sample.to_numpy(), 0.1)


def test_a_method_that_failed_everywhere_leaves_the_family_claim_to_the_others() -> None:
    frame = planted()
    failed = counts(["attention_gradients"], [1]).assign(value=np.nan, error="no attention")
    with_it = judged(pd.concat([frame, failed]), NOTHING)
    assert [one.sentence for one in with_it] == [one.sentence for one in judged(frame, NOTHING)]


def test_many_that_a_family_claim_does_not_hold_for_are_told_by_name() -> None:
    slow = ("vanilla_gradients", "integrated_gradients", "smoothgrad", "vargrad", "blur_ig")
    frame = counts([*slow, "grad_cam"], [50] * len(slow) + [1])
    (family,) = [
        one for one in judged(frame, NOTHING) if one.claim.question.name == "fast_computation"
    ]
    assert family.label == "mixed, 1 of 6"
    assert family.measured == (
        "It holds for 1 of the 6 gradient methods in this run: Grad-CAM. "
        "Not for Vanilla Gradients, Integrated Gradients, SmoothGrad, VarGrad and Blur IG."
    )
    assert len(family.members) == 6


def test_a_method_that_cannot_be_tried_is_no_member() -> None:
    (family,) = [
        one
        for one in judged(planted(), findings("vanilla_gradients", "attention_gradients"))
        if one.claim.question.name == "saturation"
    ]
    assert family.measured.startswith(
        "It holds for 1 of the 1 gradient methods in this run: Vanilla Gradients."
    )
    assert [one.claim.about for one in family.members] == ["vanilla_gradients"]


def test_of_two_variants_the_default_one_is_the_textbooks() -> None:
    """Neither the order in the run nor a variant's odd parameters decide the textbook's claim."""
    default = f"smoothgrad-{METHODS.build('smoothgrad').digest[:6]}"
    kept = {"vanilla_gradients": 0.6}
    for order in (
        {default: 0.8, "smoothgrad-aaaaaa": 0.4},
        {"smoothgrad-aaaaaa": 0.4, default: 0.8},
    ):
        assert marks(table(repeatability=kept | order))["smoothgrad: Less noise"] == "confirmed"
    two = table(repeatability={**kept, "smoothgrad-aaaaaa": 0.4, "smoothgrad-bbbbbb": 0.8})
    assert marks(two)["smoothgrad: Less noise"] == ABSENT


def test_an_undecided_claim_says_when_only_the_correction_keeps_it_so() -> None:
    """Three claims on one sample: p is three times what it is for one."""
    alike = ("smoothgrad", "integrated_gradients", "grad_cam")
    claims = tuple(card(method, "less_noise") for method in alike)
    lean = np.random.default_rng(3).normal(0, 0.1, 20)
    met = set()
    for level in np.linspace(-0.2, 0, 81):
        noise = dict.fromkeys(alike, 0.4 * np.exp(np.log(0.9) + level + lean - lean.mean()))
        frame = repeats(vanilla_gradients=np.full(20, 0.4), **noise)
        (alone,), three = judged(frame, NOTHING, claims[:1]), judged(frame, NOTHING, claims)
        only = alone.mark != "undecided" and three[0].mark == "undecided"
        assert all(
            ("By itself it would be decided; 3 claims are tested at once." in one.sentence) == only
            for one in three
        )
        assert "By itself" not in alone.sentence
        met.add(only)
    assert met == {True, False}
