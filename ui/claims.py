"""A claim and its verdict, side by side."""

from __future__ import annotations

import streamlit as st

from evaluation.verdicts import Verdict
from ui.words import mark_badge, plain


def show(verdict: Verdict, about: str) -> None:
    """The textbook's words on the left, the measurement on the right."""
    with st.container(border=True):
        words, measured = st.columns([1, 3], gap="medium", wrap=True)
        words.markdown(f"{about}  \n**{plain(verdict.claim.words)}**")
        measured.markdown(f"{mark_badge(verdict.mark)}  \n{plain(verdict.sentence)}")
