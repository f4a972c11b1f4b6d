"""Grain, shared place and evidence: a planted score that is their sum."""

from __future__ import annotations

import pandas as pd
import pytest

from heatcheck.judgement.score_parts import splits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import estimate
from heatcheck.tests.doubles.tables import table


def test_grain_shared_place_and_evidence_add_up_to_the_score() -> None:
    found = table(
        deletion={"grad_cam": 0.2},
        deletion_placement={"grad_cam": 0.3},
        deletion_exchange={"grad_cam": 0.1},
        insertion={"grad_cam": 0.5},
        insertion_placement={"grad_cam": 0.3},
        insertion_exchange={"grad_cam": 0.1},
    )
    wide = {metric: Scores(found).of(metric)["grad_cam"] for metric in found["metric"].unique()}
    rows = [
        {
            **row,
            "metric": f"{area}_placement.misplaced",
            "value": row["value"] + sign * wide[f"{area}_placement"][row["image"]],
        }
        for area, sign in (("deletion", 1), ("insertion", -1))
        for row in found[found["metric"] == area].to_dict("records")
    ]
    found = pd.concat([found, pd.DataFrame(rows)])
    for area, sign in (("deletion", -1), ("insertion", 1)):
        (split,) = splits(Scores(found), area)
        assert (split.method, split.area, split.score.n) == ("grad_cam", area, 20)
        assert split.score.mean == pytest.approx(
            split.grain.mean + sign * (split.shared_place.mean + split.evidence.mean)
        )
        by_hand = estimate((wide[f"{area}_placement"] - wide[f"{area}_exchange"]).to_numpy())
        assert split.shared_place == by_hand
        assert split.evidence == estimate(wide[f"{area}_exchange"].to_numpy())
    assert splits(Scores(found[found["metric"] != "deletion_exchange"]), "deletion") == []
