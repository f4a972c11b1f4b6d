"""The simulations: each word runs its module, and few pages show what the tables say."""

from __future__ import annotations

import numpy as np
import pytest

from heatcheck.tools.simulate import advice, evidence
from heatcheck.tools.simulate.__main__ import main


@pytest.mark.parametrize("words", [[], ["help"], ["evidence", "more"]])
def test_a_word_that_names_no_simulation_is_refused(words: list[str]) -> None:
    with pytest.raises(
        SystemExit, match=r"Expected one of evidence, advice, coverage, power, looks\. Got"
    ):
        main(words)


def test_a_word_runs_the_module_of_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(evidence, "main", lambda: ran.append("evidence"))
    monkeypatch.setattr(advice, "main", lambda: ran.append("advice"))
    main(["evidence"])
    main(["advice"])
    assert ran == ["evidence", "advice"]


@pytest.mark.parametrize("case", evidence.CASES, ids=lambda case: case.title)
def test_false_evidence_is_rare_on_pages_whose_truth_is_known(case: evidence.Case) -> None:
    """Of 40 pages 6 or more would come in under 2 % were the rate 5 %."""
    assert evidence.false_pages(case, "log-normal", 4, 20, 40) <= 5


def test_what_is_there_is_shown_on_the_drawn_pages() -> None:
    """A page that shows nothing would pass every other test here."""
    case = evidence.CASES[1]  # place is there, picture is not
    page = evidence.drawn(np.random.default_rng(0), case, "normal", 4, 50)
    assert len(page.shown("place")) == len(page.shown("model")) == 4
    assert page.shown("picture") == []


def test_a_share_comes_with_its_simulation_error() -> None:
    assert evidence.share(4, 100) == "4.0 % ± 2.2"
    assert evidence.share(0, 100) == "0.0 % ± 1.0"
