"""Runs and sessions with planted scores, hostile names, and an executor that works in this
thread.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from unittest import mock

import numpy as np
import sqlalchemy as sa

from heatcheck.attribution import Method
from heatcheck.inputs.images import Image, picture, png
from heatcheck.metrics import Curve, Metric, Score
from heatcheck.metrics.repeatability import SCALES
from heatcheck.review.tally import Disputed, Outcome, Reviewer, Vote, tally
from heatcheck.runs import specs, worker
from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.experiments import EXPERIMENTS, Finding, experiment
from heatcheck.runs.packing import columns_of, layout_id, unpacked_values
from heatcheck.runs.schema import (
    curves_table,
    failures_table,
    layouts_table,
    runs_table,
    scores_table,
)
from heatcheck.runs.store import Store
from heatcheck.runs.stored_specs import keep_spec
from heatcheck.runs.writing import keep_layout

tried = cache(experiment)  # the experiments on a method, made once
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</title><img src=x onerror=alert(3)>",
    "<img src=x onerror=alert(4)>",
    '"><svg onload=alert(5)>',
    "' onmouseover='alert(6)",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "${7*7}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "[a](javascript:alert(7))",
    "**bold** _it_ `code`",
    "&lt;b&gt; &amp;",
    "a\\u003cb",
    "line\u2028separator",
    "--><!-- x",
    "x" * 90 + "ö漢字🦊",
]


SIDES = {
    "runtime": {"forward_pass": 1.0, "forward_passes": 1.0, "backward_passes": 1.0},
    "repeatability": {f"at_{scale}": 1 - 1 / (1 + scale) for scale in SCALES},
}


@contextmanager
def without_experiments() -> Iterator[None]:
    """Within this, a run's experiments on its methods, which take most of a small run's time, are
    not made.
    """
    findings = tuple(Finding(name, None, "planted") for name in EXPERIMENTS)
    with mock.patch.object(worker, "try_out", lambda *given: findings):
        yield


def _planted(place: int, method: Method, metric: Metric) -> float:
    return 0.0 if (metric.family, method.family) == ("placement", "control") else 1.0 + place


def fill(
    store: Store,
    photographs: list[Image],
    images: int = 20,
    error: str = "",
    under_way: bool = False,
    seed: int = 0,
    points: int | str = 9,
    planted: Callable[[int, Method, Metric], float] = _planted,
) -> str:
    """A run whose scores are planted: the method's place in the list decides its values, and a
    control gains nothing, unless `planted` says otherwise. Under way, only the first method has
    all.
    """
    spec = specs.ask(points=points, seed=seed)
    run = store.runs.open(spec)
    rng = np.random.default_rng(0)
    with store.runs.claim(run) as lease:
        shots = list(zip(spec.images, photographs, strict=True))[:images]
        for number, (image, photo) in enumerate(shots):
            seen = {
                "label": 3,
                "label_name": "shark",
                "target": 3,
                "target_name": "shark",
                "probability": 0.9 - number / 1000,  # not a constant model
            }
            shown = png(picture(photo.encoded(), 32))
            store.results.save_image(lease, image, picture=shown, **seen)
            for place, method in enumerate(spec.methods):
                curve = Curve((0.0, 1.0), (0.9, 0.1))
                scores = [
                    Scored(metric, None, error)
                    if error and place == 0
                    else Scored(
                        metric,
                        Score(
                            float(rng.normal(planted(place, method, metric), 0.1)),
                            curve,
                            SIDES.get(metric.name, {}),
                        ),
                    )
                    for metric in spec.metrics
                    if not (under_way and place and metric.name.endswith("_exchange"))
                ]
                store.results.save_cell(
                    lease,
                    image,
                    spec.keys[method],
                    CellResult(np.zeros((32, 32), np.float32), 0.1, 1, 1, True, "", tuple(scores)),
                )
        for method in spec.methods:
            store.results.save_findings(lease, spec.keys[method], tried(method))
        store.runs.end(lease, "finished")
    return run


def fill_at_random(
    store: Store, photographs: list[Image], source: str = "samples", images: int = 8
) -> str:
    """The run; its images are the sample photographs, whatever they are called."""
    spec = specs.ask(source=source, points=9)
    run = store.runs.open(spec)
    random = np.random.default_rng(7)
    with store.runs.claim(run) as lease:
        for place, image in enumerate(
            spec.images[: max(images, len(HOSTILE)) if source != "samples" else images]
        ):
            photo = photographs[place % len(photographs)]
            store.results.save_image(
                lease,
                image,
                picture=png(picture(photo.encoded(), 32)),
                label=3,
                label_name=image.label or "shark",
                target=place % 2 + 3,
                target_name="shark",
                probability=float(random.random()),
            )
            for method in spec.methods:
                scores = []
                for metric in spec.metrics:
                    if (place, method.name, metric.name) == (2, "smoothgrad", "deletion"):
                        scores.append(Scored(metric, None, "planted <b>reason</b>"))
                        continue
                    curve = None
                    value = (
                        float(np.exp(random.normal(0, 1)))
                        if metric.name == "runtime"
                        else float(random.normal(0.3, 0.2))
                    )
                    if metric.name in ("deletion", "insertion"):
                        curve = Curve(
                            tuple(np.linspace(0, 1, 9).tolist()),
                            tuple(random.random(9).tolist()),
                            tuple(random.random(9).tolist()),
                        )
                        value = curve.auc
                    sides = SIDES.get(metric.name, {})
                    if metric.name.endswith("_placement"):
                        sides = {"misplaced": float(random.random())}
                    scores.append(Scored(metric, Score(value, curve, sides)))
                heat = random.random((32, 32), np.float32)
                result = CellResult(heat, 0.1, 1, 1, True, "", tuple(scores))
                store.results.save_cell(lease, image, spec.keys[method], result)
        facts = {"device": "cpu", "torch": "1.2.3", "weights_sha256": "abc" * 20}
        store.runs.note_provenance(lease, facts)
        for method in spec.methods:
            store.results.save_findings(lease, spec.keys[method], tried(method))
        store.runs.end(lease, "finished")
    return run


def put_in(connection: sa.Connection, run: str, spec: str = "{}", **columns: object) -> None:
    """Write a run's row with a spec's text as it stands, also one that no version can read."""
    row = {"status": "finished", "asked_at": "2026-01-01T00:00:00+00:00", **columns}
    texts = {"spec_digest": keep_spec(connection, spec), "progress": "", "problem": ""}
    connection.execute(runs_table.insert().values(id=run, **{**texts, **row}))


def drop_scores(store: Store, run: str, dropped: Callable[[str], bool]) -> None:
    """Take metrics and side values out of a run, as if they had not been asked for."""
    same = layouts_table.c.id == scores_table.c.layout
    with store.database.writing() as connection:
        steps = sa.select(scores_table, layouts_table.c.text).join(layouts_table, same)
        for row in connection.execute(steps.where(scores_table.c.run == run)).all():
            columns = columns_of(row.text)
            kept = [place for place, column in enumerate(columns) if not dropped(column.name)]
            text = json.dumps([columns[place] for place in kept])
            keep_layout(connection, layout_id(text), text)
            numbers = unpacked_values(row.numbers, len(columns))[0][kept].tobytes()
            step = sa.and_(*(one == row._mapping[one.name] for one in scores_table.primary_key))
            changed = {"layout": layout_id(text), "numbers": numbers}
            connection.execute(scores_table.update().where(step).values(**changed))
        for table in (curves_table, failures_table):
            query = sa.select(table.c.metric).where(table.c.run == run).distinct()
            gone = [metric for metric in connection.scalars(query) if dropped(metric)]
            connection.execute(table.delete().where(table.c.run == run, table.c.metric.in_(gone)))


def put_in_state(store: Store, run: str, status: str, **columns: object) -> None:
    """Write a run's status into the store as if its process had left it so."""
    stored = "running" if status == "interrupted" else status
    until = time.time() + 60 if status == "running" else 0.0
    row = runs_table.update().where(runs_table.c.id == run)
    with store.database.writing() as connection:
        connection.execute(row.values(**{"status": stored, "held_until": until, **columns}))
    assert store.runs.get(run).status == status


def outcome(words: list[str]) -> Outcome:
    """A closed session in which every text of people is one of `words`."""
    methods = ("vanilla_gradients", "grad_cam", "random")
    now = datetime(2026, 1, 2, tzinfo=UTC)
    choices = ("left", "right", "tie", "neither", "left", "left", "right")
    votes = tuple(
        Vote(
            words[place % len(words)],
            words[place % len(words)],
            methods[place % 3],
            methods[(place + 1) % 3],
            choices[place % 7],
            word,
            now,
        )
        for place, word in enumerate(words)
    )
    return Outcome(
        words[0],
        words[1 % len(words)],
        words[2 % len(words)],
        "closed",
        now,
        now,
        words[3 % len(words)],
        tuple(words),
        tuple(Reviewer(word, 1, 2) for word in words),
        votes,
        tally(methods, votes),
        (Disputed(words[0], 0.5, 2),),
    )
