"""Samples and blank maps in the report and in what `heatcheck show` prints."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from heatcheck import report
from heatcheck.commands import exports
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
