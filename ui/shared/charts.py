"""A chart on a page, always with its text alternative."""

from __future__ import annotations

from typing import Any

import streamlit as st

from heatcheck.drawing.chart import Chart
from heatcheck.ui.shared.markdown import plain

INK = {"light": "#4A5058", "dark": "#B4BAC2"}  # of the words in a chart, as grayTextColor


def draw(chart: Chart, key: str, **selection: Any) -> Any:
    """Draw a chart, and below it its note; `selection` is what Streamlit needs to know of clicks
    on its points, and the answer is what was clicked.
    """
    ink = INK["dark" if st.context.theme.type == "dark" else "light"]
    for axes in (chart.figure.update_xaxes, chart.figure.update_yaxes):
        axes(tickfont_color=ink, title_font_color=ink)  # Streamlit's own grey is 3.5 to 1
    chart.figure.update_annotations(font_color=ink)
    chart.figure.update_layout(legend_font_color=ink)
    clicked = st.plotly_chart(
        chart.figure, key=key, alt=chart.alt, config={"displaylogo": False}, **selection
    )
    if chart.note:
        st.caption(plain(chart.note))
    return clicked
