"""The leaderboard's summary: a row a method, at most five columns that tell most, values that are
those of its standings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heatcheck.answer.glance import COLUMNS, Cell
from heatcheck.answer.headline import Tone
from heatcheck.answer.summary import Summary
from heatcheck.judgement.phrases import in_two, title_of
from heatcheck.judgement.score_parts import AREAS, EXCHANGES, PLACEMENTS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import NEVER, Standing, on_intervals, standings
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import is_control

MOST = 5  # columns
EVIDENCE = "evidence"
WANTED = (*AREAS, "repeatability", "runtime")
INSTEAD = (*PLACEMENTS, *EXCHANGES)  # where a run lacks one of them; then any other
SHORT = {"repeatability": "Repeats", "runtime": "Time"}


@dataclass(frozen=True)
class Head:
    """A column: evidence or a metric, what people call it, which way is better (empty for none),
    and its meaning in a line.
    """

    name: str
    title: str
    better: str
    line: str


@dataclass(frozen=True)
class BoardCell:
    """A value, what stands below it (its interval, or the passes of a time), whether it may be the
    best of its column, and cautions: `n = 18, skewed`.
    """

    text: str
    interval: str = ""
    best: bool = False
    note: str = ""
    tone: Tone = "none"


@dataclass(frozen=True)
class BoardRow:
    """A method or a control with a cell a column, in their order."""

    method: str  # the key in the run
    control: bool
    cells: tuple[BoardCell, ...]

    @property
    def title(self) -> str:
        """What people call it."""
        return title_of(self.method)


@dataclass(frozen=True)
class Board:
    """The summary table, its rows in the order of the table at a glance; and where its intervals
    may be too short.
    """

    heads: tuple[Head, ...]
    rows: tuple[BoardRow, ...]
    caution: str = ""

    @property
    def methods(self) -> tuple[BoardRow, ...]:
        """The rows of methods."""
        return tuple(row for row in self.rows if not row.control)

    @property
    def controls(self) -> tuple[BoardRow, ...]:
        """The rows of controls, which ignore the model."""
        return tuple(row for row in self.rows if row.control)


def board(summary: Summary, standing: Sequence[Standing] | None = None) -> Board:
    """A run's summary table; `standing` are its standings where they are made already."""
    scores = summary.scores
    asked = bool(summary.evidence.questions)
    metrics = _metrics(scores, MOST - asked)
    rows = [
        one
        for one in (standings(scores, metrics) if standing is None else standing)
        if one.metric in metrics
    ]
    by_pair = {(one.method, one.metric): one for one in rows}
    evidence = {row.method: row.cell(EVIDENCE) for row in summary.glance} if asked else {}
    return Board(
        (*([_evidence_head()] if asked else []), *map(_head, metrics)),
        tuple(
            BoardRow(
                method,
                is_control(method),
                (
                    *([_of_evidence(evidence[method], is_control(method))] if asked else []),
                    *(_of_standing(by_pair[method, metric]) for metric in metrics),
                ),
            )
            for method in (row.method for row in summary.glance)
        ),
        on_intervals(rows),
    )


def _metrics(scores: Scores, most: int) -> list[str]:
    """The metrics that are wanted; in place of one that the run lacks, the next most telling."""
    present = scores.metrics
    spare = iter(
        metric
        for metric in (*INSTEAD, *(one for one in present if one not in INSTEAD))
        if metric in present and metric not in WANTED
    )
    chosen = [metric if metric in present else next(spare, "") for metric in WANTED]
    return [*filter(None, chosen), *spare][:most]


def _evidence_head() -> Head:
    column = next(one for one in COLUMNS if one.name == EVIDENCE)
    return Head(column.name, column.title, "", column.line)


def _head(metric: str) -> Head:
    known = METRICS[metric]
    short = SHORT.get(metric)
    line = f"{known.title}: {known.summary}" if short else known.summary
    return Head(metric, short or known.title, known.better, line)


def _of_evidence(cell: Cell, control: bool) -> BoardCell:
    return BoardCell(cell.words, cell.number, tone="none" if control else cell.tone)


def _of_standing(standing: Standing) -> BoardCell:
    if standing.never:
        return BoardCell(NEVER)
    text, below = in_two(standing.estimate)
    if standing.estimate is not None and not standing.estimate.sampled:
        text = f"{text} {METRICS[standing.metric].unit}"
        below = f"{standing.passes} passes" if standing.passes else ""
    return BoardCell(text, below, standing.best, ", ".join(standing.cautions))
