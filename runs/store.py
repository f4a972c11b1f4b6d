"""The store: runs, images, cells, scores and curves in SQL; the one tidy table is read from here.

SQLite in the user's data folder by default (WAL, synchronous FULL, so what was acknowledged is
there after a power cut); another database by a SQLAlchemy URL in HEATCHECK_DATABASE_URL.
"""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from platformdirs import user_data_path

from heatcheck.attribution import Method
from heatcheck.core.errors import RunProblem, unknown
from heatcheck.metrics import METRICS, Curve, Score
from heatcheck.metrics.curves import Walk
from heatcheck.metrics.deletion import Deletion
from heatcheck.metrics.insertion import Insertion
from heatcheck.runs.cells import Cell, CellResult, Scored
from heatcheck.runs.experiments import Finding
from heatcheck.runs.schema import (
    cells_table,
    comparisons_table,
    findings_table,
    images_table,
    runs_table,
    schema,
    scores_table,
    spans_table,
    stops_table,
)
from heatcheck.runs.specs import RunSpec, SpecImage

COLUMNS = [
    "run",
    "image",
    "label",
    "target",
    "probability",
    "classifier",
    "method",
    "method_params",
    "metric",
    "metric_params",
    "value",
    "unit",
    "better",
    "seed",
    "seconds",
    "forward_passes",
    "backward_passes",
    "device",
    "error",
]
CURVE_COLUMNS = ["image", "method", "metric", "fraction", "probability", "energy_gap"]
STOPPED = "stopped by the user"
SILENT_FOR = timedelta(
    minutes=15
)  # a run on another machine that has said nothing for so long is taken for dead


def default_url() -> str:
    """HEATCHECK_DATABASE_URL, or SQLite in the user's data folder."""
    return (
        os.environ.get("HEATCHECK_DATABASE_URL")
        or f"sqlite:///{user_data_path('heatcheck', ensure_exists=True) / 'heatcheck.db'}"
    )


def absolute(url: str) -> str:
    """The same URL, a relative SQLite file made absolute, so that it means the same file from
    another folder.
    """
    parsed = sa.make_url(url)
    if (
        parsed.get_backend_name() != "sqlite"
        or not parsed.database
        or parsed.database.startswith((":memory:", "file:"))
    ):
        return url
    return parsed.set(database=str(Path(parsed.database).resolve())).render_as_string(
        hide_password=False
    )


@dataclass(frozen=True)
class Run:
    """A run as the store knows it."""

    id: str
    spec: RunSpec
    status: str  # waiting, running, interrupted, finished, failed, cancelled
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    seconds: float | None  # that processes worked on it, breaks left out; None before the first
    heard_at: str | None  # the last sign of life, as stored
    progress: str
    problem: str
    provenance: dict[str, str]
    done: int  # steps: cells, and second visits to cells
    failures: int

    @property
    def total(self) -> int:
        """How many steps the run has."""
        return self.spec.steps


@dataclass(frozen=True)
class SeenImage:
    """An image of a run and what the classifier saw in it."""

    name: str
    picture: bytes | None  # PNG
    label: int | None
    label_name: str
    target: int | None
    target_name: str
    probability: float | None

    @property
    def right(self) -> bool | None:
        """Whether the model's class is the label; None without a label."""
        return None if self.label is None or self.target is None else self.label == self.target


