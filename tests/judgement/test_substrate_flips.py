"""Where a substrate turns the order of methods over: planted areas on two substrates."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd
import pytest

from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.substrate_flips import flips, matched_substrates, on_substrates
from heatcheck.tests.doubles.tables import table

AREAS = {
    "deletion__on_mean": {"integrated_gradients": 0.21, "smoothgrad": 0.11, "grad_cam": 0.3},
    "deletion__on_black": {"integrated_gradients": 0.06, "smoothgrad": 0.11, "grad_cam": 0.3},
}


def run(areas: Mapping[str, Mapping[str, float]] = AREAS, n: int = 20) -> Scores:
    frame = table(n, **{name: dict(by_method) for name, by_method in areas.items()})
    frame["method_params"] = "{}"
    frame.loc[frame["method"] == "integrated_gradients", "method_params"] = json.dumps(
        IntegratedGradients(baseline="black").params
    )
    return Scores(frame)


def test_a_pair_that_changes_places_is_found_and_said_with_both_substrates() -> None:
    (flip,) = flips(run())
    assert (flip.first, flip.second, flip.area) == (
        "integrated_gradients",
        "smoothgrad",
        "deletion",
    )
    assert (flip.ahead.substrate, flip.behind.substrate) == ("black", "mean")
    assert flip.ahead.estimate.mean == pytest.approx(0.05, abs=0.01)
    assert flip.behind.estimate.mean == pytest.approx(0.10, abs=0.01)
    assert flip.p <= 0.05
    assert flip.sentence.startswith(
        "In deletion Integrated Gradients is better than SmoothGrad on black (where Integrated "
        "Gradients starts from), by 0.0"
    )
    assert ", and worse on mean, by 0." in flip.sentence


def test_an_order_that_holds_or_is_not_sure_is_no_flip() -> None:
    assert flips(run({name: {"smoothgrad": 0.1, "grad_cam": 0.3} for name in AREAS})) == []
    assert flips(run(n=4)) == []
    near = {
        "deletion__on_mean": {"smoothgrad": 0.100, "grad_cam": 0.102},
        "deletion__on_black": {"smoothgrad": 0.102, "grad_cam": 0.100},
    }
    assert flips(run(near)) == []
    assert flips(Scores(table(deletion={"grad_cam": 0.1}))) == []


def test_insertion_is_better_higher_and_controls_do_not_flip() -> None:
    (flip,) = flips(
        run(
            {
                "insertion__on_mean": {"smoothgrad": 0.5, "grad_cam": 0.3, "random": 0.1},
                "insertion__on_blur": {"smoothgrad": 0.3, "grad_cam": 0.5, "random": 0.9},
            }
        )
    )
    assert (flip.first, flip.ahead.substrate, flip.area) == ("smoothgrad", "mean", "insertion")


def test_holm_is_over_all_pairs_substrates_and_areas() -> None:
    """Eight images tell one pair apart; with six methods there are 30 tests, and they do not."""
    two = {
        "deletion__on_mean": {"smoothgrad": 0.1, "grad_cam": 0.3},
        "deletion__on_black": {"smoothgrad": 0.3, "grad_cam": 0.1},
    }
    assert len(flips(run(two, n=8))) == 1
    more = dict.fromkeys(("occlusion", "hires_cam", "layer_cam", "vanilla_gradients"), 0.2)
    six = {name: by_method | more for name, by_method in two.items()}
    assert flips(run(six, n=8)) == []


def test_the_panel_has_each_methods_mean_and_rank_on_each_substrate() -> None:
    by_method = {row.method: row for row in on_substrates(run(), "deletion")}
    assert by_method["integrated_gradients"].ranks == {"mean": 2, "black": 1}
    assert by_method["grad_cam"].ranks == {"mean": 3, "black": 3}
    assert by_method["smoothgrad"].means["mean"] == pytest.approx(0.11, abs=0.01)
    assert on_substrates(run(), "insertion") == []


def test_parameters_that_are_not_known_any_more_match_nothing() -> None:
    frame = table(deletion__on_mean={"integrated_gradients": 0.1})
    frame["method_params"] = json.dumps({"gone": 1})
    assert matched_substrates(Scores(frame)) == {"integrated_gradients": frozenset()}
    told = Scores(pd.DataFrame(frame.drop(columns="method_params")))
    assert matched_substrates(told) == {"integrated_gradients": {"mean"}}
