"""`run --dry-run`: how much, how long, how large; and nothing is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from heatcheck import cli
from heatcheck.commands import runs
from heatcheck.commands.dry_run import said_bytes
from heatcheck.runs import engine, specs
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.progress import Progress
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import without_experiments

METHODS, METRICS = ["grad_cam", "random"], ["deletion", "deletion_exchange"]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is done in this process."""

    @contextmanager
    def processes(count: int = 1) -> Iterator[Any]:
        yield InProcess()

    monkeypatch.setattr(runs, "worker_processes", processes)


def words(classifier: str, store: Store) -> list[str]:
    asked = ["--methods", ",".join(METHODS), "--metrics", ",".join(METRICS), "--points", "9"]
    few = ["--only", "photo_00,photo_01,photo_02"]
    return ["run", "--classifier", classifier, *few, *asked, "--store", store.url]


def test_it_says_what_a_run_would_be_and_makes_none(
    small_classifier: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*words(small_classifier, store), "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert store.runs.all() == []
    assert "would be 3 images x 2 methods x 2 metrics" in lines[0]
    rows = {line.split("  ")[0].strip(): line.split()[-2:] for line in lines if "  " in line}
    assert rows["maps"] == rows["second visits"] == ["6", "0"]
    assert rows["experiments"] == ["2", "0"]
    own, exchanged = 3 * 9, 3 * 9 * 2  # on three substrates, with two other images
    (grad_cam,) = [line.split() for line in lines if line.startswith("grad_cam")]
    assert grad_cam[3:5] == [str(3 * (1 + own + exchanged)), "3"]
    (random,) = [line.split() for line in lines if line.startswith("random")]
    assert random[3:5] == [str(3 * (own + exchanged)), "0"]
    (time,) = [line for line in lines if line.startswith("time: about ")]
    assert "with 1 worker. Timed here in " in time
    assert "Right within a factor of three" in time
    assert any(line.startswith("disk: about ") for line in lines)
    assert lines[-1] == "nothing was run; leave out --dry-run to run it"


def test_workers_share_what_there_is(
    small_classifier: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*words(small_classifier, store), "--dry-run", "--workers", "4"]) == 0
    out = capsys.readouterr().out
    assert "with 4 workers. Timed here in " in out
    threads = max(1, torch.get_num_threads() // 4)
    assert f"{threads} thread{'s' * (threads != 1)} a worker" in out


def test_what_is_there_already_is_counted(
    small_classifier: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = specs.ask(
        small_classifier,
        only=["photo_00", "photo_01", "photo_02"],
        methods=METHODS,
        metrics=METRICS,
        points=9,
    )

    def stop_after_four(progress: Progress) -> None:
        if progress.done.startswith("4 of "):
            store.runs.ask_to_stop(spec.id)

    with without_experiments():
        engine.execute(spec, store, InProcess(), stop_after_four)
    assert cli.main([*words(small_classifier, store), "--dry-run"]) == 0
    out = capsys.readouterr().out
    rows = {line.split("  ")[0]: line.split()[-2:] for line in out.splitlines() if line}
    assert rows["maps"] == ["6", "4"]
    assert rows["second visits"] == ["6", "0"]
    assert "time: still about " in out
    assert store.runs.get(spec.id).done == 4
    assert store.runs.get(spec.id).status == "cancelled"


def test_a_method_that_cannot_explain_the_network_is_told(
    small_classifier: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    line = words(small_classifier, store)
    line[line.index(",".join(METHODS))] = "attention_gradients,random"
    assert cli.main([*line, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "fails on this network: " in out
    (row,) = [one for one in out.splitlines() if one.startswith("attention_gradients")]
    assert row.split() == ["attention_gradients", "fails"]


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (1234, "1.23 kB"), (5.19e6, "5.19 MB"), (2e11, "200 GB")],
)
def test_sizes_are_for_people(count: float, said: str) -> None:
    assert said_bytes(count) == said
