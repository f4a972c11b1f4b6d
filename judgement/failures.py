"""Why scores of a run failed, most frequent reason first."""

from __future__ import annotations

import pandas as pd

from heatcheck.judgement.phrases import joined
from heatcheck.metrics.base import BLANK

REASONS, IMAGES = 3, 3  # told at most


def reasons(table: pd.DataFrame) -> list[str]:
    """A line a reason, with how many scores and which images it is of; the last counts the reasons
    that have no room. Blank maps are told elsewhere.
    """
    failed = table[(table["error"] != "") & (table["error"] != BLANK)]
    groups = sorted(failed.groupby("error", sort=False), key=lambda group: -len(group[1]))
    told = [
        f"{_count(len(rows), 'score')} of {_images(rows['image'])} failed: {reason}"
        for reason, rows in groups[:REASONS]
    ]
    if len(groups) > REASONS:
        told.append(f"And {_count(len(groups) - REASONS, 'other reason')}.")
    return told


def _images(names: pd.Series) -> str:
    different = list(dict.fromkeys(names))
    shown, more = different[:IMAGES], len(different) - IMAGES
    return joined([*shown, f"{more} more"] if more > 0 else shown)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
