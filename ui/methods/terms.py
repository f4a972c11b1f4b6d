"""The glossary's tab: a heading a term, so that an address can point at it."""

from __future__ import annotations

import streamlit as st

from heatcheck.answer import glossary
from heatcheck.answer.term import Term
from heatcheck.attribution import METHODS
from heatcheck.metrics import METRICS
from heatcheck.metrics.base import OURS
from heatcheck.ui.methods.cards import show_source
from heatcheck.ui.shared.markdown import plain


def show() -> None:
    """All terms in alphabetical order."""
    for term in glossary.TERMS:
        st.subheader(plain(term.word[:1].upper() + term.word[1:]), anchor=anchor(term))
        st.markdown(f"{plain(term.line)} *{plain(term.reading)}*")
        if term.source != OURS:
            show_source(term.source)


def anchor(term: Term) -> str:
    """A term's place on the page; a method's or metric's card of that name keeps the bare one."""
    return f"{term.anchor}-word" if term.anchor in {*METHODS, *METRICS} else term.anchor
