"""Runs, end to end through the command line: finished once, failing softly, going on after kill -9
with the same numbers.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heatcheck.attribution import METHODS
from heatcheck.core.errors import RunProblem
from heatcheck.inputs.images import Image
from heatcheck.runs import engine, processes, specs
from heatcheck.runs.store import Store
from heatcheck.runs.tables import COLUMNS
from heatcheck.tests.doubles.runs import tried

METHOD_NAMES = "vanilla_gradients,grad_cam,random"
SAME = [column for column in COLUMNS if column != "seconds"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, photographs: list[Image]) -> Path:
    """Four photographs, one folder a class, and a file that is no image."""
    root = tmp_path_factory.mktemp("photos")
    for photo in photographs[:4]:
        (root / photo.label).mkdir(exist_ok=True)
        (root / photo.label / f"{photo.name}.jpg").write_bytes(photo.encoded())
    return root


def heatcheck(*arguments: object, url: str, ok: bool = True) -> str:
    """The command line in a process of its own; its output."""
    command = [sys.executable, "-m", "heatcheck.cli", *map(str, arguments), "--store", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout if ok else done.stderr


def read(url: str, run: str, folder: Path) -> pd.DataFrame:
    heatcheck("export", run, "--csv", folder / "table.csv", url=url)
    return pd.read_csv(folder / "table.csv")


def untimed(table: pd.DataFrame) -> pd.DataFrame:
    """The table without what a clock decides."""
    rows = table[
        ~table["metric"].str.startswith("runtime") | table["metric"].str.endswith("_passes")
    ]
    return rows[SAME].reset_index(drop=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> tuple[str, str]:
    """An undisturbed run: its store and its id."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'specs.db'}"
    output = heatcheck("run", "--images", folder, "--methods", METHOD_NAMES, "--points", 9, url=url)
    lines = output.strip().splitlines()
    (outputs,) = [place for place, line in enumerate(lines) if line.startswith("Outputs: softmax")]
    assert outputs < next(place for place, line in enumerate(lines) if " of " in line)
    assert lines[-2].endswith(f"read it with: heatcheck show {lines[-1]}")
    return url, lines[-1]


def test_a_run_fills_the_tidy_table(finished: tuple[str, str], tmp_path: Path) -> None:
    url, run = finished
    table = read(url, run, tmp_path)
    assert list(table.columns) == COLUMNS
    assert (table["run"] == run).all()
    assert table["error"].isna().all()
    assert table["value"].notna().all()
    cells = table[["image", "method"]].drop_duplicates()
    assert len(cells) == 4 * 3
    assert set(table["metric"]) >= {
        "deletion",
        "insertion",
        "deletion_placement",
        "insertion_placement",
        "repeatability",
        "repeatability.at_16",
        "fineness",
        "fineness.at_matched",
        "total_variation",
        "runtime",
    }
    assert (table["label"].astype(str) == table["image"].str.split("/").str[0]).all()
    assert table["probability"].between(0, 1).all()
    assert set(table.loc[table["method"] == "grad_cam", "backward_passes"]) == {1}


def test_a_run_keeps_what_the_experiments_on_its_methods_gave(finished: tuple[str, str]) -> None:
    url, run = finished
    store = Store(url)
    rows = store.results.findings(run)
    assert list(rows.columns) == ["method", "experiment", "value", "words"]
    for name in METHOD_NAMES.split(","):
        own = rows[rows["method"] == name]
        expected = tried(METHODS.build(name))
        assert list(own["experiment"]) == [one.experiment for one in expected]
        small = own[own["experiment"] != "derivative_on_own"]
        alone = [one for one in expected if one.experiment != "derivative_on_own"]
        assert list(small["words"]) == [one.words for one in alone]
        assert list(small["value"]) == pytest.approx([one.value for one in alone])
        here = own[own["experiment"] == "derivative_on_own"].iloc[0]
        assert here["words"] in (
            "its map jumps",
            "its map does not change with the picture",
            "on the run's own network",
        )
        assert here["value"] >= 0
    assert store.runs.get(run).done == store.runs.get(run).total == 4 * 3 * 2  # none of the steps
    assert store.results.findings("no such run").empty
    words = heatcheck("show", run, url=url)
    assert (
        "| Grad-CAM: CNN specific | refuted | Grad-CAM runs on a CNN and a transformer, "
        "not on an MLP: " in words
    )


