"""Samples, blank maps and what curves add, in the report and in what `heatcheck show` prints."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from heatcheck import report
from heatcheck.commands import exports
from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import SIDES, fill
from heatcheck.tests.doubles.small_runs import mixed_run

SIZE = "6 images, 4 samples"
BLANK_MAPS = "Vanilla Gradients: 1 of 6 maps is blank"


def test_samples_and_blank_maps_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, run = mixed_run(tmp_path, "network_of_report")
    page = report.build(store, run)
    assert f"{SIZE}, as images of one group, or with the same bytes, are one sample" in page
    assert "intervals are 95 % over samples. Fewer than 5 samples give no interval." in page
    assert BLANK_MAPS in page
    assert "Mean over samples" in page
    assert "The sample is the unit, and there are 4." in page
    assert "(n = 4: too few)" in page
    exports.show(Namespace(store=f"sqlite:///{tmp_path / 'store.db'}", run=run))
    shown = capsys.readouterr().out
    assert f"{SIZE}: 2 images stand alone." in shown
    assert BLANK_MAPS in shown


def test_what_curves_add_and_the_command_with_more_points_are_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    photographs: list[Image],
) -> None:
    monkeypatch.setitem(SIDES, "insertion", {"auc_error": 0.05})
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = Store(url)
    run = fill(store, photographs)
    line = "Curves of 9 points may add more than 2 % to the variance of means of Vanilla Gradients"
    command = "--points drawn-17 --seed 0"
    exports.show(Namespace(store=url, run=run))
    shown = capsys.readouterr().out
    for text in (report.build(store, run), shown):
        assert line in text
        assert command in text
    assert "ms, 1 + 1 passes |" in shown
