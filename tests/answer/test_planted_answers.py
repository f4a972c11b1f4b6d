"""What the answer says of networks and runs whose truth is planted: no more than was measured, and
what to do next. docs/results.md lists these sentences.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from heatcheck.attribution import METHODS
from heatcheck.tests.doubles.planted import (
    COLOUR,
    CONTROLS,
    GAINS,
    MARK,
    MEASURED,
    READER,
    Blank,
    in_the_corner,
    moving,
    told_of,
)

ANYWHERE = MARK.format(places=":, :", strength=4.0, other=2.0)
CORNER = MARK.format(places=":2, :2", strength=1.0, other=2.0)
RED = COLOUR.format(first=150.0, second=0.0, bias=0.0)
CUT = ANYWHERE.replace("self.red(x)", "self.red(x.detach())")
DEAF = COLOUR.format(first=0.0, second=0.0, bias=5.0)
FEW = (*MEASURED[:2], *GAINS[:4])
WORDS = Path(__file__).parent.parent.parent / "docs" / "results.md"

CASES = {
    "a mark in the same corner of every picture": (
        CORNER,
        in_the_corner(8),
        {},
        "Trust: none. In part: Vanilla Gradients, place and model only. Caution: the model may "
        "read the same place in every picture.",
        "Cover that place in every picture and measure again: who gains then?",
    ),
    "a colour reader": (
        RED,
        moving(8),
        {},
        "Trust: Vanilla Gradients.",
        "Other images: these are all that was seen.",
    ),
    "a colour reader, on blur alone": (
        RED,
        moving(8),
        {"substrates": "blur"},
        "Trust: none. Deletion and insertion tell no maps apart on these images.",
        "Other images, or other substrates.",
    ),
    "a model at chance": (
        ANYWHERE,
        {
            f"{('red', 'none')[place % 2]}/{name}": one
            for place, (name, one) in enumerate(moving(24).items())
        },
        {"methods": [READER, "random"], "metrics": FEW},
        "Trust: none. The model is not shown to be better than chance here.",
        "A model that knows these classes, or labels and preprocessing that are its own.",
    ),
    "blank maps": (
        ANYWHERE,
        moving(8),
        {"methods": [READER, "blank", *CONTROLS]},
        "Trust: Vanilla Gradients. Only blank maps: Blank.",
        "Other images: these are all that was seen.",
    ),
    "a constant model": (
        DEAF,
        moving(6),
        {"metrics": FEW},
        "Trust: none. The model gives every image the same answer.",
        "A model that tells these images apart, or other preprocessing.",
    ),
    "a network without gradients": (
        CUT,
        moving(6),
        {"methods": [READER, "smoothgrad", *CONTROLS], "metrics": FEW},
        "No map to judge: every score of every method failed.",
        "What the reason asks for.",
    ),
    "five images": (
        ANYWHERE,
        moving(5),
        {},
        "Trust: none. Too few images: Vanilla Gradients.",
        "More images: these are too few for so many comparisons.",
    ),
    "three images": (
        ANYWHERE,
        moving(3),
        {"metrics": FEW},
        "Too few images to say whom to trust: 3 of at least 5.",
        "More images: twenty tell large effects from none.",
    ),
    "one method, no control": (
        ANYWHERE,
        moving(8),
        {"methods": [READER]},
        "Trust: Vanilla Gradients.",
        "A run with Edges, Centre Prior and Random in it.",
    ),
    "controls alone": (
        ANYWHERE,
        moving(6),
        {"methods": list(CONTROLS), "metrics": MEASURED[:2]},
        "No method to judge: this run has only controls, which explain nothing.",
        "A run with a method in it.",
    ),
}


@pytest.mark.parametrize("truth", CASES)
def test_the_answer_says_what_is_so_and_what_to_do_next(truth: str, tmp_path: Path) -> None:
    network, pictures, asked, answer, change = CASES[truth]
    module = "answer_" + "".join(letter for letter in truth if letter.isalpha())
    with METHODS.also(Blank):
        told = told_of(tmp_path, module, network, pictures, **asked)  # type: ignore[arg-type]
        line = told.summary.headline
        assert line.answer == answer
        assert line.change[0] == change
        trusted = told.evidence.shown_in_all()
        assert line.answer.startswith("Trust: Vanilla") == (trusted == [READER])
        if truth == "one method, no control":
            assert "No control ran: a map that ignores the model may do as well." in line.sure
        for row in told.summary.glance:
            if not trusted and not row.control:
                assert row.cell("evidence").tone != "good"


def test_the_docs_list_these_answers() -> None:
    page = WORDS.read_text()
    for truth, (_, _, _, answer, change) in CASES.items():
        assert f"| {truth} | {answer} | {change} |" in page
