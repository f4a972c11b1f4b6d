"""The table at a glance: every number is the table's, every mark what was measured."""

from __future__ import annotations

import pandas as pd
import pytest

from heatcheck.answer.glance import COLUMNS, Row
from heatcheck.answer.summary import Summary
from heatcheck.judgement.model_check import ModelCheck
from heatcheck.judgement.phrases import interval, three_digits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import mean_of
from heatcheck.runs.experiments import NETWORKS
from heatcheck.tests.doubles.tables import asked, blanked, planted, table

METHODS = ("vanilla_gradients", "integrated_gradients", "smoothgrad", "grad_cam")
CONTROLS = ("random", "edges", "centre_prior")
NONE = dict.fromkeys(CONTROLS, 0.0)


def findings(**lost: float) -> pd.DataFrame:
    """What experiments found: Grad-CAM runs on no MLP; `lost` when saturated, by method."""
    rows = [
        (method, f"runs_on_{network}", float(method != "grad_cam" or network != "mlp"), "why")
        for method in METHODS
        for network in NETWORKS
    ]
    rows += [
        (method, "lost_when_saturated", value, "its map is zero") for method, value in lost.items()
    ]
    rows += [(method, "runs_without_gradients", 0.0, "") for method in METHODS]
    return pd.DataFrame(rows, columns=["method", "experiment", "value", "words"])


def summary(model: ModelCheck | None = None) -> Summary:
    gains = dict(zip(METHODS, (0.0, 0.0, 0.2, 0.3), strict=True))
    frame = pd.concat(
        [
            asked(
                place={**gains, "smoothgrad": 0.0, **NONE}, picture={**gains, **NONE}, model=gains
            ),
            planted(random=1.0),
            table(repeatability={"edges": 1.0}),
        ]
    )
    lost = findings(
        vanilla_gradients=1.0, integrated_gradients=0.0, smoothgrad=0.5, grad_cam=float("nan")
    )
    return Summary(Scores(frame, model), lost)


def row(told: Summary, method: str) -> Row:
    return next(one for one in told.glance if one.method == method)


def test_methods_come_first_and_controls_last_with_a_cell_a_column() -> None:
    rows = summary().glance
    assert [one.control for one in rows] == [False] * 4 + [True] * 3
    for one in rows:
        assert [cell.column for cell in one.cells] == [column.name for column in COLUMNS]
        for cell in one.cells:
            assert len(cell.words.split()) <= 3
            assert cell.tone == "none" or not one.control


def test_evidence_is_the_weakest_of_its_questions() -> None:
    told = summary()
    cells = {method: row(told, method).cell("evidence") for method in METHODS}
    assert (cells["grad_cam"].tone, cells["grad_cam"].text) == (
        "good",
        "place, picture, model · 3 of 3",
    )
    assert (cells["smoothgrad"].tone, cells["smoothgrad"].text) == (
        "middle",
        "picture, model only · 2 of 3",
    )
    assert (cells["vanilla_gradients"].tone, cells["vanilla_gradients"].text) == (
        "bad",
        "no evidence yet · 0 of 3",
    )
    reasons = dict(cells["vanilla_gradients"].rows)
    assert reasons["Evidence of this picture"].startswith("not shown: ")


def test_every_number_is_the_tables() -> None:
    told = summary()
    scores = told.scores
    for method in METHODS:
        repeats = mean_of("repeatability", scores.of("repeatability")[method])
        assert repeats is not None
        cell = row(told, method).cell("repeatability")
        assert cell.number == three_digits(repeats.mean)
        assert dict(cell.rows)["Mean over scales"] == interval(repeats)
        gains = [scores.of(f"{area}_model")[method].mean() for area in ("deletion", "insertion")]
        assert row(told, method).cell("sanity").number.lstrip("+") == three_digits(sum(gains) / 2)
    costs = [row(told, method).cell("cost") for method in METHODS]
    for method, cell in zip(METHODS, costs, strict=True):
        took = f"{three_digits(mean_of('runtime', scores.of('runtime')[method]).mean)} ms"
        assert dict(cell.rows)["On the run's machine"] == took
        assert any(f"The run's machine took {took}, " in text for _, text in cell.rows)
    assert [cell.number for cell in costs] == ["1 + 1", "50 + 50", "50 + 50", "1 + 1"]
    assert [cell.words for cell in costs] == ["fast", "slow", "slow", "fast"]


def test_marks_follow_the_verdicts_on_the_same_questions() -> None:
    told = summary()
    verdicts = {(one.claim.about, one.claim.question.name): one.mark for one in told.asked}
    for method in METHODS:
        cell = row(told, method).cell("repeatability")
        assert (cell.tone == "good") == (verdicts[method, "noisy"] == "refuted")
        saturation = row(told, method).cell("saturation")
        assert (saturation.tone == "bad") == (verdicts[method, "saturation"] == "confirmed")
    assert row(told, "smoothgrad").cell("repeatability").words == "less noisy"
    assert row(told, "grad_cam").cell("saturation").words == "cannot be tried"
    assert row(told, "grad_cam").cell("networks").text == "not MLP · 2 of 3"
    assert row(told, "smoothgrad").cell("networks").text == "all three · 3 of 3"


