"""Rules that a run is held against, and how a TOML file says them: an array of tables `[[rule]]`,
each with a `check` and the keys of that check.

That the run is finished is held first, whether the file says so or not.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from heatcheck.attribution import METHODS, Method
from heatcheck.attribution.given import Given
from heatcheck.core.errors import BadParameter, shown, unknown
from heatcheck.core.numbers import in_full, span
from heatcheck.judgement.claims import CLAIMS
from heatcheck.judgement.evidence import QUESTIONS
from heatcheck.judgement.phrases import joined, title_of
from heatcheck.judgement.score_parts import AREAS
from heatcheck.judgement.standings import against_controls
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import DIGITS, is_control, is_given, name_of

LARGEST = 2**20  # bytes of a file
Told = Literal["confirmed", "refuted", "mixed", "undecided"]
TOLD: tuple[Told, ...] = get_args(Told)


@dataclass(frozen=True)
class Finished:
    """The run came to its end."""

    words = "The run is finished"


@dataclass(frozen=True)
class ShowsEvidence:
    """A method shows evidence in each of these questions."""

    method: str  # its key in the run
    of: tuple[str, ...] = tuple(QUESTIONS)

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        titles = joined([QUESTIONS[name].title for name in self.of])
        return f"{title_of(self.method)} shows evidence {titles}"


@dataclass(frozen=True)
class NoneBelowRandom:
    """No method is shown to be worse than Random in any of these metrics."""

    metrics: tuple[str, ...] = AREAS

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        titles = joined([METRICS[name].title for name in self.metrics], "or")
        return f"No method is shown to be worse than Random in {titles}"


@dataclass(frozen=True)
class ScoreWithin:
    """A method's mean of a metric lies on this side of a limit, and its interval with it."""

    method: str  # its key in the run
    metric: str
    side: Literal["at most", "at least"]
    limit: float

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        title = METRICS[self.metric].title
        return f"{title_of(self.method)} has {self.side} {in_full(self.limit)} in {title}"

    def holds(self, value: float) -> bool:
        """Whether a value lies on the right side of the limit."""
        return value <= self.limit if self.side == "at most" else value >= self.limit


@dataclass(frozen=True)
class HasVerdict:
    """A claim of the textbook has this verdict."""

    claim: str
    verdict: Told

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        return f"The claim “{self.claim}” is {self.verdict}"


@dataclass(frozen=True)
class NoneTurned:
    """Against the baseline run no verdict turned and no method lost evidence that it had."""

    words = "No verdict turned and no method lost evidence"


@dataclass(frozen=True)
class FewFailures:
    """At most so many scores of the run failed."""

    at_most: int

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        return f"At most {self.at_most} scores failed"


Rule = (
    Finished | ShowsEvidence | NoneBelowRandom | ScoreWithin | HasVerdict | NoneTurned | FewFailures
)


