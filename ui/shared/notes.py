"""What is said of a network since it was loaded."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from heatcheck.ui.shared.markdown import plain


def show_notes(notes: Sequence[str]) -> None:
    """The sentences, each in a line; nothing where there are none."""
    for sentence in notes:
        st.caption(f":material/info: {plain(sentence)}")
