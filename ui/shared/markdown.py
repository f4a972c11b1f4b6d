"""What pages add to the words: marks as badges, and text of people that stays text in Markdown."""

from __future__ import annotations

from heatcheck.judgement.verdicts import Mark, Verdict

# true and false of a claim: not the colours of good and bad
MARKS: dict[Mark, tuple[str, str]] = {
    "confirmed": (":material/check_circle:", "blue"),
    "refuted": (":material/cancel:", "violet"),
    "mixed": (":material/contrast:", "gray"),
    "undecided": (":material/help:", "gray"),
    "the unit, not tested": (":material/straighten:", "gray"),
    "not measured in this run": (":material/pending:", "gray"),
}


def mark_badge(verdict: Verdict) -> str:
    """A verdict's mark as word, icon and colour, in Markdown."""
    icon, colour = MARKS[verdict.mark]
    return f":{colour}-badge[{icon} {verdict.label}]"


def plain(text: str) -> str:
    """Text of people (names, labels, errors) that stays text in Markdown."""
    return "".join(
        f"\\{letter}" if letter in "\\`*_{}[]<>()#+-.!|:~$^&" else letter for letter in text
    )
