"""What pages add to the words: marks as badges, and text of people that stays text in Markdown."""

from __future__ import annotations

from heatcheck.judgement.verdicts import Mark

MARKS: dict[Mark, tuple[str, str]] = {
    "confirmed": (":material/check_circle:", "green"),
    "refuted": (":material/cancel:", "red"),
    "undecided": (":material/help:", "orange"),
    "not measured in this run": (":material/pending:", "gray"),
}


def mark_badge(mark: Mark) -> str:
    """A mark as word, icon and colour, in Markdown."""
    icon, colour = MARKS[mark]
    return f":{colour}-badge[{icon} {mark}]"


def plain(text: str) -> str:
    """Text of people (names, labels, errors) that stays text in Markdown."""
    return "".join(
        f"\\{letter}" if letter in "\\`*_{}[]<>()#+-.!|:~$^&" else letter for letter in text
    )
