"""docs/your-model.md, as a newcomer follows it: trains, asks, and reads an answer."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from heatcheck.inputs import cutouts
from heatcheck.tests.doubles.tree import ROOT

PAGE = ROOT / "docs" / "your-model.md"


def done(folder: Path, *words: str) -> str:
    ended = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=900
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


@pytest.mark.long
@pytest.mark.skipif(not cutouts.STAMPS.is_dir(), reason="needs the Debian package of cut-outs")
def test_from_training_to_an_answer(tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    (script,) = [block for block in blocks if "Trains a head" in block]
    (tmp_path / "train.py").write_text(script)
    said = done(tmp_path, "train.py").strip()
    assert int(re.findall(r"right on (\d+) %", said)[0]) > 80
    command = re.findall(r"heatcheck (run .*?)\n\n", PAGE.read_text(), re.S)[0]
    words = command.replace("\\\n", " ").replace("--sample 20", "--sample 5").split()
    store = ["--store", f"sqlite:///{tmp_path / 'store.db'}"]
    run = done(tmp_path, "-m", "heatcheck.cli", *words, *store).split()[-1]
    shown = done(tmp_path, "-m", "heatcheck.cli", "show", run, *store)
    assert "Outputs: softmax over 5 classes." in shown
    assert "| Grad-CAM |" in shown