def test_a_finished_spec_is_not_computed_again(finished: tuple[str, str], folder: Path) -> None:
    url, run = finished
    output = heatcheck("run", "--images", folder, "--methods", METHOD_NAMES, "--points", 9, url=url)
    assert output.strip().splitlines()[-1] == run
    assert "; last" not in output


def test_progress_says_how_far_and_how_long(tmp_path: Path, folder: Path) -> None:
    output = heatcheck(
        "run",
        "--images",
        folder,
        "--methods",
        "random",
        "--metrics",
        "deletion",
        "--points",
        3,
        url=f"sqlite:///{tmp_path}/p.db",
    )
    assert re.search(r"3 of 4 steps; last Random on \S+, about \d+ s left", output)


def test_exports_hold_curves_and_maps(finished: tuple[str, str], tmp_path: Path) -> None:
    url, run = finished
    heatcheck(
        "export",
        run[:8],
        "--curves",
        tmp_path / "c.csv",
        "--maps",
        tmp_path / "maps",
        "--json",
        tmp_path / "r.json",
        url=url,
    )
    curves = pd.read_csv(tmp_path / "c.csv")
    assert list(curves.columns) == [
        "image",
        "method",
        "metric",
        "fraction",
        "probability",
        "energy_gap",
    ]
    of_each = curves.groupby(["image", "method", "metric"]).size()
    assert set(of_each) == {9}
    assert {"deletion", "deletion.on_mean", "insertion.on_black"} <= set(curves["metric"])
    by_method = curves.groupby("method")["metric"].nunique()
    assert by_method["grad_cam"] == 30  # areas and each of their substrates, gains
    assert (by_method < 30).any()  # a control has no gains over other models and classes
    assert (
        curves.loc[(curves["metric"] == "deletion") & (curves["fraction"] == 0), "energy_gap"] == 0
    ).all()
    maps = sorted((tmp_path / "maps").glob("*.npy"))
    assert len(maps) == 12
    heat = np.load(next(path for path in maps if path.name.endswith("__grad_cam.npy")))
    assert (heat.dtype, heat.shape) == (np.float32, (224, 224))
    whole = json.loads((tmp_path / "r.json").read_text())
    assert whole["provenance"]["weights_sha256"].startswith("579344248a93e230")
    table = read(url, run, tmp_path)
    own = curves[(curves["metric"] == "deletion")].groupby(["image", "method"], sort=False)[
        "probability"
    ]
    areas = own.apply(lambda p: float(np.trapezoid(p, dx=1 / 8)))
    scored = table[table["metric"] == "deletion"].set_index(["image", "method"])["value"]
    np.testing.assert_allclose(areas[scored.index], scored, atol=1e-9)


