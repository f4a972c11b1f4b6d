"""What every page carries: the dashboard's name in the header and in the browser's tab, the page's
own name for its heading, and colours that can be read.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import streamlit as st

NAME = "Heatcheck"
PAGE = "frame_page"  # where the open page's name is kept
HERE = Path(__file__).parent
ICON = HERE.parent / "icon.png"
INK = {"light": "#14181D", "dark": "#E6E9ED"}


def wordmark(theme: str) -> str:
    """The icon and the word beside it, as SVG, in the ink of a theme."""
    icon = b64encode(ICON.read_bytes()).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 176 32" width="176" height="32">'
        f"<title>{NAME}</title>"
        f'<image href="data:image/png;base64,{icon}" width="32" height="32"/>'
        '<text x="42" y="23" font-family="Source Sans, Segoe UI, Helvetica, Arial, sans-serif" '
        f'font-size="22" font-weight="700" fill="{INK[theme]}">{NAME}</text></svg>'
    )


def before() -> None:
    """The icon, before the pages are known: theirs would be fetched from another host."""
    st.set_page_config(page_title=NAME, page_icon=str(ICON), layout="wide")


def show(page: str) -> None:
    """The name in the header; the browser's tab says the page first, since tabs are cut short."""
    st.session_state[PAGE] = page
    st.set_page_config(page_title=f"{page} · {NAME}")
    st.logo(wordmark("dark" if st.context.theme.type == "dark" else "light"), size="large")
    st.html(HERE / "contrast.css")
