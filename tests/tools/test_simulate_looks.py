"""The simulation of looks: what is promised holds for each law, and its table has a row a law."""

from __future__ import annotations

import numpy as np
import pytest

from heatcheck.judgement.sequential import look
from heatcheck.tools.simulate import looks


@pytest.mark.long
@pytest.mark.parametrize("title", looks.LAWS)
def test_the_true_mean_is_left_out_in_five_per_cent_at_most(title: str) -> None:
    """Of 400 sequences 29 or more would come in under 2 % were the rate 5 %."""
    found = looks.found(looks.LAWS[title], 400, (2_000,))
    assert found.wrong[0] <= 28


@pytest.mark.parametrize("title", looks.LAWS)
def test_the_laws_have_the_means_that_they_say(title: str) -> None:
    law = looks.LAWS[title]
    drawn = law.draw(np.random.default_rng(0), (200, 1000))
    assert abs(drawn).max() <= 1
    assert drawn.mean() == pytest.approx(law.mean, abs=5 * drawn.std() / np.sqrt(drawn.size))


def test_a_difference_that_is_there_is_found_and_few_images_suffice() -> None:
    found = looks.found(looks.LAWS["mean .05, SD .1"], 50, (400, 1_000))
    assert len(found.decided) == 50
    assert 60 <= np.median(found.decided) <= 160
    assert found.wrong[0] <= found.wrong[1] <= 7  # 8 of 50 come in under 1 % were the rate 5 %


def test_the_simulation_looks_as_a_run_does() -> None:
    law = looks.LAWS["mean .05, SD .1"]
    drawn = law.draw(np.random.default_rng(3), (1, 300))
    first = looks.found(law, 1, (300,), seed=3).decided[0]
    before, then = look(drawn[0, : first - 1]), look(drawn[0, :first])
    assert before is not None
    assert then is not None
    assert (before.decided, then.decided) == (False, True)


def test_the_table_names_every_law(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = looks.Found(looks.COUNT, (20, 40), (100, 200, 300))
    monkeypatch.setattr(looks, "found", lambda law, sequences: told)
    looks.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert len(rows) == len(looks.LAWS)
    assert all("| 1.0 % ± 0.2 | 2.0 % ± 0.3 |" in row for row in rows)
    assert sum("nothing to decide" in row for row in rows) == 4
