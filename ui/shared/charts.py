"""A chart on a page, always with its text alternative."""

from __future__ import annotations

from typing import Any

import streamlit as st

from heatcheck.drawing.chart import Chart


def draw(chart: Chart, key: str, **selection: Any) -> Any:
    """Draw a chart; `selection` is what Streamlit needs to know of clicks on its points, and the
    answer is what was clicked.
    """
    return st.plotly_chart(
        chart.figure, key=key, alt=chart.alt, config={"displaylogo": False}, **selection
    )