def test_a_run_killed_in_the_middle_goes_on_with_the_same_numbers(
    finished: tuple[str, str], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATCHECK_LEASE_SECONDS", "2")
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    command = [
        sys.executable,
        "-m",
        "heatcheck.cli",
        "run",
        "--images",
        str(folder),
        "--methods",
        METHOD_NAMES,
        "--points",
        "9",
        "--store",
        url,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    store = Store(url)
    deadline = time.monotonic() + 120
    while not (known := store.runs.all()) or known[0].done < 5:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    while (run := store.runs.all()[0]).status != "interrupted":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    before, done = store.results.done_cells(run.id), run.done
    assert 5 <= done < 24
    assert len(before) < 12
    first = untimed(store.results.table(run.id))
    output = heatcheck("resume", run.id[:6], url=url)
    told = re.findall(
        r"(?:steps|maps); last (.+) on (\S+?)(, compared)?(?:, about .*)?$", output, re.M
    )
    made = {(title, image) for title, image, compared in told if not compared}
    assert len(told) == 24 - done  # each step that was not there, once
    titles = {METHODS[name].title: name for name in METHOD_NAMES.split(",")}
    assert {(image, titles[title]) for title, image in made} == {
        (i, m) for i, m in all_cells(store, run.id) if (i, m) not in before
    }
    assert run.id == finished[1]
    pd.testing.assert_frame_equal(
        untimed(read(finished[0], run.id, tmp_path)), untimed(read(url, run.id, tmp_path))
    )
    kept = untimed(store.results.table(run.id)).merge(first[["image", "method", "metric"]])
    pd.testing.assert_frame_equal(kept, first)
    store.engine.dispose()


def all_cells(store: Store, run: str) -> set[tuple[str, str]]:
    spec = store.runs.get(run).spec
    return {(image.name, spec.keys[method]) for image in spec.images for method in spec.methods}


def test_no_worker_outlives_its_parent(folder: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'orphan.db'}"
    command = [
        sys.executable,
        "-m",
        "heatcheck.cli",
        "run",
        "--images",
        str(folder),
        "--points",
        "225",
        "--store",
        url,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    children: list[str] = []
    deadline = time.monotonic() + 60
    while (
        len(children) < 2 and time.monotonic() < deadline
    ):  # the worker, and multiprocessing's resource tracker
        children = subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True
        ).stdout.split()
        time.sleep(0.1)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while (
        any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline
    ):
        time.sleep(0.1)
    assert children
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_an_image_that_cannot_be_read_fails_its_cells_and_no_others(
    tmp_path: Path, photographs: list[Image]
) -> None:
    (tmp_path / "a.jpg").write_bytes(photographs[0].encoded())
    (tmp_path / "b.png").write_bytes(b"no image")
    (tmp_path / "c.jpg").write_bytes(photographs[1].encoded())
    (tmp_path / "d.jpg").write_bytes(photographs[2].encoded()[:5000])
    url = f"sqlite:///{tmp_path / 'bad.db'}"
    output = heatcheck(
        "run",
        "--images",
        tmp_path,
        "--methods",
        "random,edges",
        "--metrics",
        "deletion,total_variation",
        "--points",
        3,
        url=url,
    )
    table = read(url, output.strip().splitlines()[-1], tmp_path)
    failed = table[table["error"].notna()]
    assert set(failed["image"]) == {"b", "d"}
    assert len(failed) == 8
    assert failed.loc[failed["image"] == "d", "error"].str.contains("file is truncated").all()
    assert failed.loc[failed["image"] == "b", "error"].str.contains("expected a PNG, JPEG").all()
    assert failed["value"].isna().all()
    assert "8 scores failed" in output


def test_an_image_that_changed_since_the_run_began_stops_it(
    tmp_path: Path, photographs: list[Image], store: Store
) -> None:
    (tmp_path / "a.jpg").write_bytes(photographs[0].encoded())
    spec = specs.ask(source=str(tmp_path), methods=["random"], metrics=["total_variation"])
    (tmp_path / "a.jpg").write_bytes(photographs[1].encoded())
    with (
        processes.local_workers() as workers,
        pytest.raises(RunProblem, match="Its bytes have changed"),
    ):
        engine.execute(spec, store, workers)
    assert store.runs.get(spec.id).status == "failed"
    assert "have changed" in store.runs.get(spec.id).problem


def test_a_run_in_another_process_is_not_started_twice(store: Store) -> None:
    spec = specs.ask(methods=["random"], metrics=["total_variation"])
    store.runs.open(spec)
    with (
        store.runs.claim(spec.id),
        pytest.raises(RunProblem, match="is running in another process"),
        store.runs.claim(spec.id),
    ):
        pass
