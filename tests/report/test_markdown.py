"""The report as Markdown, read back as GitHub reads it: numbers equal the table's, texts stay
texts.
"""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from heatcheck.answer.summary import Summary
from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.standings import standings
from heatcheck.report.markdown import card, escaped, fenced, markdown
from heatcheck.report.subject import Subject
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.html import Page, words
from heatcheck.tests.doubles.runs import HOSTILE

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TAGS = {
    *("h1", "h2", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("pre", "code"),
}


def read(text: str) -> Page:
    return Page(READER.render(text))


def tables(page: Page) -> list[list[list[str]]]:
    """Tables as rows of texts."""
    found: list[list[list[str]]] = []
    for one in page.elements:
        if one["tag"] == "table":
            found.append([])
        elif one["tag"] == "tr":
            found[-1].append([])
        elif one["tag"] in ("td", "th"):
            found[-1][-1].append(one["text"])
    return found


def test_every_cell_of_the_leaderboard_is_the_standings(store: Store, run: str) -> None:
    subject = Subject.of(store, run)
    boards = [one for one in tables(read(markdown(subject))) if "ion ↓" in one[0][1] + one[0][-1]]
    cells = {
        (row[0].removesuffix(" (control)"), head.partition(",")[0]): text
        for board in tables(read(markdown(subject)))
        for row in board[1:]
        for head, text in zip(board[0][1:], row[1:], strict=True)
    }
    assert boards
    for one in standings(subject.scores):
        head = next(
            name
            for method, name in cells
            if method == title_of(one.method) and name.startswith(title_of_metric(one.metric))
        )
        assert words(cells[title_of(one.method), head].removeprefix("◆ ")) == words(one.text)
        assert cells[title_of(one.method), head].startswith("◆") == one.best


def title_of_metric(metric: str) -> str:
    from heatcheck.drawing.labels import metric_title

    return metric_title(metric)


def test_the_answer_the_claims_and_the_table_at_a_glance_stand_in_it(
    store: Store, run: str
) -> None:
    summary = Summary.of_run(store, run)
    for text in (markdown(Subject.of(store, run)), card(Subject.of(store, run))):
        page = read(text)
        whole = words("".join(one["text"] for one in page.elements if one["tag"] == "p"))
        assert words(summary.headline.answer) in whole
        assert words(" ".join(summary.model)) in whole
        (glance,) = [one for one in tables(page) if one[0][1:2] == ["Evidence"]]
        assert [row[1:] for row in glance[1:]] == [
            [cell.text.removeprefix(" · ") for cell in row.cells] for row in summary.glance
        ]
        assert store.runs.get(run).spec.command in text
    (claims,) = [one for one in tables(read(markdown(Subject.of(store, run)))) if "Mark" in one[0]]
    assert [words(row[2]) for row in claims[1:]] == [
        words(verdict.sentence) for verdict in summary.verdicts
    ]


def test_a_card_is_a_section_with_the_runs_id(store: Store, run: str) -> None:
    text = card(Subject.of(store, run))
    assert text.startswith("## Attribution methods\n")
    assert run in text
    assert "# " not in text.removeprefix("## ")


def test_hostile_texts_stay_text(store: Store, hostile_run: str) -> None:
    page = read(markdown(Subject.of(store, hostile_run)))
    assert {one["tag"] for one in page.elements} <= TAGS
    text = words("".join(one["text"] for one in page.elements if one["tag"] == "td"))
    for image in store.runs.get(hostile_run).spec.images:
        assert words(image.name) in text


@pytest.mark.parametrize(
    "text",
    [*HOSTILE, "https://example.org www.example.org me@example.org", "~~gone~~", "a\n# b\n- c"],
)
def test_an_escaped_text_is_read_back_as_it_was(text: str) -> None:
    linking = MarkdownIt("gfm-like", {"linkify": False}).render(f"- {escaped(text)}")
    page = Page(linking)
    assert {one["tag"] for one in page.elements} <= {"ul", "li"}
    plain = "".join(one if one.isprintable() else " " for one in text)
    assert words(page.all("li")[0]["text"]) == words(plain)


@pytest.mark.parametrize("text", ["a", "```\nx", "a ```` b"])
def test_nothing_ends_a_fence(text: str) -> None:
    page = read(fenced(text, "sh"))
    assert page.all("code")[0]["text"] == f"{text}\n"
    assert len(page.all("pre")) == 1
