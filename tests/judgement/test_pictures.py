"""What a run knows of each of its pictures, on values known by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from heatcheck.attribution import Output
from heatcheck.inputs.images import Image
from heatcheck.judgement.pictures import Known, judging, known_of, spreads
from heatcheck.runs.results import SeenImage
from heatcheck.runs.store import Store
from heatcheck.runs.target_rules import TargetRule
from heatcheck.tests.doubles.runs import fill


def test_methods_differ_by_the_largest_minus_the_smallest_without_controls() -> None:
    rows = [
        ("a", "grad_cam", 0.25),
        ("a", "smoothgrad-0123", 0.75),
        ("a", "integrated_gradients", 0.5),
        ("a", "random", 9.0),
        ("b", "grad_cam", 0.5),
        ("b", "smoothgrad-0123", math.nan),
        ("b", "edges", 9.0),
        ("c", "grad_cam", 0.5),
        ("c", "smoothgrad-0123", 0.5),
    ]
    values = pd.DataFrame(rows, columns=["image", "method", "value"])
    assert spreads(values) == {"a": 0.5, "c": 0.0}  # b has one method alone


def test_a_run_without_scores_has_no_spread() -> None:
    empty = pd.DataFrame({"image": [], "method": [], "value": []})
    assert spreads(empty) == {}
    assert judging(["runtime"]) is None
    assert judging(["insertion", "deletion"]) == "deletion"


def test_what_is_known_is_what_the_model_saw() -> None:
    seen = [
        SeenImage("a", None, 3, "cat", 3, "cat", 0.9),
        SeenImage("b", None, 3, "cat", 4, "dog", 0.4),
        SeenImage("c", None, None, "", 3, "cat", 0.1, 4, "dog"),
    ]
    assert known_of(seen, {"b": 0.5}) == {
        "a": Known(True, "cat", 0.9, None),
        "b": Known(False, "dog", 0.4, 0.5),
        "c": Known(None, "dog", None, None),  # the probability is the cat's
    }


def test_findings_that_do_not_exclude_each_other_are_neither_right_nor_wrong() -> None:
    seen = [SeenImage("b", None, 3, "cat", 4, "dog", 0.4)]
    assert known_of(seen, {}, Output.SIGMOID) == {"b": Known(None, "dog", 0.4, None)}
    assert known_of(seen, {}, Output.BINARY) == {"b": Known(False, "dog", 0.4, None)}


def test_of_a_contrast_the_answer_is_a_class_and_the_share_of_two_is_none_of_it() -> None:
    seen = [
        SeenImage("a", None, 3, "cat", 3, "cat rather than dog", 0.9),
        SeenImage("b", None, 3, "cat", 3, "cat rather than dog", 0.9, 5, "fox"),
    ]
    assert known_of(seen, {}, target=TargetRule.read("contrast:cat,dog")) == {
        "a": Known(True, "cat", None, None),
        "b": Known(False, "fox", None, None),
    }


def test_the_spread_of_a_stored_run_is_that_of_its_table(
    store: Store, photographs: list[Image]
) -> None:
    run = fill(store, photographs, images=4)
    table = store.results.table(run)
    of = table[
        (table["metric"] == "deletion") & ~table["method"].isin(["random", "edges", "centre_prior"])
    ]
    by_hand = of.groupby("image")["value"].agg(lambda values: values.max() - values.min())
    assert len(by_hand) == 4
    assert spreads(store.results.values(run, "deletion")) == pytest.approx(by_hand.to_dict())
