"""Shards become one run, and a run grows: what is there is not computed again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from heatcheck import cli
from heatcheck.runs import engine, specs
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.leases import Status
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import without_experiments
from heatcheck.tests.doubles.saved_networks import classifier

NAMES = [f"photo_{number:02}" for number in range(5)]
METRICS = ["total_variation", "deletion_exchange"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> str:
    return classifier(tmp_path_factory.mktemp("network"))


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def question(own: str, names: list[str], methods: list[str]) -> RunSpec:
    return specs.ask(own, only=names, methods=methods, metrics=METRICS, points=3)


def done_here(store: Store, spec: RunSpec, shard: tuple[int, int] | None = None) -> None:
    with without_experiments():
        engine.execute(spec, store, InProcess(), shard=shard)


def numbers(store: Store, run: str) -> pd.DataFrame:
    return store.results.table(run).drop(columns=["seconds", "device", "machine", "run"])


def said(url: str, *words: str) -> int:
    return cli.main([*words, "--store", url])


def test_shards_are_merged_into_the_whole(
    own: str, tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = question(own, NAMES, ["random", "edges"])
    done_here(store, spec)
    files = [tmp_path / f"{number}.db" for number in (1, 2, 3, 4)]
    for number, file in enumerate(files, 1):
        shard = Store(f"sqlite:///{file}")
        done_here(shard, spec, (number, 4))
        shard.engine.dispose()
    url = f"sqlite:///{tmp_path / 'all.db'}"
    assert said(url, "merge", *map(str, files[:3])) == 2
    told = capsys.readouterr().err
    assert "Expected all shards. 1 of 5 images lack maps" in told
    assert said(url, "merge", str(files[3]), str(files[0])) == 0  # one of them twice
    merged = Store(url)
    known = merged.runs.get(spec.id)
    assert (known.status, known.done) == (Status.FINISHED, known.total)
    pd.testing.assert_frame_equal(numbers(merged, spec.id), numbers(store, spec.id))
    merged.engine.dispose()


def test_what_is_no_shard_is_refused(
    own: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'all.db'}"
    assert said(url, "merge", str(tmp_path / "none.db")) == 2
    assert "there is no such file" in capsys.readouterr().err
    assert not (tmp_path / "none.db").exists()
    for name, methods in (("a", ["random", "edges"]), ("b", ["random", "centre_prior"])):
        shard = Store(f"sqlite:///{tmp_path / name}.db")
        done_here(shard, question(own, NAMES[:2], methods), (1, 2))
        shard.engine.dispose()
    assert said(url, "merge", str(tmp_path / "a.db"), str(tmp_path / "b.db")) == 2
    assert "These have other questions" in capsys.readouterr().err


def test_a_run_grows_by_methods_and_by_images(
    own: str, tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'grown.db'}"
    grown = Store(url)
    done_here(grown, question(own, NAMES[:4], ["random", "edges"]))
    (first,) = grown.runs.all()
    assert said(url, "extend", first.id, "--methods", "centre_prior") == 0
    assert "8 maps are there, 8 of them" in capsys.readouterr().out
    wider = question(own, NAMES[:4], ["random", "edges", "centre_prior"])
    assert said(url, "extend", wider.id, "--images", NAMES[4]) == 0
    assert "12 maps are there, 12 of them" in (told := capsys.readouterr().out)
    assert "3 are to be made" in told
    whole = question(own, NAMES, ["random", "edges", "centre_prior"])
    done_here(store, whole)
    for spec in (wider, whole):
        known = grown.runs.get(spec.id)
        assert (known.status, known.done) == (Status.FINISHED, known.total)
    pd.testing.assert_frame_equal(numbers(grown, whole.id), numbers(store, whole.id))
    assert said(url, "extend", whole.id, "--methods", "random") == 2
    assert "Expected each method once" in capsys.readouterr().err
    assert said(url, "extend", whole.id) == 2
    assert "methods or images to add" in capsys.readouterr().err
    grown.engine.dispose()


def test_a_run_whose_maps_are_gone_grows_into_the_same_numbers(
    own: str, tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'thin.db'}"
    thin = Store(url)
    done_here(thin, question(own, NAMES[:4], ["random", "edges"]))
    (first,) = thin.runs.all()
    assert said(url, "prune", "--maps", "1", "--yes") == 0
    capsys.readouterr()
    assert said(url, "extend", first.id, "--images", NAMES[4]) == 0
    assert "2 maps are there, 2 of them" in capsys.readouterr().out
    whole = question(own, NAMES, ["random", "edges"])
    done_here(store, whole)
    pd.testing.assert_frame_equal(numbers(thin, whole.id), numbers(store, whole.id))
    thin.engine.dispose()


def test_a_store_is_pruned_and_copied(
    own: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'full.db'}"
    full = Store(url)
    done_here(full, question(own, NAMES[:3], ["random", "edges"]))
    (run,) = full.runs.all()
    assert said(url, "backup", str(tmp_path / "copy.db")) == 0
    assert "1 run, checked" in capsys.readouterr().out
    assert said(url, "prune", "--maps", "1") == 2
    assert "drop 4 maps of 1 run and" in capsys.readouterr().err
    assert len(full.results.mapped_cells(run.id)) == 6
    assert said(url, "prune", "--maps", "1", "--yes") == 0
    assert len(full.results.mapped_cells(run.id)) == 2
    assert said(url, "prune") == 2
    copy = Store(f"sqlite:///{tmp_path / 'copy.db'}")
    assert len(copy.results.mapped_cells(run.id)) == 6
    pd.testing.assert_frame_equal(copy.results.table(run.id), full.results.table(run.id))
