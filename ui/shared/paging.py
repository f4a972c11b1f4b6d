"""A long list, a page at a time; which page stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

T = TypeVar("T")
ROWS = 50  # of a list at once


def paged(rows: Sequence[T], what: str, key: str) -> Sequence[T]:
    """The rows of the page that is chosen, and above them which they are; all of them where they
    fill no more than one.

    Args:
        rows: the whole list.
        what: what a row is, as `images`.
        key: the widget's, and its name in the address.
    """
    pages = -(-len(rows) // ROWS)
    if pages < 2:
        return rows
    number = st.number_input(
        f"Page, of {pages:,}", 1, pages, 1, key=key, bind="query-params", width=160
    )
    first = ROWS * (int(number) - 1)
    shown = rows[first : first + ROWS]
    st.caption(f"{what.capitalize()} {first + 1:,} to {first + len(shown):,} of {len(rows):,}.")
    return shown