def read(path: Path, given: Collection[str] = ()) -> tuple[Rule, ...]:
    """The rules of a TOML file, `Finished` first; `given` are the names of maps from elsewhere.

    Raises:
        BadParameter: the file cannot be read, is no TOML, has no rule or one twice; a value is
        missing or cannot be right. UnknownName: a key, check, method, metric, question or claim is
        none.
    """
    name = shown(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadParameter(
            f"Expected a file of rules at {name}. It cannot be read ({why}). Name one that is "
            "there."
        ) from error
    if len(content) > LARGEST:
        raise BadParameter(
            f"Expected at most {LARGEST >> 20} MB of rules in {name}. Got more. Leave only rules "
            "in it."
        )
    try:
        written = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadParameter(
            f"Expected {name} to be text in UTF-8. {error}. Save it with that encoding."
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadParameter(
            f"Expected {name} to be TOML. Got something else: {error}. See docs/command-line.md "
            "for an example."
        ) from error
    return rules_of(written, name, given)


def rules_of(
    written: Mapping[str, Any], name: str, given: Collection[str] = ()
) -> tuple[Rule, ...]:
    """The rules of a file's content; errors call the file by its name. Raises as `read` does."""
    for key in written:
        if key != "rule":
            raise unknown("key of a file of rules", key, ["rule"], f"It stands in {name}.")
    tables = written.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadParameter(
            f"Expected each rule in {name} to stand under [[rule]]. Got {shown(tables)}. Write two "
            "brackets on each side."
        )
    if not tables:
        raise BadParameter(
            f"Expected at least one [[rule]] in {name}. Got none. Write one, with a check."
        )
    rules = [
        _Table(f"rule {place} of {name}", table, given).rule()
        for place, table in enumerate(tables, 1)
    ]
    for place, rule in enumerate(rules, 1):
        if rule in rules[: place - 1]:
            raise BadParameter(
                f"Expected each rule of {name} once. Got rule {place} a second time. Leave it out."
            )
    return (Finished(), *(rule for rule in rules if not isinstance(rule, Finished)))


@dataclass(frozen=True)
class _Table:
    """A rule as it is written, and where it stands, for errors."""

    place: str
    entries: Mapping[str, Any]
    given: Collection[str]

    def rule(self) -> Rule:
        """The rule that it says."""
        check = self.text("check", CHECKS)
        build, keys = CHECKS[check]
        for key in self.entries:
            if key not in ("check", *keys):
                raise unknown(f"key of the check “{check}”", key, ["check", *keys], self.stands)
        return build(self)

    @property
    def stands(self) -> str:
        """Where to look, as the end of a message."""
        return f"It stands in {self.place}."

    def wrong(self, key: str, wanted: str) -> BadParameter:
        """The error of a value that cannot be right, or is not there."""
        got = f"{shown(self.entries[key])}. Change" if key in self.entries else "none. Add"
        return BadParameter(f"Expected {key} in {self.place} to be {wanted}. Got {got} it.")

    def text(self, key: str, known: Collection[str] | None = None) -> str:
        """A key's text, one of those that are known."""
        text = self.entries.get(key)
        if not isinstance(text, str):
            raise self.wrong(key, "a text, in quotation marks")
        if known is not None and text not in known:
            raise unknown(key, text, known, self.stands)
        return text

    def texts(self, key: str, known: Collection[str], default: tuple[str, ...]) -> tuple[str, ...]:
        """A key's list of texts, each of those that are known and each once."""
        if key not in self.entries:
            return default
        texts = self.entries[key]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise self.wrong(key, "a list of texts")
        for text in texts:
            if text not in known:
                raise unknown(f"word of {key}", text, known, self.stands)
        if not texts or len(set(texts)) < len(texts):
            raise self.wrong(key, "a list with each name once, and one name at least")
        return tuple(texts)

    def method(self) -> str:
        """The key of a method, which need not be in the run."""
        key = self.text("method")
        if key in self.given:
            return key
        name, dash, digest = key.partition("-")
        if name not in METHODS.readable or (
            dash and not re.fullmatch(f"[0-9a-f]{{{DIGITS}}}", digest)
        ):
            raise unknown("method", key, [*METHODS.readable, *self.given], self.stands)
        return key


def _sort_of(key: str) -> Method:
    """A method of the kind that a key of a run names."""
    return Given() if is_given(key) else METHODS.read(name_of(key))


def _finished(table: _Table) -> Rule:
    return Finished()


def _evidence(table: _Table) -> Rule:
    method = table.method()
    if is_control(method):
        raise table.wrong("method", "one that is no control: a control is evidence of nothing")
    return ShowsEvidence(method, table.texts("of", QUESTIONS, tuple(QUESTIONS)))


def _none_below_random(table: _Table) -> Rule:
    metrics = table.texts("metrics", METRICS.readable, AREAS)
    random = METHODS.build("random")
    for metric in metrics:
        if not against_controls(metric) or METRICS[metric].why_not(random):
            raise BadParameter(
                f"Expected metrics in {table.place} that say something of Random's maps. Got "
                f"{metric!r}, which does not. Name metrics of faithfulness or placement."
            )
    return NoneBelowRandom(metrics)


def _score(table: _Table) -> Rule:
    method, metric = table.method(), table.text("metric", METRICS.readable)
    if reason := METRICS[metric].why_not(_sort_of(method)):
        raise BadParameter(
            f"Expected a metric in {table.place} that says something of {title_of(method)}. Got "
            f"{metric!r}: {reason} Name another."
        )
    sides = [key for key in ("at_most", "at_least") if key in table.entries]
    if len(sides) != 1:
        raise BadParameter(
            f"Expected either at_most or at_least in {table.place}. Got "
            f"{'both' if sides else 'neither'}. {'Write two rules' if sides else 'Give a limit'}."
        )
    limit, (low, high) = table.entries[sides[0]], METRICS[metric].bounds
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not _finite(limit):
        raise table.wrong(sides[0], "a finite number")
    if not low <= limit <= high:
        raise table.wrong(sides[0], f"in the range of {METRICS[metric].title}, {span(low, high)}")
    return ScoreWithin(
        method, metric, "at most" if sides[0] == "at_most" else "at least", float(limit)
    )


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number beyond every float
        return False


def _verdict(table: _Table) -> Rule:
    claim = table.text("claim", [claim.words for claim in CLAIMS])
    verdict = next((told for told in TOLD if told == table.entries.get("is")), None)
    if verdict is None:
        raise table.wrong("is", f"one of {', '.join(TOLD)}")
    return HasVerdict(claim, verdict)


def _none_turned(table: _Table) -> Rule:
    return NoneTurned()


def _failures(table: _Table) -> Rule:
    most = table.entries.get("at_most")
    if isinstance(most, bool) or not isinstance(most, int) or most < 0:
        raise table.wrong("at_most", "a whole number from 0 on")
    return FewFailures(most)


CHECKS: Mapping[str, tuple[Callable[[_Table], Rule], tuple[str, ...]]] = {
    "finished": (_finished, ()),
    "evidence": (_evidence, ("method", "of")),
    "no method below random": (_none_below_random, ("metrics",)),
    "score": (_score, ("method", "metric", "at_most", "at_least")),
    "verdict": (_verdict, ("claim", "is")),
    "no verdict turned": (_none_turned, ()),
    "failures": (_failures, ("at_most",)),
}
