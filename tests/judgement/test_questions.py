"""Questions are records: one more is judged, asked of every method and offered to the reader, and
nothing else is changed.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from heatcheck.core.errors import BadParameter, UnknownName
from heatcheck.judgement.claims import CLAIMS, FAMILY, Claim, cards
from heatcheck.judgement.observations import Measurement, Observations, Sample, sample_of, scored
from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.questions import QUESTIONS, Question, Threshold, thresholds
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import judge_tables
from heatcheck.tests.doubles.tables import planted, table
from heatcheck.tests.doubles.verdicts import GRADIENT_METHODS, card, findings, judged
from heatcheck.tools.write_cards import claims_tables


def sparser(observed: Observations, method: str, threshold: float) -> Sample | None:
    """Sparseness over that of Random."""
    wide = observed.scores.of("sparseness")
    key, chance = scored(wide, method), scored(wide, "random")
    if key is None or chance is None:
        return None
    return sample_of(
        wide[key] / wide[chance],
        threshold,
        False,
        "times Random",
        lambda mean: f"{title_of(key)} is {mean.mean:.2f} times as sparse as Random.",
    )


SPARSE = Question(
    "sparse",
    "Sparse",
    "at least {threshold} times the sparseness of Random",
    "the metric Sparseness on the method and on Random",
    "images",
    sparser,
    Threshold("sparse", 2.0, 1.0, 50.0, 0.5, "Sparse: at least … times as sparse as Random"),
)


@pytest.fixture
def sparse(monkeypatch: pytest.MonkeyPatch) -> Question:
    """One record more."""
    monkeypatch.setitem(QUESTIONS, "sparse", SPARSE)
    return SPARSE


def test_a_question_is_one_record(sparse: Question) -> None:
    frame = table(sparseness={"smoothgrad": 0.6, "grad_cam": 0.3, "random": 0.2})
    (clear,) = judged(frame, claims=[card("smoothgrad", "sparse")])
    assert clear.mark == "confirmed"
    assert clear.sentence.endswith(
        " times as sparse as Random. The claim asks for at least 2 times the sparseness of "
        "Random: confirmed."
    )
    (moved,) = judged(frame, claims=[card("smoothgrad", "sparse")], moved={"sparse": 5.0})
    assert (moved.mark, moved.threshold) == ("refuted", pytest.approx(5.0))
    assert "at least 5 times the sparseness of Random" in moved.sentence
    (family,) = judged(frame, claims=[Claim(FAMILY, "Sparse", "strength", sparse)])
    assert family.label == "mixed, 1 of 2"
    assert family.measured.startswith("It holds for 1 of the 2 gradient methods in this run")
    (absent,) = judged(frame, claims=[card("occlusion", "sparse")])
    assert absent.sentence == (
        "Not measured in this run. It takes the metric Sparseness on the method and on Random."
    )


def test_a_new_question_is_asked_of_every_method_and_its_threshold_is_offered(
    sparse: Question,
) -> None:
    assert [one.question.name for one in cards(["smoothgrad"])] == list(QUESTIONS)
    assert cards(["smoothgrad"])[-1].words == "Sparse"
    assert thresholds()["sparse"] == sparse.threshold
    tables = claims_tables()
    assert "| Sparse | images | the metric Sparseness on the method and on Random |" in tables
    assert "| `sparse` | 2 |" in tables


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_says_what_it_asks_and_its_threshold_lies_in_its_range(name: str) -> None:
    question = QUESTIONS[name]
    assert question.name == name
    asked = question.asked({})
    assert "{" not in asked
    assert "nan" not in asked
    assert question.needs
    if question.threshold is None:
        assert math.isnan(question.limit({}))
        return
    one = question.threshold
    assert one.low <= one.default <= one.high
    assert question.limit({}) == one.default
    assert question.limit({one.name: one.high}) == one.high
    assert question.asked({one.name: one.high}) != asked
    assert "…" in one.label


def test_a_moved_threshold_that_is_not_there_or_out_of_range_is_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'noisy'"):
        judged(planted(), moved={"nois": 0.2})
    for value in (-0.1, 1.0, math.nan, math.inf):
        with pytest.raises(BadParameter, match=r"'noise' between 0 and 0\.99"):
            judged(planted(), moved={"noise": value})


def test_two_thresholds_of_one_name_are_refused(
    sparse: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sparse.threshold is not None
    other = replace(sparse, name="sparser", threshold=replace(sparse.threshold, default=3.0))
    monkeypatch.setitem(QUESTIONS, "sparser", other)
    with pytest.raises(BadParameter, match="one threshold 'sparse'"):
        thresholds()


def test_what_two_tables_ask_of_one_method_is_measured_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts: Counter[tuple[str, str]] = Counter()

    def counted(
        question: Question, observed: Observations, method: str, threshold: float
    ) -> Measurement | None:
        counts[question.name, method] += 1
        return question.measure(observed, method, threshold)

    watched = {
        name: replace(question, measure=partial(counted, question))
        for name, question in QUESTIONS.items()
    }
    for name, question in watched.items():
        monkeypatch.setitem(QUESTIONS, name, question)
    claims = tuple(replace(claim, question=watched[claim.question.name]) for claim in CLAIMS)
    found = findings(*GRADIENT_METHODS)
    both = judge_tables(Scores(planted()), found, (claims, cards(GRADIENT_METHODS)))
    assert set(counts.values()) == {1}
    assert set(counts) == {(name, key) for name in QUESTIONS for key in GRADIENT_METHODS}
    alone = (judged(planted(), found, claims), judged(planted(), found, cards(GRADIENT_METHODS)))
    for together, apart in zip(both, alone, strict=True):  # each with its own correction
        assert [one.sentence for one in together] == [one.sentence for one in apart]
        assert [one.p for one in together] == [one.p for one in apart]
