"""Which methods drew blank maps, in words: they are counted, and never scored."""

from __future__ import annotations

from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.scores import Scores


def blank_maps(scores: Scores) -> list[str]:
    """`Grad-CAM: 3 of 20 maps are blank`, a line a method that drew one, in the run's order."""
    drawn = scores.table.groupby("method")["image"].nunique()
    return [
        f"{title_of(method)}: {count} of {drawn[method]} maps {'is' if count == 1 else 'are'} blank"
        for method, count in scores.blanks.items()
    ]


def told(scores: Scores) -> str:
    """All of them in a sentence, with what it means; empty where there is none."""
    lines = blank_maps(scores)
    if not lines:
        return ""
    return f"{'; '.join(lines)}. All pixels of a blank map are equal: it has no score."
