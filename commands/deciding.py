"""A run that ends once a comparison is decided: what the engine asks after each image more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heatcheck.runs.specs import RunSpec
    from heatcheck.runs.store import Store

Decided = Callable[[Sequence[str], bool], str]


def decided_by(spec: RunSpec, store: Store) -> Decided | None:
    """What says whether a run's comparison is decided, as `engine.execute` asks it; None where the
    run is for no comparison.

    Raises:
        BadParameter: the comparison is none of this run, or cannot be decided early.
    """
    if not spec.until:
        return None
    from heatcheck.attribution.outputs import Output
    from heatcheck.judgement.sequential import Question, due

    question = Question.read(spec.until)
    metrics = [metric.name for metric in spec.metrics]
    question.check(list(spec.keyed), metrics)

    left, seen_so_far, complete = Counter(spec.samples.values()), 0, 0

    def decided(names: Sequence[str], last: bool) -> str:
        nonlocal seen_so_far, complete
        for name in names[seen_so_far:]:
            left[spec.samples[name]] -= 1
            complete += not left[spec.samples[name]]
        seen_so_far = len(names)
        if not (last or due(complete)):
            return ""
        known = store.runs.get(spec.id)
        question.check(list(spec.keyed), metrics, plain=known.output is Output.SCORE)
        values = store.results.values(spec.id, question.metric)
        wide = values.pivot(index="image", columns="method", values="value")
        differences = question.differences(wide, names, spec.samples)
        seen = question.look(differences)
        if last or (seen is not None and seen.decided):
            return question.sentence(seen, spec.sample_count, spec.unit)
        return ""

    return decided
