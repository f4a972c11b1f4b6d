"""Tables as files that other programs open."""

from __future__ import annotations

import pandas as pd

# What makes a spreadsheet take a cell for a formula, the wide forms of East Asian fonts among it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_of(frame: pd.DataFrame) -> str:
    """A table as CSV. A text cell that a spreadsheet would take for a formula gets an apostrophe in
    front; numbers stay as they are.
    """
    safe = frame.map(
        lambda cell: f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
    )
    return safe.to_csv(index=False)
