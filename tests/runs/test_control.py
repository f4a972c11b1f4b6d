"""Runs of a part of the images, runs that are stopped, runs that are deleted, and how long a run
will take.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from heatcheck import cli
from heatcheck.core.errors import RunProblem, UnknownName
from heatcheck.inputs.images import Image
from heatcheck.runs import engine, spec_files, specs, worker
from heatcheck.runs.durations import seconds_for
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.progress import Progress
from heatcheck.runs.schema import findings_table, spans_table
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store

SMALL = {"methods": ["random", "centre_prior"], "metrics": ["total_variation"], "points": 3}


def test_a_finished_run_from_before_there_were_experiments_gains_them_and_nothing_else(
    store: Store,
) -> None:
    spec = specs.ask(only=["photo_01", "photo_03"], **SMALL)
    run = engine.execute(spec, store, InProcess())
    table, findings = store.results.table(run), store.results.findings(run)
    assert set(findings["method"]) == {method.name for method in spec.methods}
    with store.engine.begin() as connection:
        connection.execute(
            findings_table.delete().where(findings_table.c.experiment != "derivative")
        )
        connection.execute(findings_table.update().values(words="what an older version said"))
    assert set(store.results.findings(run)["words"]) == {"what an older version said"}
    engine.execute(spec, store, InProcess())
    pd.testing.assert_frame_equal(store.results.findings(run), findings)
    pd.testing.assert_frame_equal(store.results.table(run), table)
    assert store.runs.get(run).status == "finished"


def test_a_finished_run_that_cannot_be_added_to_is_finished_still(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = specs.ask(only=["photo_01", "photo_03"], **SMALL)
    run = engine.execute(spec, store, InProcess())
    with store.database.writing() as connection:
        connection.execute(findings_table.delete())

    def fails(*given: object) -> None:
        raise MemoryError("planted")

    monkeypatch.setattr(worker, "try_out", fails)
    with pytest.raises(MemoryError):
        engine.execute(spec, store, InProcess())
    assert store.runs.get(run).status == "finished"
    assert store.runs.get(run).problem == "planted"
    monkeypatch.undo()
    engine.execute(spec, store, InProcess())
    assert not store.results.findings(run).empty
    assert store.runs.get(run).problem == ""


# -- a part of the images --------------------------------------------------------------------------


def test_a_run_of_some_images_says_so_in_its_command_and_has_their_id(
    photographs: list[Image],
) -> None:
    spec = specs.ask(only=["photo_03", "photo_01"], **SMALL)
    assert [image.name for image in spec.images] == ["photo_01", "photo_03"]
    assert "--only photo_01,photo_03" in spec.command
    assert spec.as_asked["only"] == ["photo_01", "photo_03"]
    assert RunSpec.from_json(json.loads(json.dumps(spec.as_json()))) == spec
    everything = specs.ask(**SMALL)
    assert (
        everything.id
        == specs.ask(only=[photo.name for photo in photographs], **SMALL).id
        != spec.id
    )
    assert "only" not in everything.as_json()  # what was stored before stays what it is
    with pytest.raises(UnknownName, match="photo_03"):
        specs.ask(only=["photo_3"], **SMALL)


def test_a_command_repeats_the_run_it_stands_for(tmp_path: Path, photographs: list[Image]) -> None:
    folder = tmp_path / "some images"
    folder.mkdir()
    for place, name in enumerate(("a.jpg", "b, c.jpg")):
        (folder / name).write_bytes(photographs[place].encoded())
    one = specs.ask(source=str(folder), only=["a"], **SMALL)
    import shlex

    arguments = cli.parser().parse_args(shlex.split(one.command)[1:])
    assert arguments.only == "a"
    assert (
        specs.ask(source=str(folder), only=["b, c"], **SMALL).command == "heatcheck run SPEC.json"
    )
    written = tmp_path / "SPEC.json"
    written.write_text(json.dumps(specs.ask(source=str(folder), only=["b, c"], **SMALL).as_asked))
    assert spec_files.read(written).id == specs.ask(source=str(folder), only=["b, c"], **SMALL).id


# -- stopping --------------------------------------------------------------------------------------


def test_a_run_that_is_asked_to_stop_ends_after_its_cell_and_goes_on_later(store: Store) -> None:
    spec = specs.ask(only=["photo_00", "photo_01", "photo_02"], **SMALL)

    def stop_after_three(progress: Progress) -> None:
        if progress.done.startswith("3 of "):
            store.runs.ask_to_stop(spec.id)

    engine.execute(spec, store, InProcess(), stop_after_three)
    stopped = store.runs.get(spec.id)
    assert (stopped.status, stopped.done, stopped.problem) == (
        "cancelled",
        3,
        "stopped by the user",
    )
    engine.execute(spec, store, InProcess())
    assert (
        store.runs.get(spec.id).status,
        store.runs.get(spec.id).done,
        store.runs.get(spec.id).problem,
    ) == (
        "finished",
        6,
        "",
    )


def test_a_waiting_run_is_cancelled_at_once_and_one_that_has_ended_is_not(store: Store) -> None:
    run = store.runs.open(specs.ask(**SMALL))
    store.runs.ask_to_stop(run)
    assert store.runs.get(run).status == "cancelled"
    with pytest.raises(RunProblem, match=r"is cancelled\. There is nothing to stop"):
        store.runs.ask_to_stop(run)


def test_a_run_of_another_process_stops_within_seconds(store: Store) -> None:
    spec = specs.ask(
        only=[f"photo_{place:02}" for place in range(20)],
        methods=["random", "edges", "centre_prior"],
        metrics=["deletion"],
        points=33,
    )
    run = store.runs.open(spec)
    import subprocess
    import sys

    process = subprocess.Popen(
        [sys.executable, "-m", "heatcheck.cli", "resume", run, "--store", store.url],
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 90
    while store.runs.get(run).done < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert cli.main(["cancel", run[:6], "--store", store.url]) == 0
    began = time.monotonic()
    out, _ = process.communicate(timeout=60)
    assert time.monotonic() - began < 15
    assert store.runs.get(run).status == "cancelled"
    assert 2 <= store.runs.get(run).done < 60
    assert "go on with: heatcheck resume" in out


def test_two_who_stop_at_once_are_both_content(store: Store) -> None:
    spec = specs.ask(**SMALL)
    run = store.runs.open(spec)
    with store.runs.claim(run) as lease:
        failures: list[BaseException] = []

        def stop() -> None:
            try:
                store.runs.ask_to_stop(run)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=stop) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert store.runs.stop_asked(run)
        with pytest.raises(RunProblem):
            store.runs.delete(run)
        assert lease.run == run


# -- how long it took ------------------------------------------------------------------------------


def test_what_a_run_took_leaves_its_breaks_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(f"2026-01-01T00:{minute:02}:00.000+00:00" for minute in range(60))
    now = {"is": ""}
    for room in ("records", "leases"):
        monkeypatch.setattr(f"heatcheck.runs.{room}.moment", lambda: now["is"])

    def tick() -> None:
        now["is"] = next(clock)

    tick()
    run = store.runs.open(specs.ask(only=["photo_00"], **SMALL))
    assert store.runs.get(run).seconds is None
    for ends in (True, False, True):  # the second time it is killed: its last sign of life counts
        tick()  # a break
        with store.runs.claim(run) as lease:
            tick()
            store.runs.note_provenance(lease, {"step": "one"})
            if ends:
                tick()
                store.runs.end(lease, "cancelled")
        for _ in range(5):
            tick()
    assert store.runs.get(run).seconds == store.runs.all()[0].seconds == 60 * (2 + 1 + 2)
    store.runs.delete(run)
    with store.engine.connect() as connection:
        assert connection.execute(sa.select(spans_table)).all() == []


# -- deleting --------------------------------------------------------------------------------------


def test_delete_asks_to_be_sure_and_leaves_nothing(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = specs.ask(only=["photo_00"], **SMALL)
    engine.execute(spec, store, InProcess())
    assert cli.main(["delete", spec.id, "--store", store.url]) == 2
    assert "Expected --yes" in capsys.readouterr().err
    assert store.runs.get(spec.id).done == 2
    assert cli.main(["delete", spec.id, "--yes", "--store", store.url]) == 0
    assert store.runs.all() == []


# -- estimates -------------------------------------------------------------------------------------


def table(seconds: dict[str, float], forward_ms: float) -> pd.DataFrame:
    rows = [
        {"method": key, "metric": "deletion", "value": 0.1, "seconds": value}
        for key, value in seconds.items()
    ]
    rows += [
        {"method": key, "metric": "runtime.forward_pass", "value": forward_ms, "seconds": value}
        for key, value in seconds.items()
    ]
    return pd.DataFrame(rows)


def test_an_estimate_grows_with_images_points_and_methods() -> None:
    before = table({"random": 0.001, "centre_prior": 0.001, "smoothgrad": 1.0}, 14.0)
    small = seconds_for(
        specs.ask(
            methods=["random"],
            metrics=["deletion"],
            points=33,
            substrates="mean",
            only=["photo_00"],
        ),
        before,
    )
    assert small == pytest.approx(8 + 0.001 + 33 * 0.014 * 0.6)
    gains = seconds_for(
        specs.ask(methods=["random"], metrics=["deletion_placement"], points=33, only=["photo_00"]),
        before,
    )
    assert gains == pytest.approx(
        8 + 0.001 + 2 * 33 * 0.014 * 0.6
    )  # its own curve and the misplaced one
    unknown = seconds_for(
        specs.ask(methods=["grad_cam"], metrics=["deletion"], points=33, only=["photo_00"]), before
    )
    curves = 3 * 33 * 0.014 * 0.6  # on three substrates
    assert unknown == pytest.approx(8 + 1.0 + curves)  # as dear as the dearest
    references = seconds_for(
        specs.ask(
            methods=["grad_cam"],
            metrics=["deletion_model", "deletion_class", "repeatability", "runtime"],
            points=33,
            only=["photo_00"],
        ),
        before,
    )
    maps, curves = 1 + 3 + 1 + 1, 1 + 3 + 1  # its own, random weights, a class, once again
    assert references == pytest.approx(8 + maps * 1.0 + curves * 33 * 0.014 * 0.6)
    assert (
        seconds_for(
            specs.ask(**SMALL),
            table({}, 14.0).reindex(columns=["method", "metric", "value", "seconds"]),
        )
        is None
    )
