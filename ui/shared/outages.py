"""A page whose store fails: it says so, and is drawn again by itself once the store answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import streamlit as st

from heatcheck.core.errors import HeatcheckError, StoreProblem
from heatcheck.server import service
from heatcheck.ui.shared.markdown import plain

log = logging.getLogger("heatcheck.dashboard")
AGAIN = 3.0  # seconds between two tries


def drawn(page: Callable[[], object]) -> None:
    """Draw a page. What no page expects is a sentence in its place."""
    try:
        page()
    except StoreProblem as problem:  # it is gone, locked, full, or does not answer
        log.warning("a page ended: %s", problem)
        st.fragment(_wait, run_every=AGAIN)(iter([str(problem)]))
    except HeatcheckError as error:
        log.exception("a page ended")
        st.error(plain(str(error)), icon=":material/error:")


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
