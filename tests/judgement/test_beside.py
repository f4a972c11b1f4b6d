"""Beside evidence: maps of another network and of the second class."""

from __future__ import annotations

import json

import pandas as pd

from heatcheck.judgement.beside import (
    beside,
    named_network,
    network_sentences,
    second_class_sentences,
)
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.tables import asked, table


def run(half: str, **means: float) -> Evidence:
    frame = table(**{f"{area}_{half}": means for area in ("deletion", "insertion")})
    frame["metric_params"] = json.dumps({"network": "efficientnet_lite1"})
    gains = asked(picture=dict.fromkeys(means, 0.1) | {"random": 0.0})
    return Evidence(Scores(pd.concat([gains, frame])))


def test_another_networks_maps_that_do_as_well_are_said_to() -> None:
    assert network_sentences(run("network", grad_cam=0.0, smoothgrad=0.0)) == [
        "For Grad-CAM and SmoothGrad this model's own maps and those of efficientnet_lite1 "
        "cannot be told apart: what is shown may be of the picture, not of this network alone."
    ]


def test_own_maps_that_are_better_and_those_that_are_worse_are_said() -> None:
    told = run("network", grad_cam=0.1, smoothgrad=-0.1)
    assert network_sentences(told) == [
        "On these images this model's own maps are better than those of efficientnet_lite1 for "
        "Grad-CAM.",
        "For SmoothGrad the maps of efficientnet_lite1 are better than this model's own.",
    ]


def test_better_on_one_leg_is_not_better() -> None:
    frame = table(
        deletion_network={"grad_cam": 0.2},
        insertion_network={"grad_cam": 0.0},
    )
    told = beside(Evidence(Scores(frame)), "network")
    assert told is not None
    assert told.level == ("grad_cam",)
    assert named_network(Scores(frame)) == "the other network"


def test_nobody_named_a_network_and_nothing_is_said() -> None:
    evidence = Evidence(Scores(asked(picture={"grad_cam": 0.1})))
    assert network_sentences(evidence) == second_class_sentences(evidence) == []


def test_the_second_class_is_told_and_is_no_condition() -> None:
    told = run("second_class", grad_cam=0.1, smoothgrad=0.0)
    assert second_class_sentences(told) == [
        "Maps of the class are better than maps of the second class for Grad-CAM; for SmoothGrad "
        "that is not shown."
    ]
    assert told.shown("picture") == ["grad_cam", "smoothgrad"]


def test_maps_that_show_nothing_of_the_picture_are_not_called_evidence_of_it() -> None:
    """Level with another network's, and no better than Edges: neither is said to show it."""
    frame = table(**{f"{area}_network": {"grad_cam": 0.0} for area in ("deletion", "insertion")})
    gains = asked(picture={"grad_cam": 0.05, "edges": 0.2})
    (said,) = network_sentences(Evidence(Scores(pd.concat([gains, frame]))))
    assert said == (
        "For Grad-CAM this model's own maps and those of the other network cannot be told apart: "
        "they say nothing of this network that the other's do not say."
    )
