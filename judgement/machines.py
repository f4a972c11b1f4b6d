"""Times of several kinds of machine: never mixed. The tables show those of one kind, the one that
made most maps; here they stand apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from heatcheck.core.numbers import counted
from heatcheck.judgement.phrases import interval, title_of
from heatcheck.judgement.statistics import estimate
from heatcheck.metrics import METRICS

TIME = "runtime"
UNKNOWN = "a machine that is not known"
NOT_TIMES = ("_passes", ".peak_memory")  # side values that are counted


@dataclass(frozen=True, eq=False)
class Machines:
    """The kinds of machine that computed a run's cells.

    Attributes:
        names: what people call each, by its id, the one that made most maps first.
        maps: how many maps each made.
        times: the time of one map by method and machine, each with its interval: a row a method
            under Method, a column a machine; empty where there is one kind.
    """

    names: Mapping[str, str]
    maps: Mapping[str, int]
    times: pd.DataFrame

    @property
    def told(self) -> str:
        """That times are not mixed, in a sentence; empty where there is one kind."""
        if len(self.names) < 2:
            return ""
        first = next(iter(self.names))
        return (
            f"This run was computed on {len(self.names)} kinds of machine. Times are not mixed: "
            f"they are those of {self.names[first]}, {counted(self.maps[first])} of "
            f"{counted(sum(self.maps.values()))} maps."
        )


ONE_KIND = Machines({}, {}, pd.DataFrame())  # whose times are all comparable


def machines_of(table: pd.DataFrame, facts: Mapping[str, Mapping[str, Any]]) -> Machines:
    """The kinds of machine in a tidy table.

    Args:
        table: with the columns metric, value, machine; the cells of an older version name none,
            which is a kind of its own beside others.
        facts: what is known of each (`store.results.machines`).
    """
    if not facts:
        return ONE_KIND
    timed = (table["metric"] == TIME) & table["value"].notna()
    counts = table.loc[timed, "machine"].astype(str).value_counts()
    if len(counts) < 2:
        return ONE_KIND
    order = sorted(counts.index, key=lambda one: (-int(counts[one]), str(one)))
    names = _names([str(one) for one in order], facts)
    return Machines(names, {str(one): int(counts[one]) for one in order}, _times(table, names))


def timed_alone(table: pd.DataFrame, machines: Machines) -> pd.DataFrame:
    """The same table, without the times of all machines but the first."""
    if len(machines.names) < 2:
        return table
    metric = table["metric"].astype(str)
    timed = metric.str.partition(".")[0].eq(TIME) & ~metric.str.endswith(NOT_TIMES)
    foreign = table["machine"].astype(str) != next(iter(machines.names))
    return table.assign(value=table["value"].mask(timed & foreign))


def _times(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    rows = table[table["metric"] == TIME]
    scale = METRICS[TIME].scale
    lines = []
    for method in dict.fromkeys(rows["method"]):
        own = rows[rows["method"] == method]
        cells = {
            name: interval(estimate(own.loc[own["machine"] == one, "value"].to_numpy(), scale))
            for one, name in names.items()
        }
        lines.append({"Method": title_of(str(method)), **cells})
    return pd.DataFrame(lines, columns=["Method", *names.values()])


def _names(ids: Sequence[str], facts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What differs of each kind, in words; a part of the id where words do not tell two apart."""
    plain = {one: _name(facts.get(one, {})) if one else UNKNOWN for one in ids}
    return {
        one: name if list(plain.values()).count(name) == 1 else f"{name} ({one[:6]})"
        for one, name in plain.items()
    }


def _name(facts: Mapping[str, Any]) -> str:
    device = str(facts.get("device", ""))
    if device and device != "cpu":
        return device
    threads = str(facts.get("threads", "?"))
    processor = str(facts.get("processor") or "a processor")
    return f"{processor}, {threads} thread{'' if threads == '1' else 's'}"
