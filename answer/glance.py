"""The table at a glance: a row a method, a column what is asked of it, filled by measurement.

A cell has a tone, at most three words and a number; what stands behind it is in its rows. Tones say
good or bad for who uses the method; whether a claim of the textbook is true is another scale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from heatcheck.answer.headline import Tone, has_values
from heatcheck.judgement import blanks
from heatcheck.judgement.comparisons import compared
from heatcheck.judgement.evidence import ALPHA, QUESTIONS, Evidence
from heatcheck.judgement.observations import Observations
from heatcheck.judgement.phrases import interval, joined, p_value, three_digits, title_of
from heatcheck.judgement.sign_flips import smallest_p
from heatcheck.judgement.standings import NEVER, mean_of, milliseconds, passes, repeatability
from heatcheck.judgement.statistics import ENOUGH, holm
from heatcheck.judgement.verdicts import Verdict
from heatcheck.metrics import METRICS
from heatcheck.runs.experiments import NETWORKS
from heatcheck.runs.keys import is_control, is_given

# of a verdict's rows, those that a cell does not tell itself
UNTRYABLE, BLANK = "cannot be tried", "blank maps"
BEHIND = ("95 % interval", "Images that would decide it", "After Holm's correction")


@dataclass(frozen=True)
class Column:
    """What a column asks, in a line for its head."""

    name: str
    title: str
    line: str


@dataclass(frozen=True)
class Cell:
    """A mark in words with its number, and what stands behind it: a name and a text a row."""

    column: str
    tone: Tone
    words: str
    number: str = ""
    rows: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """`all three · 3 of 3`."""
        return " · ".join(filter(None, (self.words, self.number)))


@dataclass(frozen=True)
class Row:
    """A method or a control with a cell a column, in their order."""

    method: str  # the key in the run
    control: bool
    cells: tuple[Cell, ...]

    def cell(self, column: str) -> Cell:
        """The cell of a column by its name."""
        return next(cell for cell in self.cells if cell.column == column)


COLUMNS = (
    Column(
        "evidence",
        "Evidence",
        "Whether the map is better than itself moved elsewhere: place; than the method's maps of "
        "other pictures: picture; than its maps of random weights and of another class: model.",
    ),
    Column(
        "sanity",
        "Beats random weights",
        "A sanity check: whether the map is better than the same method's maps of the network with "
        "random weights; the number is by how much, in the unit of the curves.",
    ),
    Column(
        "repeatability",
        "Repeats",
        "How much of the map comes again under faint noise on the image and another seed: 1 is "
        "all, 0 is nothing.",
    ),
    Column(
        "cost",
        "Cost in passes",
        "Images that go forward + backward through the network for one map.",
    ),
    Column(
        "saturation",
        "Saturation",
        "How much of the map's mass is lost where a small network no longer changes its answer.",
    ),
    Column("networks", "Runs on", "On which of a CNN, a transformer and an MLP it gives a map."),
)


@dataclass(frozen=True, eq=False)
class Facts:
    """What the cells of a run are made of."""

    evidence: Evidence
    findings: pd.DataFrame
    asked: Sequence[Verdict]

    @cached_property
    def observed(self) -> Observations:
        """Scores and findings."""
        return Observations(self.evidence.scores, self.findings)

    @cached_property
    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """The textbook's questions put to each method, by method and question."""
        return {(one.claim.about, one.claim.question.name): one for one in self.asked}

    @cached_property
    def sanity(self) -> dict[str, tuple[float, float, bool]]:
        """Each method's mean gain over maps of random weights, over the legs that count; the larger
        p of the legs after Holm's correction over methods; and whether each leg gains enough.
        """
        scores, areas = self.evidence.scores, self.evidence.areas
        metrics = [f"{area}_model" for area in areas]
        by_metric = [compared(scores, metric) for metric in metrics]
        keys = [
            key for key in self.evidence.methods if areas and all(key in one for one in by_metric)
        ]
        worst = [
            max(one.p for parts in by_metric for one in parts[key].comparisons if not one.against)
            for key in keys
        ]
        means = [
            float(np.mean([scores.of(metric)[key].mean() for metric in metrics])) for key in keys
        ]
        least = [min(float(scores.of(metric)[key].mean()) for metric in metrics) for key in keys]
        adjusted = holm(worst) if worst else []
        return {
            key: (mean, p, low >= self.evidence.least)
            for key, mean, low, p in zip(keys, means, least, adjusted, strict=True)
        }

    def mark(self, key: str, question: str) -> str:
        """The verdict on a question about a method."""
        return self.verdicts[key, question].mark

    def measured(self, key: str, *questions: str) -> tuple[tuple[str, str], ...]:
        """What was measured for these questions: a sentence each, and the numbers behind it."""
        rows: list[tuple[str, str]] = []
        for one in (self.verdicts[key, question] for question in questions):
            words = one.claim.words
            rows.append((words, one.measured or one.sentence))
            rows += [(f"{words}: {name}", text) for name, text in one.rows if name in BEHIND]
        return tuple(rows)


