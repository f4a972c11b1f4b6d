"""The images of a run as its classifier sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from heatcheck.core.errors import RunProblem
from heatcheck.inputs import image_sets
from heatcheck.inputs.sizes import Frame, Size
from heatcheck.runs import specs
from heatcheck.runs.subjects import Subjects


def test_an_image_that_is_gone_is_missed_only_where_it_is_needed(tmp_path: Path) -> None:
    """A run whose gone image is done goes on: the look at its first pictures passes over it."""
    for place, name in enumerate(("a", "b", "c")):
        PIL.Image.new("RGB", (8, 8), (place, 0, 0)).save(tmp_path / f"{name}.png")
    spec = specs.ask(source=str(tmp_path), methods=["random"], metrics=["runtime"])
    (tmp_path / "a.png").unlink()
    PIL.Image.new("RGB", (8, 8), "white").save(tmp_path / "b.png")
    subjects = Subjects(spec, image_sets.read(str(tmp_path)).by_name, Frame(Size(8, 8)))
    for image, why in zip(spec.images, ("It is gone", "Its bytes have changed"), strict=False):
        with pytest.raises(RunProblem, match=why):
            subjects.of(image)
    (seen,) = subjects.pictures(spec.images, 3)
    assert np.array_equal(seen, np.full((8, 8, 3), (2, 0, 0)))
