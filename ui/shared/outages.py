"""A page whose store fails: it says so, and is drawn again by itself once the store answers."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from heatcheck.core.errors import StoreProblem
from heatcheck.server import service
from heatcheck.ui.shared.markdown import plain

AGAIN = 3.0  # seconds between two tries


def show(problem: StoreProblem) -> None:
    """What is wrong, in place of the page, until the store answers."""
    st.fragment(_wait, run_every=AGAIN)(iter([str(problem)]))


def _wait(said: Iterator[str]) -> None:
    """The sentence of the page first, then what each look at the store says."""
    told = next(said, "")
    if not told:
        try:
            service.store().runs.under_way()
        except StoreProblem as problem:
            told = str(problem)
        else:
            st.rerun()
    st.error(plain(told), icon=":material/error:")
    st.caption("This page comes back by itself once the store answers.")