class Store:
    """Everything that outlives a process."""

    def __init__(self, url: str | None = None) -> None:
        self.url = url or default_url()
        try:
            self.url = absolute(self.url)
            self.engine = sa.create_engine(self.url)
            if self.engine.dialect.name == "sqlite":
                sa.event.listen(self.engine, "connect", _prepare_sqlite)
            schema.create_all(self.engine)
        except (sa.exc.SQLAlchemyError, ImportError) as error:
            raise RunProblem(
                f"Expected a database at {self.url}. It cannot be opened: {error}. Check "
                "--store or HEATCHECK_DATABASE_URL."
            ) from error

    # -- runs --------------------------------------------------------------------------------------

    def open_run(self, spec: RunSpec) -> str:
        """The spec's run, made if it is new; its id."""
        row = {
            "id": spec.id,
            "spec": json.dumps(spec.as_json()),
            "status": "waiting",
            "asked_at": _now(),
        }
        with self.engine.begin() as connection:
            known = connection.scalar(sa.select(runs_table.c.id).where(runs_table.c.id == spec.id))
            if known is None:
                connection.execute(
                    runs_table.insert().values(progress="", problem="", provenance="{}", **row)
                )
        return spec.id

    def forget(self, run: str) -> None:
        """Delete a run with all its rows. Raises RunProblem while it is running."""
        if self.run(run).status == "running":
            raise RunProblem(f"Run {run} is running. Expected it to have ended. Cancel it first.")
        try:
            with self.engine.begin() as connection:
                for table in (
                    scores_table,
                    comparisons_table,
                    cells_table,
                    images_table,
                    findings_table,
                    spans_table,
                    stops_table,
                ):
                    connection.execute(table.delete().where(table.c.run == run))
                connection.execute(runs_table.delete().where(runs_table.c.id == run))
        except sa.exc.IntegrityError as error:
            raise RunProblem(
                f"Run {run} has a team session. Expected none. Its host can delete the "
                "session, then the run can go."
            ) from error

    def ask_to_stop(self, run: str) -> None:
        """Stop a run: one that waits at once, one that is running after its cell. What is done
        stays.

        Raises:
            RunProblem: the run is not under way.
        """
        with self.engine.begin() as connection:
            waits = (runs_table.c.id == run) & (runs_table.c.status == "waiting")
            ended = {"status": "cancelled", "problem": STOPPED, "ended_at": _now()}
            if connection.execute(runs_table.update().where(waits).values(**ended)).rowcount:
                return
        if (status := self.run(run).status) != "running":
            raise RunProblem(
                f"Expected a run that is under way. Run {run} is {status}. There is "
                "nothing to stop."
            )
        with self.engine.begin() as connection:
            connection.execute(stops_table.delete().where(stops_table.c.run == run))
            connection.execute(stops_table.insert().values(run=run, asked_at=_now()))

    def stop_asked(self, run: str) -> bool:
        """Whether somebody wants this run stopped."""
        with self.engine.connect() as connection:
            return (
                connection.scalar(sa.select(stops_table.c.run).where(stops_table.c.run == run))
                is not None
            )

    @contextmanager
    def running(self, run: str) -> Iterator[None]:
        """Claim a run for this process. Raises RunProblem where another process has it."""
        seen = self.run(run)
        taken = RunProblem(
            f"Run {run} is running in another process. Wait for it, or watch it with: "
            "heatcheck list"
        )
        if seen.status == "running":
            raise taken
        mine = {
            "status": "running",
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "heard_at": _now(),
            "ended_at": None,
            "problem": "",
        }
        with self.engine.begin() as connection:
            unclaimed = (runs_table.c.id == run) & (
                sa.func.coalesce(runs_table.c.heard_at, "") == (seen.heard_at or "")
            )
            claim = (
                runs_table.update()
                .where(unclaimed)
                .values(began_at=sa.func.coalesce(runs_table.c.began_at, _now()), **mine)
            )
            if connection.execute(claim).rowcount != 1:
                raise taken
            connection.execute(stops_table.delete().where(stops_table.c.run == run))
            connection.execute(
                spans_table.insert().values(run=run, began_at=_now(), ended_at=_now())
            )
        yield

    def end(self, run: str, status: str, problem: str = "") -> None:
        """Note how a run ended."""
        self._update(run, status=status, problem=problem, ended_at=_now(), progress="")
        self._work_on(run)

    def note_progress(self, run: str, progress: str) -> None:
        """Note how far a run is; also its sign of life."""
        self._update(run, progress=progress, heard_at=_now())
        self._work_on(run)

    def _work_on(self, run: str) -> None:
        """The span that goes on lasts until now."""
        with self.engine.begin() as connection:
            last = (
                sa.select(sa.func.max(spans_table.c.began_at))
                .where(spans_table.c.run == run)
                .scalar_subquery()
            )
            of_run = (spans_table.c.run == run) & (spans_table.c.began_at == last)
            connection.execute(spans_table.update().where(of_run).values(ended_at=_now()))

    def note_provenance(self, run: str, provenance: dict[str, str]) -> None:
        """Note versions, device and digests; where a resumed run finds others, both stand."""
        known = self.run(run).provenance
        both = {
            key: value if known.get(key, value).endswith(value) else f"{known[key]}, then {value}"
            for key, value in provenance.items()
        }
        self._update(run, provenance=json.dumps(both), heard_at=_now())

    def _update(self, run: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(runs_table.update().where(runs_table.c.id == run).values(**values))

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                self._runs_query().order_by(runs_table.c.asked_at.desc(), runs_table.c.id)
            ).all()
            spans = connection.execute(sa.select(spans_table)).all()
        return [_run(row, spans) for row in rows]

    def run(self, run: str) -> Run:
        """One run, by its id or an unambiguous beginning of it. Raises UnknownName where there is
        none.
        """
        with self.engine.connect() as connection:
            rows = connection.execute(
                self._runs_query().where(runs_table.c.id.startswith(run, autoescape=True)).limit(2)
            ).all()
            spans = connection.execute(
                sa.select(spans_table).where(spans_table.c.run.in_([row.id for row in rows]))
            ).all()
        if not run or len(rows) != 1:
            raise unknown("run", run, [known.id for known in self.runs()], "See: heatcheck list")
        return _run(rows[0], spans)

    def _runs_query(self) -> sa.Select[Any]:
        cells = (
            sa.select(cells_table.c.run, sa.func.count().label("done"))
            .group_by(cells_table.c.run)
            .subquery()
        )
        again = (
            sa.select(comparisons_table.c.run, sa.func.count().label("done"))
            .group_by(comparisons_table.c.run)
            .subquery()
        )
        failed = (
            sa.select(scores_table.c.run, sa.func.count().label("failures"))
            .where(scores_table.c.error != "")
            .group_by(scores_table.c.run)
            .subquery()
        )
        return (
            sa.select(
                runs_table,
                (sa.func.coalesce(cells.c.done, 0) + sa.func.coalesce(again.c.done, 0)).label(
                    "done"
                ),
                sa.func.coalesce(failed.c.failures, 0).label("failures"),
            )
            .outerjoin(cells, cells.c.run == runs_table.c.id)
            .outerjoin(again, again.c.run == runs_table.c.id)
            .outerjoin(failed, failed.c.run == runs_table.c.id)
        )

    # -- cells -------------------------------------------------------------------------------------

    def save_image(self, run: str, image: SpecImage, **seen: Any) -> None:
        """Keep an image as the model saw it; once a run."""
        row = {"label_name": image.label, "target_name": "", **seen}
        with self.engine.begin() as connection:
            where = (images_table.c.run == run) & (images_table.c.image == image.name)
            if connection.scalar(sa.select(images_table.c.image).where(where)) is None:
                connection.execute(
                    images_table.insert().values(
                        run=run, image=image.name, digest=image.digest, **row
                    )
                )

    def save_cell(
        self, run: str, spec: RunSpec, image: SpecImage, method: Method, result: CellResult
    ) -> None:
        """Commit a cell with all its rows in one transaction."""
        key = {"run": run, "image": image.name, "method": spec.key_of(method)}
        rows = _rows(key, result.scores)
        with self.engine.begin() as connection:
            connection.execute(
                cells_table.insert().values(
                    **key,
                    seconds=result.seconds,
                    forward_passes=result.forward_passes,
                    backward_passes=result.backward_passes,
                    error=result.error,
                    map=None
                    if result.map is None
                    else zlib.compress(result.map.astype("<f4").tobytes(), 1),
                    side=None if result.map is None else result.map.shape[0],
                )
            )
            if rows:
                connection.execute(scores_table.insert(), rows)

    def save_comparison(
        self, run: str, spec: RunSpec, image: SpecImage, method: Method, scores: Sequence[Scored]
    ) -> None:
        """Commit what a second visit to a cell gave, in one transaction."""
        key = {"run": run, "image": image.name, "method": spec.key_of(method)}
        with self.engine.begin() as connection:
            connection.execute(comparisons_table.insert().values(**key))
            if rows := _rows(key, scores):
                connection.execute(scores_table.insert(), rows)

    def compared_cells(self, run: str) -> set[tuple[str, str]]:
        """The cells whose second visit is committed, as (image, method key)."""
        with self.engine.connect() as connection:
            query = sa.select(comparisons_table.c.image, comparisons_table.c.method).where(
                comparisons_table.c.run == run
            )
            return {(image, method) for image, method in connection.execute(query)}

    def save_findings(
        self, run: str, spec: RunSpec, method: Method, findings: Sequence[Finding]
    ) -> None:
        """Commit what the experiments on a method gave, in place of what an older version found."""
        key = {"run": run, "method": spec.key_of(method)}
        rows = [
            {**key, "place": place, **dataclasses.asdict(finding)}
            for place, finding in enumerate(findings)
        ]
        with self.engine.begin() as connection:
            connection.execute(
                findings_table.delete().where(
                    (findings_table.c.run == run) & (findings_table.c.method == key["method"])
                )
            )
            connection.execute(findings_table.insert(), rows)

    def findings(self, run: str) -> pd.DataFrame:
        """What the experiments on a run's methods gave: a row an experiment, columns method,
        experiment, value, words.
        """
        shown = [findings_table.c[column] for column in ("method", "experiment", "value", "words")]
        query = (
            sa.select(*shown)
            .where(findings_table.c.run == run)
            .order_by(findings_table.c.method, findings_table.c.place)
        )
        with self.engine.connect() as connection:
            return pd.DataFrame(
                connection.execute(query).mappings().all(),
                columns=[column.name for column in shown],
            ).astype({"value": float})

    def walked(
        self, run: str, spec: RunSpec, image: SpecImage, method: Method
    ) -> tuple[tuple[Walk, Curve], ...]:
        """The curves of a cell's own map that a run has stored, by what was walked."""
        own = {
            metric.name: metric.walk
            for metric in spec.metrics
            if isinstance(metric, Deletion | Insertion)
        }
        cell = (
            (scores_table.c.run == run)
            & (scores_table.c.image == image.name)
            & (scores_table.c.method == spec.key_of(method))
        )
        query = sa.select(scores_table.c.metric, scores_table.c.curve).where(
            cell & scores_table.c.metric.in_(own) & scores_table.c.curve.is_not(None)
        )
        with self.engine.connect() as connection:
            return tuple(
                (own[metric], _curve(curve)) for metric, curve in connection.execute(query)
            )

    def done_cells(self, run: str) -> set[tuple[str, str]]:
        """The cells that are committed, as (image, method key)."""
        with self.engine.connect() as connection:
            query = sa.select(cells_table.c.image, cells_table.c.method).where(
                cells_table.c.run == run
            )
            return {(image, method) for image, method in connection.execute(query)}

    def find_cell(self, cell: Cell) -> CellResult | None:
        """A cell that some run has already answered: same classifier, image, class, method, metrics
        and seed.
        """
        for run in self._runs_of(cell.subject.classifier):
            spec = run.spec
            name = next(
                (image.name for image in spec.images if image.digest == cell.subject.image_digest),
                None,
            )
            if (
                name is None
                or spec.seed != cell.seed
                or cell.method not in spec.methods
                or not set(cell.metrics) <= set(spec.metrics)
            ):
                continue
            if found := self._read_cell(run.id, name, spec.key_of(cell.method), cell):
                return found
        return None

    def _runs_of(self, classifier: str) -> list[Run]:
        return [run for run in self.runs() if run.spec.classifier == classifier]

    def _read_cell(self, run: str, image: str, method: str, cell: Cell) -> CellResult | None:
        where = [
            (table.c.run == run) & (table.c.image == image) & (table.c.method == method)
            for table in (cells_table, scores_table)
        ]
        seen = sa.select(images_table.c.target).where(
            (images_table.c.run == run) & (images_table.c.image == image)
        )
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(cells_table).where(where[0])).mappings().first()
            if row is None or row["map"] is None or connection.scalar(seen) != cell.class_index:
                return None
            scores = connection.execute(sa.select(scores_table).where(where[1])).mappings().all()
        heat = np.frombuffer(zlib.decompress(row["map"]), "<f4").reshape(row["side"], -1)
        answers = []
        for metric in cell.metrics:
            own = next((score for score in scores if score["metric"] == metric.name), None)
            if own is None:  # it says nothing about maps of this method
                continue
            sides = {
                score["metric"].partition(".")[2]: score["value"]
                for score in scores
                if score["metric"].startswith(metric.name + ".")
            }
            curve = _curve(own["curve"]) if own["curve"] else None
            answers.append(
                Scored(
                    metric,
                    None if own["error"] else Score(own["value"], curve, sides),
                    own["error"],
                )
            )
        return CellResult(
            heat,
            row["seconds"],
            row["forward_passes"],
            row["backward_passes"],
            True,
            scores=tuple(answers),
        )

    # -- reading -----------------------------------------------------------------------------------

    def table(self, run: str) -> pd.DataFrame:
        """The tidy table: a row an image x method x metric, in the run's order, with the columns
        `COLUMNS`.
        """
        known = self.run(run)
        spec = known.spec
        query = (
            sa.select(
                scores_table,
                images_table.c.label,
                images_table.c.target,
                images_table.c.probability,
                cells_table.c.seconds,
                cells_table.c.forward_passes,
                cells_table.c.backward_passes,
            )
            .join(
                images_table,
                (images_table.c.run == scores_table.c.run)
                & (images_table.c.image == scores_table.c.image),
            )
            .join(
                cells_table,
                (cells_table.c.run == scores_table.c.run)
                & (cells_table.c.image == scores_table.c.image)
                & (cells_table.c.method == scores_table.c.method),
            )
            .where(scores_table.c.run == known.id)
        )
        with self.engine.connect() as connection:
            frame = pd.DataFrame([dict(row) for row in connection.execute(query).mappings()])
        if frame.empty:
            return pd.DataFrame(columns=COLUMNS)
        image_place = {image.name: place for place, image in enumerate(spec.images)}
        method_place = {spec.key_of(method): place for place, method in enumerate(spec.methods)}
        params = {spec.key_of(method): json.dumps(method.params) for method in spec.methods}
        metric_params = {metric.name: json.dumps(metric.params) for metric in spec.metrics}
        frame["order_image"] = frame["image"].map(image_place)
        frame["order_method"] = frame["method"].map(method_place)
        frame = frame.sort_values(
            ["order_image", "order_method", "place"], kind="stable", ignore_index=True
        )
        frame["classifier"] = spec.classifier
        frame["method_params"] = frame["method"].map(params)
        frame["metric_params"] = frame["metric"].str.split(".").str[0].map(metric_params)
        frame["seed"] = spec.seed
        frame["device"] = known.provenance.get("device", "")
        frame["value"] = frame["value"].astype("float64")
        frame[["label", "target"]] = frame[["label", "target"]].astype("Int64")
        return frame[COLUMNS]

    def curves(self, run: str) -> pd.DataFrame:
        """All curves, long, with the columns `CURVE_COLUMNS`."""
        known = self.run(run)
        query = sa.select(
            scores_table.c.image, scores_table.c.method, scores_table.c.metric, scores_table.c.curve
        )
        query = query.where((scores_table.c.run == known.id) & scores_table.c.curve.is_not(None))
        query = query.order_by(scores_table.c.image, scores_table.c.method, scores_table.c.place)
        parts = []
        with self.engine.connect() as connection:
            for image, method, metric, curve in connection.execute(query):
                found = _curve(curve)
                gaps = found.energy_gaps or [float("nan")] * len(found.fractions)
                parts.append(
                    pd.DataFrame(
                        {
                            "image": image,
                            "method": method,
                            "metric": metric,
                            "fraction": found.fractions,
                            "probability": found.probabilities,
                            "energy_gap": gaps,
                        }
                    )
                )
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CURVE_COLUMNS)

    def maps(self, run: str) -> Iterator[tuple[str, str, np.ndarray]]:
        """Every map of a run: image, method key, float32 `[H,W]`."""
        query = sa.select(cells_table).where(
            (cells_table.c.run == self.run(run).id) & cells_table.c.map.is_not(None)
        )
        with self.engine.connect() as connection:
            for row in connection.execute(
                query.order_by(cells_table.c.image, cells_table.c.method)
            ).mappings():
                yield (
                    row["image"],
                    row["method"],
                    np.frombuffer(zlib.decompress(row["map"]), "<f4").reshape(row["side"], -1),
                )

    def map(self, run: str, image: str, method: str) -> np.ndarray | None:
        """One map, float32 `[H,W]`; None where there is none."""
        cell = (
            (cells_table.c.run == run)
            & (cells_table.c.image == image)
            & (cells_table.c.method == method)
        )
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(cells_table.c.map, cells_table.c.side).where(cell)
            ).first()
        return (
            None
            if row is None or row.map is None
            else np.frombuffer(zlib.decompress(row.map), "<f4").reshape(row.side, -1)
        )

    def mapped_cells(self, run: str) -> set[tuple[str, str]]:
        """The cells that have a map, as (image, method key)."""
        query = sa.select(cells_table.c.image, cells_table.c.method).where(
            (cells_table.c.run == run) & cells_table.c.map.is_not(None)
        )
        with self.engine.connect() as connection:
            return {(image, method) for image, method in connection.execute(query)}

    def images(self, run: str) -> list[SeenImage]:
        """The images of a run that the model has seen so far."""
        query = sa.select(images_table).where(images_table.c.run == run)
        with self.engine.connect() as connection:
            rows = list(connection.execute(query).mappings())
        fields = ("picture", "label", "label_name", "target", "target_name", "probability")
        return [SeenImage(row["image"], **{field: row[field] for field in fields}) for row in rows]


