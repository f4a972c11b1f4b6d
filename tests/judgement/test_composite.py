"""A composite by the reader's weights: known places."""

from __future__ import annotations

import numpy as np
import pytest

from heatcheck.judgement.composite import composite
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.tables import table


def test_a_composite_ranks_by_the_readers_weights() -> None:
    frame = table(
        deletion={"smoothgrad": 0.1, "grad_cam": 0.5, "random": 0.9},
        insertion={"smoothgrad": 0.1, "grad_cam": 0.9, "random": 0.5},
    )
    by_deletion = composite(Scores(frame), {"deletion": 1, "insertion": 0})
    assert {key: one.mean for key, one in by_deletion.items()} == {
        "smoothgrad": 1.0,
        "grad_cam": 0.5,
        "random": 0.0,
    }
    both = composite(Scores(frame), {"deletion": 1, "insertion": 3})
    assert list(both) == ["grad_cam", "random", "smoothgrad"]
    assert {key: one.mean for key, one in both.items()} == pytest.approx(
        {"grad_cam": 0.875, "random": 0.375, "smoothgrad": 0.25}
    )
    assert composite(Scores(frame), {"deletion": 2, "insertion": 6}) == both
    assert composite(Scores(frame), {"deletion": 0}) == {}
    gap = frame.copy()
    gap.loc[(gap["method"] == "grad_cam") & (gap["image"] == "i0"), "value"] = np.nan
    left = composite(Scores(gap), {"deletion": 1})
    assert (left["grad_cam"].n, left["smoothgrad"].n) == (19, 20)
    assert {key: one.mean for key, one in left.items()} == {
        "smoothgrad": 1.0,
        "grad_cam": 0.5,
        "random": 0.0,
    }
