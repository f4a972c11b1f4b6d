"""How numbers, marks and methods are said on every page and in the report."""

from __future__ import annotations

from datetime import UTC, datetime
from zlib import crc32

from heatcheck.answer.headline import Tone
from heatcheck.attribution import METHODS, Output
from heatcheck.judgement.phrases import three_digits
from heatcheck.metrics import METRICS
from heatcheck.metrics.walks import DRAWN
from heatcheck.runs.keys import is_control, is_given, name_of
from heatcheck.runs.records import Run
from heatcheck.runs.specs import RunSpec

# of good and bad, beside their colours
SIGNS: dict[Tone, str] = {"good": "✔\ufe0e", "middle": "◐", "bad": "✖\ufe0e", "none": ""}
CONTROLS = "Controls: they ignore the model"
ARROWS = {"lower": "↓", "higher": "↑"}
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
GREYS = ("#6E6E6E", "#8C8C8C", "#A8A8A8", "#585858")
DASHES = ("dash", "dot", "dashdot", "longdash")


def line_style(key: str) -> tuple[str, str]:
    """A method's colour and dash, the same on every page; controls in greys."""
    name = name_of(key)
    if is_given(key):  # by their own name, so that they keep it whatever else the run has
        place = crc32(name.encode())
        return OKABE_ITO[place % len(OKABE_ITO)], DASHES[place // len(OKABE_ITO) % len(DASHES)]
    alike = [other for other in METHODS if is_control(other) == is_control(name)]
    place = sorted(alike, key=lambda other: not METHODS[other].standard).index(
        name
    )  # the standard ones keep theirs when others come
    if is_control(name):
        return GREYS[place % len(GREYS)], DASHES[place % len(DASHES)]
    return OKABE_ITO[place % len(OKABE_ITO)], ("solid", *DASHES)[
        place // len(OKABE_ITO) % (1 + len(DASHES))
    ]


def metric_title(metric: str) -> str:
    """What people call a metric, with its direction."""
    return f"{METRICS[metric].title} {ARROWS[METRICS[metric].better]}"


def metric_in_full(metric: str, unit: str = "") -> str:
    """A metric's title with its unit, or the unit it has in a run, and its direction: `Deletion,
    probability (lower is better)`.
    """
    known = METRICS[metric]
    return f"{known.title}, {unit or known.unit} ({known.better} is better)"


def sureness(probability: float | None, unit: str) -> str:
    """What the model gives a class, for people: ` (97.1 %)`, of a plain score ` (3.21)`; nothing
    where it is not known.
    """
    if probability is None:
        return ""
    if unit == Output.SCORE.unit:
        return f" ({three_digits(probability)})"
    return f" ({100 * probability:.1f}\u00a0%)"


def age(moment: datetime) -> str:
    """How long ago, for people."""
    minutes = (datetime.now(UTC) - moment).total_seconds() / 60
    if minutes < 1.5:
        return "just now"
    if minutes < 90:
        return f"{minutes:.0f} min ago"
    return f"{minutes / 60:.0f} h ago" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days ago"


def duration(seconds: float) -> str:
    """How long something took, for people."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def run_line(run: Run, classifier_title: str) -> str:
    """A run in one line that never changes: a selector would lose its choice if its options did."""
    spec = run.spec
    parts = [
        classifier_title,
        plural(len(spec.images), "image"),
        plural(sum(not method.is_control for method in spec.methods), "method"),
        f"{points} points" if (points := points_of(spec)) else "",
    ]
    return " · ".join([*filter(None, parts), f"{run.asked_at:%Y-%m-%d %H:%M} UTC", run.id[:6]])


def points_of(spec: RunSpec) -> str:
    """How many points the curves of a run have: `9 drawn`, `33`, `adaptive`; empty where it has no
    curves.
    """
    words = [str(metric.params["points"]) for metric in spec.metrics if "points" in metric.params]
    return ", ".join(
        dict.fromkeys(f"{DRAWN[word]} drawn" if word in DRAWN else word for word in words)
    )


def plural(count: int, noun: str) -> str:
    """`1 image`, `2 images`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