def glance(evidence: Evidence, findings: pd.DataFrame, asked: Sequence[Verdict]) -> tuple[Row, ...]:
    """The rows of a run: methods first, who shows more evidence before who shows less, then
    controls; else in the run's order.

    `findings` are `store.results.findings`; `asked` the verdicts on the textbook's questions as
    they are put to each method (`claims.cards`).
    """
    facts = Facts(evidence, findings, asked)
    methods = sorted(evidence.methods, key=lambda key: -len(_questions(evidence, key)))
    controls = [key for key in evidence.scores.methods if is_control(key)]
    return (
        *(Row(key, False, tuple(make(facts, key) for make in _MAKERS.values())) for key in methods),
        *(Row(key, True, _of_control(facts, key)) for key in controls),
    )


# -- cells -----------------------------------------------------------------------------------------


def _evidence(facts: Facts, key: str) -> Cell:
    evidence = facts.evidence
    showings = [evidence.of(key, name) for name in QUESTIONS]
    rows = tuple(
        (
            f"Evidence {QUESTIONS[one.question].title}",
            one.words + (f" ({p_value(one.p)})" if one.gains else ""),
        )
        for one in showings
    ) + tuple(
        (METRICS[gain.metric].title, interval(gain.estimate))
        for one in showings
        for gain in one.gains
    )
    if blank := blanks.shares(evidence.scores).get(key):
        count, drawn = blank
        rows = (("Blank maps", f"{count} of {drawn}"), *rows)
        if count == drawn:
            return Cell("evidence", "bad", BLANK, f"{count} of {drawn}", rows)
    marks = [one.mark for one in showings]
    known = [mark for mark in marks if mark != "not measured"]
    shown = [one for one in showings if one.mark == "shown"]
    if not known:
        return Cell("evidence", "none", "not measured")
    if "cannot be said" in known:
        return Cell("evidence", "none", "cannot be said", "", rows)
    if evidence.images < ENOUGH:
        return Cell("evidence", "none", "too few images", "", rows)
    if not shown and all(one.too_few for one in showings if one.mark == "not shown"):
        return Cell("evidence", "none", "too few images", "", rows)
    number = f"{len(shown)} of {len(evidence.questions)}"
    if not shown:
        return Cell("evidence", "bad", "no evidence yet", number, rows)
    names = ", ".join(one.question for one in shown)
    if len(shown) == len(evidence.questions):
        return Cell("evidence", "good", names, number, rows)
    return Cell("evidence", "middle", f"{names} only", number, rows)


def _sanity(facts: Facts, key: str) -> Cell:
    if facts.evidence.scores.barred or not facts.evidence.areas:
        return Cell("sanity", "none", "cannot be said")
    if key not in facts.sanity:
        return Cell("sanity", "none", _untold(facts, key))
    mean, p, enough = facts.sanity[key]
    scores = facts.evidence.scores
    gains = [f"{area}_model" for area in facts.evidence.areas]
    rows = [
        (METRICS[gain].title, interval(mean_of(gain, scores.of(gain)[key], scores.bounds(gain))))
        for gain in gains
    ]
    rows.append((f"Better than random weights in {joined(facts.evidence.areas)}", p_value(p)))
    number = f"{'+' * (mean > 0)}{three_digits(mean)}"
    counts = [int(scores.of(gain)[key].notna().sum()) for gain in gains]
    if min(counts) < ENOUGH or smallest_p(min(counts)) * len(facts.sanity) > ALPHA:
        return Cell("sanity", "none", "too few images", number, tuple(rows))
    if p <= ALPHA and enough:
        return Cell("sanity", "good", "yes", number, tuple(rows))
    return Cell("sanity", "bad", "not clearly", number, tuple(rows))


def _untold(facts: Facts, key: str) -> str:
    """What stands for a number that a run has not: nobody can ask for another map from elsewhere,
    and a blank one has none.
    """
    if blanks.only_blank(facts.evidence.scores, key):
        return BLANK
    return UNTRYABLE if is_given(key) else "not measured"


def _repeatability(facts: Facts, key: str) -> Cell:
    wide = facts.evidence.scores.of("repeatability")
    mean = mean_of("repeatability", wide[key]) if key in wide else None
    if mean is None:
        return Cell("repeatability", "none", _untold(facts, key))
    rows = [("Mean over scales", interval(mean))]
    rows += [
        (
            f"Averaged over squares of {scale} pixels" if scale > 1 else "Pixel by pixel",
            interval(at),
        )
        for scale, at in repeatability(facts.evidence.scores).get(key, {}).items()
    ]
    number = three_digits(mean.mean)
    if is_control(key):
        return Cell("repeatability", "none", "", number, tuple(rows))
    rows += facts.measured(key, "noisy", "less_noise")
    noisy, less = facts.mark(key, "noisy"), facts.mark(key, "less_noise")
    tone, words = _LOUDNESS.get(noisy, ("none", "undecided"))
    if noisy == "confirmed" and less == "confirmed":
        tone, words = "middle", "less noisy"
    return Cell("repeatability", tone, words, number, tuple(rows))


