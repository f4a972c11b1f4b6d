"""Fragments: parts of a page that are drawn again by themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.ui.shared.markdown import plain

P = ParamSpec("P")


def told(body: Callable[P, None]) -> Callable[P, None]:
    """A fragment whose errors are sentences: what it raises never reaches the page around it."""

    @wraps(body)
    def drawn(*args: P.args, **words: P.kwargs) -> None:
        try:
            body(*args, **words)
        except HeatcheckError as error:
            st.error(plain(str(error)), icon=":material/error:")

    return drawn