def _curve(stored: str) -> Curve:
    return Curve(*map(tuple, json.loads(stored)))


def _rows(key: Mapping[str, str], scores: Sequence[Scored]) -> list[dict[str, Any]]:
    """The rows of a cell's scores, side values among them, in the order of the metrics."""
    order = list(METRICS)
    rows: list[dict[str, Any]] = []
    for scored in scores:
        metric, score = scored.metric, scored.score
        place = 100 * order.index(metric.name)
        common = {**key, "error": scored.error, "place": place}
        curve = (
            json.dumps([score.curve.fractions, score.curve.probabilities, score.curve.energy_gaps])
            if score and score.curve
            else None
        )
        value = score.value if score else None
        rows.append(
            {
                **common,
                "metric": metric.name,
                "unit": metric.unit,
                "better": metric.better,
                "value": value,
                "curve": curve,
            }
        )
        for number, (side, found) in enumerate(score.sides.items() if score else (), 1):
            rows.append(
                {
                    **common,
                    "place": place + number,
                    "metric": f"{metric.name}.{side}",
                    "unit": metric.sides[side].unit,
                    "better": "",
                    "value": found,
                    "curve": None,
                }
            )
    return rows


def _prepare_sqlite(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _time(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None


def _worked(row: Any, spans: Sequence[Any]) -> float | None:
    """Seconds of work on a run; of one that was made before there were spans, from its first
    beginning to its last end.
    """
    own = [(one.began_at, one.ended_at) for one in spans if one.run == row.id] or [
        (row.began_at, row.ended_at)
    ]
    lasted = [
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
        for start, end in own
        if start and end
    ]
    return sum(lasted) if lasted else None


def _run(row: Any, spans: Sequence[Any]) -> Run:
    status = row.status
    if status == "running" and not _alive(row):
        status = "interrupted"
    return Run(
        row.id,
        RunSpec.from_json(json.loads(row.spec)),
        status,
        datetime.fromisoformat(row.asked_at),
        _time(row.began_at),
        _time(row.ended_at),
        _worked(row, spans),
        row.heard_at,
        row.progress,
        row.problem,
        json.loads(row.provenance),
        row.done,
        row.failures,
    )


def _alive(row: Any) -> bool:
    if row.host != socket.gethostname():
        heard = _time(row.heard_at)
        return heard is not None and datetime.now(UTC) - heard < SILENT_FOR
    try:
        os.kill(row.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
