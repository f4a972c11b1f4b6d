"""The textbook's claims and the cards: records that ask something known."""

from __future__ import annotations

from heatcheck.judgement.claims import CLAIMS, TEXTBOOK, cards
from heatcheck.judgement.questions import QUESTIONS
from heatcheck.runs.experiments import EXPERIMENTS
from heatcheck.tests.doubles.tables import planted
from heatcheck.tests.doubles.verdicts import findings, judged


def test_the_same_questions_are_put_to_every_method_and_to_no_control() -> None:
    asked_of = cards(["smoothgrad", "occlusion", "random"])
    assert [(one.about, one.question.name) for one in asked_of] == [
        (name, key) for name in ("smoothgrad", "occlusion") for key in QUESTIONS
    ]
    found = {
        one.claim.words: one.mark
        for one in judged(planted(), findings("occlusion"), cards(["occlusion"]))
    }
    assert found["Requires gradients"] == "refuted"
    assert found["Model-agnostic, among differentiable networks"] == "confirmed"
    assert found["CNN specific"] == "refuted"
    assert found["Saturation issue"] == "refuted"
    assert found["Fast"] == "not measured in this run"  # not among the planted methods


def test_every_record_says_where_it_comes_from_and_asks_something_known() -> None:
    assert {claim.source for claim in CLAIMS} == {TEXTBOOK}
    assert {claim.question for claim in CLAIMS} <= set(QUESTIONS.values())
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
        ("gradient methods", "Model-agnostic, among differentiable networks"),
        ("gradient methods", "Fast computation"),
        ("gradient methods", "Differentiable"),
        ("gradient methods", "Saturation issue"),
        ("vanilla_gradients", "Noise in vanilla"),
        ("gradient methods", "Requires gradients"),
    } == words
