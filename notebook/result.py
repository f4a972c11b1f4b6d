"""What `heatcheck.evaluate` returns: a run, to be read as tables, sentences, pictures and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.statistics import Estimate
from heatcheck.metrics import METRICS
from heatcheck.report import formats, views
from heatcheck.report.subject import Subject
from heatcheck.runs.keys import is_control
from heatcheck.runs.store import Store


@dataclass(frozen=True, eq=False)
class Result:
    """A run and where it is kept.

    Every part is read from the store when it is first asked for. Raises RunProblem where the run
    has no scores.
    """

    store: Store
    run: str

    @cached_property
    def _subject(self) -> Subject:
        return Subject.of(self.store, self.run)

    @property
    def answer(self) -> str:
        """Whom to trust in at most 25 words, then how sure that is."""
        headline = self._subject.summary.headline
        barred = self._subject.summary.model if self._subject.scores.barred else ()
        return " ".join([headline.answer, *barred, *headline.sure])

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how the model and the images were taken, in sentences."""
        run = self.store.runs.get(self.run)
        return (*run.image_notes, *run.notes)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The tidy table: a row an image x method x metric."""
        return self.store.results.table(self.run)

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """A row a method x metric: the mean over images with the ends of its 95 % interval, where
        there are enough; on how many images; and whether the method may be the best.
        """
        return pd.DataFrame(
            {
                "method": one.method,
                "title": title_of(one.method),
                "control": is_control(one.method),
                "metric": one.metric,
                "unit": METRICS[one.metric].unit,
                "better": METRICS[one.metric].better,
                **_estimated(one.estimate),
                "may_be_best": one.best,
                "failed": one.failed,
            }
            for one in self._subject.standing
        )

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """A row a claim of the textbook: its mark, and the sentence that says what was measured."""
        return pd.DataFrame(
            {
                "about": title_of(one.claim.about),
                "claim": one.claim.words,
                "verdict": one.label,
                "measured": one.sentence,
                "p": one.p,
                **_estimated(one.estimate),
            }
            for one in self._subject.summary.verdicts
        )

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Every curve: a row a point, with columns image, method, metric, fraction, probability."""
        return self.store.results.curves(self.run)

    @cached_property
    def maps(self) -> Mapping[str, Mapping[str, np.ndarray]]:
        """Every heatmap, float32 `[H,W]`, by the image's name and then the method's."""
        by_image: dict[str, dict[str, np.ndarray]] = {}
        for image, method, heat in self.store.results.maps(self.run):
            by_image.setdefault(image, {})[method] = heat
        return by_image

    def report(self, path: str | PathLike[str]) -> Path:
        """Write the report: HTML, Markdown, PDF or JSON by the file's ending; where it lies.

        Raises:
            BadParameter: the ending says none of them, or there is no Chromium to print a PDF with.
        """
        file = Path(path)
        content = formats.written(self._subject, formats.chosen(None, file).name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def __repr__(self) -> str:
        run = self.store.runs.get(self.run)
        return f"<heatcheck run {self.run[:6]}, {run.so_far}, {run.status}>\n{self.answer}"

    def _repr_html_(self) -> str:
        """What Jupyter shows: the answer, how sure, one picture by all methods, the table at a
        glance. It loads nothing; where scripts may run, the picture has sliders.
        """
        return views.of_result(self._subject)


def _estimated(estimate: Estimate | None) -> dict[str, float | int | None]:
    if estimate is None:
        return {"mean": None, "low": None, "high": None, "n": 0}
    return {
        "mean": estimate.mean,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
    }