_LOUDNESS: dict[str, tuple[Tone, str]] = {
    "confirmed": ("bad", "noisy"),
    "refuted": ("good", "steady"),
    "undecided": ("none", "undecided"),
}


def _cost(facts: Facts, key: str) -> Cell:
    scores = facts.evidence.scores
    number = passes(scores, key)
    rows = facts.measured(key, "fast_computation", "fast", "slow")
    if (took := milliseconds(scores, key)) is not None:
        rows = (*rows, ("On the run's machine", f"{three_digits(took)} ms"))
    if not number:
        words = UNTRYABLE if is_given(key) else "not counted"
        return Cell("cost", "none", words, "", rows)
    slow, fast = facts.mark(key, "slow"), facts.mark(key, "fast_computation")
    if fast == "confirmed":
        return Cell("cost", "good", "fast", number, rows)
    if slow == "confirmed":
        return Cell("cost", "bad", "slow", number, rows)
    if slow == fast == "refuted":
        return Cell("cost", "middle", "medium", number, rows)
    return Cell("cost", "none", "undecided", number, rows)


def _saturation(facts: Facts, key: str) -> Cell:
    finding = facts.observed.finding(key, "lost_when_saturated")
    rows = facts.measured(key, "saturation")
    if finding is None:
        return Cell("saturation", "none", "not measured")
    lost = finding[0]
    if np.isnan(lost):
        return Cell("saturation", "none", UNTRYABLE, "", rows)
    saturates = facts.mark(key, "saturation") == "confirmed"
    return Cell(
        "saturation",
        "bad" if saturates else "good",
        "saturates" if saturates else "holds",
        f"{three_digits(100 * lost)} % lost",
        rows,
    )


def _networks(facts: Facts, key: str) -> Cell:
    runs = {
        network: finding[0] == 1
        for network in NETWORKS
        if (finding := facts.observed.finding(key, f"runs_on_{network}"))
    }
    if len(runs) < len(NETWORKS):
        return Cell("networks", "none", "not measured")
    rows = facts.measured(key, "model_agnostic", "cnn_specific", "requires_gradients")
    if is_given(key):
        return Cell("networks", "none", UNTRYABLE, "", rows)
    where = [_KINDS[network] for network, does in runs.items() if does]
    missing = [_KINDS[network] for network, does in runs.items() if not does]
    words = (
        "all three"
        if not missing
        else "none"
        if not where
        else f"{where[0]} only"
        if len(where) == 1
        else f"not {missing[0]}"
    )
    tone: Tone = "good" if not missing else "middle" if len(where) > 1 else "bad"
    return Cell("networks", tone, words, f"{len(where)} of {len(runs)}", rows)


_KINDS = {"cnn": "CNN", "transformer": "transformer", "mlp": "MLP"}
_MAKERS: dict[str, Callable[[Facts, str], Cell]] = {
    "evidence": _evidence,
    "sanity": _sanity,
    "repeatability": _repeatability,
    "cost": _cost,
    "saturation": _saturation,
    "networks": _networks,
}


def _questions(evidence: Evidence, key: str) -> list[str]:
    """The questions on which a method shows evidence."""
    return [one.name for one in evidence.questions if key in evidence.shown(one.name)]


def _of_control(facts: Facts, key: str) -> tuple[Cell, ...]:
    """A control explains nothing: it is asked whether it was beaten and how much repeats, and
    nothing else.
    """
    made = {"evidence": _beaten(facts.evidence, key), "repeatability": _repeatability(facts, key)}
    return tuple(made.get(one.name, Cell(one.name, "none", NEVER)) for one in COLUMNS)


def _beaten(evidence: Evidence, control: str) -> Cell:
    """Where a control does as well as the methods that show most; nothing where none shows any."""
    keys = evidence.shown_in_all() or [key for key in evidence.methods if _questions(evidence, key)]
    asked = list(dict.fromkeys(q for key in keys for q in _questions(evidence, key)))
    asked = [question for question in asked if question != "model"]
    if not asked:
        return Cell("evidence", "none", NEVER)
    if not all(has_values(evidence, control, question) for question in asked):
        return Cell("evidence", "none", "not measured")
    ties = [
        (f"{title_of(key)}, evidence {QUESTIONS[question].title}", area)
        for key in keys
        for question in _questions(evidence, key)
        for area, other in evidence.of(key, question).level
        if other == control
    ]
    areas = list(dict.fromkeys(area for _, area in ties))
    rows = tuple((whom, f"{title_of(control)} is not beaten in {area}") for whom, area in ties)
    beaten = "beaten" if len(asked) > 1 else f"beaten on {asked[0]}"
    return Cell("evidence", "none", f"unbeaten in {areas[0]}" if areas else beaten, "", rows)
