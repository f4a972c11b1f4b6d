"""Settings that a run gives all its curves at once: how many points, which substrates, and which
other network its maps are held against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatcheck.core.errors import BadParameter
from heatcheck.inputs import classifiers
from heatcheck.metrics import METRICS, Metric
from heatcheck.metrics.other_models import NetworkGain
from heatcheck.metrics.substrates import SETS, STANDARD
from heatcheck.metrics.walks import ADAPTIVE

BUDGET = "budget"  # as many points as the comparison needs, by the number of images
ENOUGH = 5  # images from which on points are drawn; below, each curve is known by itself
FEW = "drawn-9"


@dataclass(frozen=True)
class Settings:
    """What stands in a metric's parameters where its own description does not say otherwise."""

    points: int | str = ADAPTIVE
    substrates: str = STANDARD
    network: str = ""  # another classifier's name

    def metric(self, spec: Mapping[str, Any]) -> Metric:
        """A metric from its name and parameters, these settings for those that it leaves open.

        Raises:
            UnknownName, BadParameter: there is no such metric or parameter, or a value is wrong.
        """
        return METRICS.build(self.filled(spec))

    def filled(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """A metric's description with these settings for the parameters that it leaves open."""
        fields = dict(spec)
        kind = METRICS[fields["name"]]
        known = kind.__dataclass_fields__
        if "points" in known:
            fields.setdefault("points", self.points)
        if "substrate" in known and known["substrate"].default in SETS:
            fields.setdefault("substrate", self.substrates)
        if issubclass(kind, NetworkGain):
            fields.setdefault("network", self.network)
            _check_network(kind.name, fields["network"])
        return fields

    def check(self) -> None:
        """Refuse settings that are wrong even where no metric takes them.

        Raises:
            BadParameter: points, substrates or the network are none that there are.
        """
        METRICS.build({"name": "deletion", "points": self.points, "substrate": self.substrates})
        if self.network:
            classifiers.check_name(self.network)

    @property
    def words(self) -> list[str]:
        """Them as options of `heatcheck run`."""
        return [
            "--points",
            str(self.points),
            *(["--substrates", self.substrates] if self.substrates != STANDARD else []),
            *(["--beside", self.network] if self.network else []),
        ]


def budgeted(points: int | str, images: int) -> int | str:
    """The points of each curve in a run over so many images, BUDGET resolved.

    A mean over images is known no better than images differ, so few points a curve serve as well as
    many (decision 019). It depends on the number of images alone: shards and extensions agree.
    """
    if points != BUDGET:
        return points
    return FEW if images >= ENOUGH else ADAPTIVE


def settings_of(metrics: Sequence[Metric]) -> Settings | None:
    """The settings that give these metrics; None where they do not share them."""
    points = {metric.params["points"] for metric in metrics if "points" in metric.params}
    sets = {
        metric.params["substrate"]
        for metric in metrics
        if "substrate" in metric.params
        and type(metric).__dataclass_fields__["substrate"].default in SETS
    }
    networks = {metric.network for metric in metrics if isinstance(metric, NetworkGain)}
    if max(len(points), len(sets), len(networks)) > 1:
        return None
    (point,) = points or {ADAPTIVE}
    return Settings(point, *(sets or {STANDARD}), *(networks or {""}))


def beside(network: str) -> tuple[str, ...]:
    """The metrics that hold a run's maps against another network's; none without its name."""
    names = (name for name in METRICS if issubclass(METRICS[name], NetworkGain))
    return tuple(names) if network else ()


def _check_network(metric: str, network: Any) -> None:
    if not isinstance(network, str) or not network:
        raise BadParameter(
            f"Expected {metric}.network to be another classifier's name. Got {network!r}. Say "
            "--beside NAME."
        )
    classifiers.check_name(network)
