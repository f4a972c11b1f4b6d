"""The summary as HTML: text, marks that are read aloud, controls apart, nothing unescaped."""

from __future__ import annotations

from heatcheck.answer.leaderboard import Board, BoardCell, BoardRow, Head
from heatcheck.tests.doubles.html import Page, words
from heatcheck.tests.doubles.runs import HOSTILE
from heatcheck.ui.shared.summary_table import CONTROLS, html

BOARD = Board(
    (
        Head("evidence", "Evidence", "", "Three questions."),
        Head("deletion", "Deletion", "lower", "An area."),
    ),
    (
        BoardRow("grad_cam", False, (BoardCell("shown", "3 of 3", tone="good"), BoardCell("0.2"))),
        BoardRow(
            "edges",
            True,
            (BoardCell("–"), BoardCell("-0.0168", "-0.062 to 0.0195", True, "skewed")),
        ),
    ),
)


def test_each_cell_has_its_value_its_interval_and_its_mark_as_text() -> None:
    page = Page(html(BOARD))
    assert [words(head["text"]) for head in page.all("th", scope="col")] == [
        *("Method", "Evidence", "Deletion ↓")
    ]
    assert [one["attrs"]["title"] for one in page.all("abbr")] == ["Three questions.", "An area."]
    cells = [words(cell["text"]) for cell in page.all("td")]
    assert cells == ["✔\ufe0e shown3 of 3", "0.2", "–", "◆ -0.0168-0.062 to 0.0195, skewed"]
    assert [words(one["text"]) for one in page.all("small")][-1] == "-0.062 to 0.0195, skewed"
    (mark,) = page.all("span", role="img")
    assert mark["attrs"]["aria-label"] == "may be the best"


def test_controls_stand_apart_under_a_head_of_their_own() -> None:
    page = Page(html(BOARD))
    (head,) = page.all("th", scope="rowgroup")
    assert head["text"] == CONTROLS
    (group,) = page.all("tbody", **{"class": "controls"})
    assert "Edges" in group["text"]
    assert "Grad-CAM" not in group["text"]
    assert CONTROLS not in html(Board(BOARD.heads, BOARD.methods))


def test_no_text_becomes_an_element_or_an_attribute() -> None:
    clean = len(Page(html(BOARD)).elements)
    for word in HOSTILE:
        board = Board(
            (Head("x", word, "", word), Head("y", word, "lower", word)),
            (
                BoardRow(word, False, (BoardCell(word, word, False, word),) * 2),
                BoardRow("edges", True, (BoardCell(word, word, True, word),) * 2),
            ),
        )
        page = Page(html(board))
        assert len(page.elements) == clean + 2  # two small texts more, a mark more, a sign less
        assert [one["attrs"]["title"] for one in page.all("abbr")] == [word, word]
        assert {name for one in page.elements for name in one["attrs"]} <= {
            *("class", "tabindex", "role", "aria-label", "aria-hidden", "scope", "colspan", "title")
        }
        assert word in page.all("td")[0]["text"]
