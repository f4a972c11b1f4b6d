"""Verdicts: planted effects get their marks; Holm's correction; claims about the family."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from heatcheck.attribution import METHODS
from heatcheck.judgement.claims import CLAIMS
from heatcheck.judgement.statistics import images_to_decide
from heatcheck.judgement.verdicts import asked
from heatcheck.tests.doubles.tables import planted, table
from heatcheck.tests.doubles.verdicts import (
    GRADIENT_METHODS,
    NOTHING,
    card,
    findings,
    judged,
    marks,
)

MEASURED = 7  # claims of the textbook that a run's table decides


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
        verdict for verdict in judged(few, NOTHING) if verdict.mark != "not measured in this run"
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
        one for one in judged(planted(smoothgrad=0.365), NOTHING) if one.claim.words == "Less noise"
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


def test_under_no_difference_claims_are_rarely_confirmed() -> None:
    """Holm's correction over the claims of a page, each exactly at its threshold."""
    claims = tuple(
        card(method, "less_noise") for method in ("smoothgrad", "integrated_gradients", "grad_cam")
    )
    rng = np.random.default_rng(5)
    runs = 400
    wrong = 0
    for _ in range(runs):
        rows = []
        base = rng.lognormal(-1, 0.2, 20)
        for method in GRADIENT_METHODS:
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
            verdict.mark == "confirmed" for verdict in judged(pd.DataFrame(rows), NOTHING, claims)
        )
    assert 0 < wrong / runs <= 0.07


def test_thresholds_decide() -> None:
    frame = planted()

    def mark(words: str, **changed: float) -> str:
        found = judged(frame, NOTHING, CLAIMS, changed)
        return next(one.mark for one in found if one.claim.words == words)

    assert (mark("Less noise"), mark("Less noise", noise=0.6)) == ("confirmed", "refuted")
    assert (mark("Slow"), mark("Slow", slow=60)) == ("confirmed", "refuted")
    by_limit = [mark("Fast computation", fast_computation=limit) for limit in (1, 10, 100)]
    assert by_limit == ["refuted", "undecided", "confirmed"]
    assert asked(CLAIMS[0], {"fast": 2.5}) == "at most 2.5 times one Vanilla gradient"
    assert asked(CLAIMS[4]) == "at least 10 % less noise than Vanilla Gradients"


def test_the_family_is_judged_by_most_of_its_members() -> None:
    family = tuple(claim for claim in CLAIMS if claim.question.name == "saturation")
    assert (
        judged(planted(), findings("vanilla_gradients", "integrated_gradients"), family)[0].mark
        == "undecided"
    )
    assert (
        judged(planted(), findings("integrated_gradients", "guided_ig"), family)[0].mark
        == "refuted"
    )
    assert (
        judged(planted(), findings("occlusion", "random"), family)[0].mark
        == "not measured in this run"
    )  # no gradient method among them


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
    with_it = judged(pd.concat([frame, failed]), NOTHING)
    assert [one.sentence for one in with_it] == [one.sentence for one in judged(frame, NOTHING)]


def test_many_that_a_family_claim_does_not_hold_for_are_told_by_name() -> None:
    runtimes = dict.fromkeys(
        ("vanilla_gradients", "integrated_gradients", "smoothgrad", "vargrad", "blur_ig"), 600.0
    ) | {"grad_cam": 20.0}
    frame = table(runtime=runtimes, runtime__forward_pass=dict.fromkeys(runtimes, 10.0))
    (family,) = [
        one for one in judged(frame, NOTHING) if one.claim.question.name == "fast_computation"
    ]
    assert family.mark == "refuted"
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
    claims = tuple(card(method, "less_noise") for method in alike)
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
        (alone,), three = judged(frame, NOTHING, claims[:1]), judged(frame, NOTHING, claims)
        only = alone.mark != "undecided" and three[0].mark == "undecided"
        assert all(
            ("By itself it would be decided; 3 claims are tested at once." in one.sentence) == only
            for one in three
        )
        assert "By itself" not in alone.sentence
        met.add(only)
    assert met == {True, False}
