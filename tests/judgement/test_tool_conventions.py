"""Tool conventions: how each of six tools ranks the methods."""

from __future__ import annotations

import pandas as pd
import pytest

from heatcheck.judgement.scores import Scores
from heatcheck.judgement.tool_conventions import flips, ranked
from heatcheck.metrics import METRICS
from heatcheck.metrics.conventions import CONVENTIONS


def test_a_ranking_that_flips_is_found() -> None:
    rows = []
    for name in CONVENTIONS:
        for image in range(3):
            for method, value in (
                ("grad_cam", 0.3),
                ("smoothgrad", 0.2 if name != "pnpxai" else 0.4),
                ("random", 0.5),
            ):
                rows.append(
                    {
                        "image": f"i{image}",
                        "method": method,
                        "metric": f"conventions.{name}_deletion",
                        "value": value + image / 100,
                    }
                )
    found = ranked(Scores(pd.DataFrame(rows)), "deletion")
    assert [one.convention for one in found] == list(CONVENTIONS.values())
    assert found[0].places == {"smoothgrad": 1, "grad_cam": 2, "random": 3}
    assert found[-1].places == {"grad_cam": 1, "smoothgrad": 2, "random": 3}
    assert found[0].means["grad_cam"] == pytest.approx(0.31)
    assert "pnpxai_insertion" not in METRICS["conventions"].sides
    assert flips(found) == [("grad_cam", "smoothgrad")]
    assert flips(found[:-1]) == []
    assert ranked(Scores(pd.DataFrame(rows)), "insertion") == []
    assert flips([]) == []
    higher = pd.DataFrame(rows).assign(
        metric=lambda table: table["metric"].str.replace("deletion", "insertion")
    )
    assert ranked(Scores(higher), "insertion")[0].places == {
        "random": 1,
        "grad_cam": 2,
        "smoothgrad": 3,
    }
