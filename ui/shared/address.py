"""What a person chose, in the address by its id: where a widget shows another text than that,
`bind` would put the text there.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st


def keep(key: str, word: str, matching: Callable[[str], list[str]]) -> None:
    """A widget's first choice is what the address says, where that is one of what is offered."""
    asked = st.query_params.get(word, "")
    if key not in st.session_state and asked and len(found := matching(asked)) == 1:
        st.session_state[key] = found[0]


def remember(word: str, chosen: str | None) -> None:
    """What was chosen stands in the address."""
    if chosen is None:
        st.query_params.pop(word, None)
    else:
        st.query_params[word] = chosen
