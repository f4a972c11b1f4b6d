"""Times of several kinds of machine are shown apart and never mixed."""

from __future__ import annotations

import pandas as pd
import pytest

from heatcheck.judgement.machines import machines_of, timed_alone

FACTS = {
    "slow": {"device": "cpu", "processor": "Old One", "threads": "1"},
    "fast": {"device": "Card X", "processor": "Old One", "threads": "1"},
    "again": {"device": "cpu", "processor": "Old One", "threads": "1"},
}


def table(machines: dict[str, int]) -> pd.DataFrame:
    """A map of two methods on each image, images of one machine after the other: a map takes 100 ms
    on slow, 10 on others.
    """
    places = [name for name, count in machines.items() for _ in range(count)]
    rows = [
        (f"i{number}", method, metric, value, name)
        for number, name in enumerate(places)
        for method in ("edges", "grad_cam")
        for metric, value in (
            ("runtime", 100.0 if name == "slow" else 10.0),
            ("runtime.forward_pass", 5.0),
            ("runtime.forward_passes", 1.0),
            ("runtime.peak_memory", 300.0),
            ("deletion", 0.25),
        )
    ]
    return pd.DataFrame(rows, columns=["image", "method", "metric", "value", "machine"])


def test_of_one_kind_nothing_is_left_out_and_nothing_said() -> None:
    whole = table({"slow": 6})
    machines = machines_of(whole, {"slow": FACTS["slow"]})
    assert machines.told == ""
    assert machines.times.empty
    assert timed_alone(whole, machines) is whole


def test_times_of_several_kinds_are_those_of_the_one_that_made_most_maps() -> None:
    whole = table({"slow": 6, "fast": 8})
    machines = machines_of(whole, FACTS)
    assert list(machines.names) == ["fast", "slow"]
    assert machines.told == (
        "This run was computed on 2 kinds of machine. Times are not mixed: they are those of "
        "Card X, 16 of 28 maps."
    )
    alone = timed_alone(whole, machines)
    runtime = alone[alone["metric"] == "runtime"]
    assert runtime["value"].dropna().unique() == pytest.approx([10.0])
    assert runtime["value"].notna().sum() == 16
    for counted in ("runtime.forward_passes", "runtime.peak_memory"):
        assert alone.loc[alone["metric"] == counted, "value"].notna().all()
    assert alone.loc[alone["metric"] == "deletion", "value"].notna().all()
    assert alone.loc[alone["metric"] == "runtime.forward_pass", "value"].notna().sum() == 16
    assert whole["value"].notna().all()
    times = machines.times.set_index("Method")
    assert list(times.columns) == ["Card X", "Old One, 1 thread"]
    assert times.loc["Grad-CAM", "Card X"].startswith("10")
    assert times.loc["Grad-CAM", "Old One, 1 thread"].startswith("100")


def test_maps_of_an_older_version_are_a_kind_of_their_own() -> None:
    whole = table({"": 6, "fast": 5})
    machines = machines_of(whole, {"fast": FACTS["fast"]})
    assert list(machines.names.values()) == ["a machine that is not known", "Card X"]
    alone = timed_alone(whole, machines)
    assert alone.loc[alone["metric"] == "runtime", "value"].notna().sum() == 12
    assert machines_of(table({"": 6}), {}).told == ""


def test_kinds_of_the_same_name_are_told_apart() -> None:
    machines = machines_of(table({"slow": 6, "again": 5}), FACTS)
    assert list(machines.names.values()) == [
        "Old One, 1 thread (slow)",
        "Old One, 1 thread (again)",
    ]
