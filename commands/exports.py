"""What a run says: on the screen, as files, as a report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from heatcheck.commands.files import writing
from heatcheck.commands.stores import opened, run_in
from heatcheck.core.errors import BadParameter

if TYPE_CHECKING:
    import pandas as pd

    from heatcheck.answer.summary import Summary
    from heatcheck.runs.records import Run
    from heatcheck.runs.store import Store

FILES = ("csv", "json", "curves", "maps")


def show(arguments: argparse.Namespace) -> None:
    """Print a run's answer, its tables and verdicts as Markdown."""
    from heatcheck.answer.summary import Summary
    from heatcheck.drawing.labels import metric_in_full
    from heatcheck.judgement import blanks, conclusion, curve_error, elsewhere, failures
    from heatcheck.judgement.evidence import QUESTIONS
    from heatcheck.judgement.phrases import title_of
    from heatcheck.judgement.standings import standings
    from heatcheck.runs.asked import asked_of

    with opened(arguments.store) as store:
        run = run_in(store, arguments.run)
        summary = Summary.of_run(store, run.id)
    scores = summary.scores
    print(f"Run {run.id}, {run.status}: {run.spec.classifier}, {run.spec.size}, {run.so_far}\n")
    if run.problem:
        print(f"{run.problem}\n")
    if scores.table.empty:
        return
    _show_answer(summary)
    told = (
        *failures.reasons(scores.table),
        asked_of(run),
        conclusion.answer(scores),
        run.spec.grouping,
        blanks.told(scores),
        elsewhere.left_out(scores),
        scores.machines.told,
        *run.notes,
        *run.image_notes,
    )
    for line in filter(None, told):
        print(line + "\n")
    titles = " | ".join(question.title for question in QUESTIONS.values())
    print(f"| evidence | {titles} |\n|---|" + "---|" * len(QUESTIONS))
    for key, words in summary.evidence.words:
        print(f"| {title_of(key)} | " + " | ".join(words) + " |")
    print()
    rows = standings(scores)
    metrics = list(dict.fromkeys(row.metric for row in rows))
    print(
        "| method | "
        + " | ".join(metric_in_full(one, scores.unit_of(one)) for one in metrics)
        + " |"
    )
    print("|---|" + "---:|" * len(metrics))
    for method in dict.fromkeys(row.method for row in rows):
        cells = [row.text for row in rows if row.method == method]
        print(f"| {title_of(method)} | " + " | ".join(cells) + " |")
    _show_times(scores.machines.times)
    added = curve_error.curve_error(scores)
    if line := curve_error.told(added, run.spec):
        print("\n" + line)
        if added and added.too_much and (finer := curve_error.command(run.spec)):
            print(f"With more points: `{finer}`")
    print("\n| claim | verdict | measured |\n|---|---|---|")
    for verdict in summary.verdicts:
        print(
            f"| {title_of(verdict.claim.about)}: {verdict.claim.words} | {verdict.label} | "
            f"{verdict.sentence} |"
        )


def _show_answer(summary: Summary) -> None:
    """The answer, how sure it is, what would change it, the model, and the table at a glance."""
    from heatcheck.judgement.model_check import BARRED
    from heatcheck.report.markdown import glance

    headline = summary.headline
    print(f"{headline.answer}\n")
    for title, sentences in (
        ("How sure", headline.sure),
        ("What would change it", headline.change),
    ):
        if sentences:
            print(f"{title}: {' '.join(sentences)}\n")
    if summary.model:
        barred = f"{BARRED} " if summary.scores.barred else ""
        print(f"{barred}{' '.join(summary.model)}\n")
    print(glance(summary) + "\n")


def _show_times(times: pd.DataFrame) -> None:
    """The times of several kinds of machine, where there are several."""
    if times.empty:
        return
    print("\n| time of one map | " + " | ".join(times.columns[1:]) + " |")
    print("|---|" + "---:|" * (len(times.columns) - 1))
    for row in times.itertuples(index=False):
        print("| " + " | ".join(row) + " |")


def export(arguments: argparse.Namespace) -> None:
    """Write a run's table, curves or maps to files."""
    places: dict[str, Path] = {
        name: path for name in FILES if (path := getattr(arguments, name)) is not None
    }
    if not places:
        raise BadParameter(
            "Expected at least one of --csv, --json, --curves, --maps. Got none. Say "
            "what to write, and where."
        )
    if len({path.resolve() for path in places.values()}) < len(places):
        raise BadParameter(
            f"Expected another place for each of --{', --'.join(places)}. Got one twice: the "
            "later would overwrite the earlier."
        )
    with opened(arguments.store) as store:
        run = run_in(store, arguments.run)
        for name, path in places.items():
            with writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                _WRITERS[name](store, run, path)
    listed = ", ".join(str(path) for path in places.values())
    print(f"run {run.id} ({run.status}): wrote {listed}")


def _write_csv(store: Store, run: Run, path: Path) -> None:
    from heatcheck.runs.csv_text import csv_of

    path.write_text(csv_of(store.results.table(run.id)), encoding="utf-8")


def _write_curves(store: Store, run: Run, path: Path) -> None:
    from heatcheck.runs.csv_text import csv_of

    path.write_text(csv_of(store.results.curves(run.id)), encoding="utf-8")


def _write_json(store: Store, run: Run, path: Path) -> None:
    import json

    table = store.results.table(run.id)
    document = {
        "run": run.id,
        "status": run.status,
        "spec": run.spec.as_json(),
        "provenance": run.provenance,
        "rows": json.loads(table.to_json(orient="records", double_precision=15)),
    }
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


def _write_maps(store: Store, run: Run, folder: Path) -> None:
    import io

    import numpy as np

    from heatcheck.inputs import given_maps
    from heatcheck.runs.file_names import written

    folder.mkdir(exist_ok=True)
    methods = {key: method.spec for key, method in run.spec.keyed.items()}
    (folder / given_maps.MADE_BY).write_text(given_maps.made_by(methods), encoding="utf-8")
    for image, method, heat in store.results.maps(run.id):
        content = io.BytesIO()
        np.save(content, heat)
        written(folder, image, method, content.getvalue())


_WRITERS = {
    "csv": _write_csv,
    "json": _write_json,
    "curves": _write_curves,
    "maps": _write_maps,
}


def report(arguments: argparse.Namespace) -> None:
    """Write a run and its team sessions, or a run against an earlier one, in a format."""
    import time

    from heatcheck.report import formats
    from heatcheck.report.subject import Subject
    from heatcheck.review.store import Reviews

    form = formats.chosen(arguments.format, arguments.out)
    with opened(arguments.store) as store:
        run = run_in(store, arguments.run)
        began = time.monotonic()
        subject = Subject.of(store, run.id)
        if arguments.against is None:
            text = formats.written(subject, form.name, Reviews(store).outcomes(run.id))
        else:
            earlier = Subject.of(store, run_in(store, arguments.against).id)
            text = formats.written_against(subject, earlier, form.name)
    path = arguments.out or Path(f"heatcheck-{run.id[:6]}{form.endings[0]}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    print(
        f"run {run.id} ({run.status}): wrote {path}, {len(text) / 1e6:.1f} MB in "
        f"{time.monotonic() - began:.1f} s"
    )
