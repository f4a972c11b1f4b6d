"""What a report tells, read from the store once: every format is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from heatcheck.answer.summary import Summary
from heatcheck.core.errors import RunProblem
from heatcheck.drawing.labels import plural
from heatcheck.inputs import classifiers
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import Standing
from heatcheck.runs.records import Run
from heatcheck.runs.store import Store


@dataclass(frozen=True, eq=False)
class Subject:
    """A run with its summary; pictures and maps are read from the store where they are shown."""

    store: Store
    run: Run
    summary: Summary

    @staticmethod
    def of(store: Store, run: str) -> Subject:
        """From a store; `run` is an id or the beginning of one.

        Raises:
            RunProblem: the run has no scores yet.
        """
        known = store.runs.get(run)
        summary = Summary.of_run(store, known.id)
        if summary.scores.table.empty:
            raise RunProblem(
                f"Expected a run with scores. Run {known.id} has none yet ({known.status}). "
                f"Wait for it: heatcheck resume {known.id}"
            )
        return Subject(store, known, summary)

    @property
    def scores(self) -> Scores:
        """What the run measured."""
        return self.summary.scores

    @property
    def classifier(self) -> str:
        """What people call the model."""
        return classifiers.title_of(self.run.spec.classifier)

    @property
    def images(self) -> str:
        """`20 images`, `1 image`: those that are measured."""
        return plural(self.scores.images, "image")

    @property
    def standing(self) -> tuple[Standing, ...]:
        """A row a method and metric."""
        return self.summary.standing


def version() -> str:
    """The installed version, in words where there is none."""
    try:
        return metadata.version("heatcheck")
    except metadata.PackageNotFoundError:
        return "not installed as a package"
