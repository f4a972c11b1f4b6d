"""Which methods drew blank maps, in words: they are counted, and never scored."""

from __future__ import annotations

from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.scores import Scores


def shares(scores: Scores) -> dict[str, tuple[int, int]]:
    """How many maps of a method are blank, and of how many; of the methods that drew one."""
    return {method: (count, scores.drawn[method]) for method, count in scores.blanks.items()}


def only_blank(scores: Scores, method: str) -> bool:
    """Whether a method drew nothing but blank maps."""
    blank, drawn = shares(scores).get(method, (0, 1))
    return blank == drawn


def blank_maps(scores: Scores) -> list[str]:
    """`Grad-CAM: 3 of 20 maps are blank`, a line a method that drew one, in the run's order."""
    return [
        f"{title_of(method)}: {count} of {drawn} maps {'is' if count == 1 else 'are'} blank"
        for method, (count, drawn) in shares(scores).items()
    ]


def told(scores: Scores) -> str:
    """All of them in a sentence, with what it means; empty where there is none."""
    lines = blank_maps(scores)
    if not lines:
        return ""
    return f"{'; '.join(lines)}. All pixels of a blank map are equal: it has no score."