def test_sanity_asks_for_a_gain_on_every_leg() -> None:
    told = summary()
    assert row(told, "grad_cam").cell("sanity").words == "yes"
    assert row(told, "vanilla_gradients").cell("sanity").words == "not clearly"
    frame = asked(model={"grad_cam": (0.3, 0.0), "smoothgrad": (0.3, 0.3)})
    halves = Summary(Scores(frame), findings())
    assert row(halves, "grad_cam").cell("sanity").words == "not clearly"
    assert row(halves, "smoothgrad").cell("sanity").words == "yes"


def test_what_is_not_measured_is_said_and_never_a_mark() -> None:
    bare = Summary(Scores(table(deletion={"grad_cam": 0.2, "random": 0.3})), findings().iloc[:0])
    for cell in row(bare, "grad_cam").cells:
        assert (cell.tone, cell.number) == ("none", "")
        assert cell.words in ("not measured", "not counted")


def test_of_a_model_at_chance_neither_evidence_nor_sanity_is_said() -> None:
    constant = summary(ModelCheck((), (), (1,) * 8, (0.25,) * 8, 0.0))
    assert constant.scores.model is not None
    for method in METHODS:
        for column in ("evidence", "sanity"):
            assert row(constant, method).cell(column).text == "cannot be said"


def test_a_profile_says_what_speaks_for_a_method_and_what_against() -> None:
    profiles = {one.method: one for one in summary().profiles}
    assert set(profiles) == set(METHODS)
    cam = profiles["grad_cam"]
    assert "Evidence of the map's places" in cam.strengths
    assert "Fast: 1 + 1 passes a map" in cam.strengths
    assert cam.limitations == ("Runs on 2 of 3 kinds of network", "Needs gradients")
    vanilla = profiles["vanilla_gradients"]
    assert "Suffers from saturation: 100 % lost" in vanilla.limitations
    assert any(one.startswith("No evidence of this picture: ") for one in vanilla.limitations)


@pytest.mark.parametrize(
    ("method", "words", "fate"),
    [
        ("vanilla_gradients", "Noisy", "kept"),
        ("vanilla_gradients", "Fast", "open"),  # the unit
        ("integrated_gradients", "Slow", "kept"),
        ("integrated_gradients", "Fast computation", "struck"),
        ("integrated_gradients", "Saturation issue", "struck"),
        ("grad_cam", "CNN specific", "struck"),
        ("smoothgrad", "Less noise", "kept"),
    ],
)
def test_the_textbooks_words_are_kept_or_struck_as_the_verdict_is(
    method: str, words: str, fate: str
) -> None:
    told = summary()
    said = next(one for one in told.profiles if one.method == method).textbook
    by_words = {one.words: one for one in said}
    assert by_words[words].fate == fate
    good = words in ("Fast", "Fast computation", "Less noise")
    assert by_words[words].kind == ("strength" if good else "limitation")
    assert len({one.verdict.claim.question.name for one in said}) == len(said)


def test_controls_say_where_they_are_not_beaten_and_what_was_not_measured() -> None:
    gains = {"grad_cam": 0.3, "edges": (0.0, 0.35), "centre_prior": 0.0}
    frame = asked(
        place=gains, picture={"grad_cam": 0.3, "centre_prior": 0.0}, model={"grad_cam": 0.3}
    )
    told = Summary(Scores(frame), findings())
    assert row(told, "centre_prior").cell("evidence").words == "beaten"
    assert row(told, "edges").cell("evidence").words == "not measured"  # of the picture
    both = asked(place=gains, picture=gains, model={"grad_cam": 0.3})
    cell = row(Summary(Scores(both), findings()), "edges").cell("evidence")
    assert cell.words == "unbeaten in insertion"
    assert cell.rows[0] == (
        "Grad-CAM, evidence of the map's places",
        "Edges is not beaten in insertion",
    )


def test_a_trial_that_could_not_be_made_is_no_strength() -> None:
    tried = findings()
    tried.loc[tried["experiment"] == "runs_without_gradients", "value"] = float("nan")
    told = Summary(Scores(asked(place={"grad_cam": 0.3, **NONE})), tried)
    for one in told.profiles:
        assert not any("gradients" in words for words in (*one.strengths, *one.limitations))


def test_what_some_questions_lack_is_not_all_of_the_evidence() -> None:
    frame = asked(place={"grad_cam": 0.3, "smoothgrad": 0.3}, picture={"grad_cam": 0.3})
    cell = row(Summary(Scores(frame), findings()), "smoothgrad").cell("evidence")
    assert (cell.tone, cell.text) == ("middle", "place only · 1 of 2")


def test_blank_maps_are_said_to_be_blank() -> None:
    told = summary()
    frame = blanked(told.scores.table, "smoothgrad", 20)
    cells = {
        cell.column: cell for cell in row(Summary(Scores(frame), findings()), "smoothgrad").cells
    }
    assert (cells["evidence"].words, cells["evidence"].number) == ("blank maps", "20 of 20")
    assert cells["evidence"].tone == "bad"
    assert cells["sanity"].words == "blank maps"
    some = blanked(told.scores.table, "smoothgrad", 1)
    (one,) = [
        cell
        for cell in row(Summary(Scores(some), findings()), "smoothgrad").cells
        if cell.rows and cell.rows[0] == ("Blank maps", "1 of 20")
    ]
    assert one.words == "picture, model only"
