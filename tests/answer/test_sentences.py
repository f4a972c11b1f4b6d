"""Sentences that a run makes: none has more than two numbers, and none an exponent."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from heatcheck.answer.summary import Summary
from heatcheck.judgement import conclusion
from heatcheck.judgement.model_check import ModelCheck
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import on_intervals, standings
from heatcheck.judgement.substrate_flips import flips
from heatcheck.tests.doubles.tables import METHODS, asked, planted, table
from heatcheck.tests.doubles.verdicts import GRADIENT_METHODS, findings

NUMBER = re.compile(r"(?<![\w.\-])[-+<>]*\d[\d.,]*")
NONE = dict.fromkeys(("random", "edges", "centre_prior"), 0.0)
KNOWING = ModelCheck((0, 1) * 10, (0, 1) * 10, (0, 1) * 10, (0.9,) * 20)


def runs() -> Iterator[Summary]:
    """Planted runs that make as many kinds of sentence as there are."""
    gains = {"vanilla_gradients": 0.0, "integrated_gradients": 0.006, "smoothgrad": 0.03}
    gains["grad_cam"] = 0.3
    split = {method: (mean, -mean) for method, mean in gains.items()}
    areas = dict.fromkeys(METHODS, 0.3)
    sides = {f"deletion__on_{name}": areas for name in ("mean", "blur", "black")}
    for place, picture, model, noise in (
        (gains, gains, gains, 0.2),
        (split, gains, gains, 0.36),
        (gains, split, {}, 0.362),
        ({}, gains, {}, 0.4),
    ):
        frame = asked(
            place={**place, **(NONE if place else {})},
            picture={**picture, **NONE, "edges": (0.1, 0.35)},
            model=model,
        )
        more = [planted(smoothgrad=noise, random=0.99), table(deletion=areas, insertion=areas)]
        more += [table(**sides), table(fineness=areas), table(saturation=areas)]
        yield Summary(Scores(pd.concat([frame, *more]), KNOWING), findings(*GRADIENT_METHODS))
    few = asked(3, picture={**gains, **NONE})
    yield Summary(Scores(few), findings(*GRADIENT_METHODS))
    spread = planted()
    rng = np.random.default_rng(0)
    passes = spread["metric"].str.endswith("_passes")
    spread.loc[passes, "value"] *= rng.choice([1.0, 2.0, 3.0], int(passes.sum()))
    yield Summary(Scores(spread), findings(*GRADIENT_METHODS))


def sentences(run: Summary) -> Iterator[str]:
    scores = run.scores
    yield from run.model
    yield from (run.headline.answer, *run.headline.sure, *run.headline.change)
    yield from conclusion.sentences(scores)
    for verdict in (*run.verdicts, *run.asked):
        yield verdict.sentence
    yield run.advice.sentence
    yield from (why for _, why in run.advice.others)
    yield from (flip.sentence for flip in flips(scores))
    yield on_intervals(standings(scores))
    for profile in run.profiles:
        yield from (*profile.strengths, *profile.limitations)


def test_no_sentence_has_more_than_two_numbers_or_an_exponent() -> None:
    seen = set()
    for run in runs():
        for text in sentences(run):
            seen.add(text)
            assert not re.search(r"\d[eE][-+]?\d", text), text
            for sentence in re.split(r"(?<=[.:;!?]) ", text):
                assert len(NUMBER.findall(sentence)) <= 2, sentence
    assert len(seen) > 100  # kinds of sentence enough to mean something


def test_every_number_that_a_sentence_leaves_out_stands_in_its_rows() -> None:
    for run in runs():
        for verdict in run.asked:
            if verdict.estimate is None or not verdict.estimate.sure:
                continue
            rows = dict(verdict.rows)
            assert rows["Images"] == str(verdict.estimate.n)
            assert " to " in rows["95 % interval"]
            assert "After Holm's correction" in rows
