"""Cards of methods and metrics, drawn from what each declares."""

from __future__ import annotations

import dataclasses

import streamlit as st

from heatcheck.attribution import Method
from heatcheck.core.numbers import span
from heatcheck.core.registry import Citation, Registered, choices_of
from heatcheck.drawing.labels import ARROWS
from heatcheck.metrics import Metric


def show_method(method: type[Method]) -> None:
    """One method: formula, meaning, code, parameters, source."""
    with st.container(border=True):
        st.subheader(
            method.title + (" :gray-badge[control]" if method.family == "control" else ""),
            anchor=method.name,
        )
        st.markdown(method.summary)
        formula, code = st.columns(2, wrap=True)
        formula.latex(method.formula)
        code.code(method.code, language=None, wrap_lines=True)
        needs = ", ".join(sorted(method.needs)) or "nothing of the model"
        st.caption(
            f"Needs {needs} · {'signed' if method.signed else 'unsigned'} map · "
            f"in commands `{method.name}`"
        )
        st.markdown(f"**It cannot** {method.cannot[0].lower()}{method.cannot[1:]}")
        if method.reference:
            st.markdown(f"**It compares with.** {method.reference}")
        _parameters(method)
        show_source(method.cite)


def show_metric(metric: type[Metric]) -> None:
    """One metric: meaning, direction, what biases it, parameters, source."""
    with st.container(border=True):
        st.subheader(f"{metric.title} {ARROWS[metric.better]}", anchor=metric.name)
        st.markdown(metric.summary)
        st.caption(
            f"{metric.better.capitalize()} is better · in {metric.unit}, {span(*metric.bounds)} · "
            f"in commands `{metric.name}`"
        )
        st.markdown(f"**When it misleads.** {metric.misleads}")
        _parameters(metric)
        show_source(metric.cite)


def _parameters(entry: type[Registered]) -> None:
    rows = []
    for field in dataclasses.fields(entry):
        meta = field.metadata
        bounds = ", ".join(choices_of(field)) or (
            span(meta["low"], meta["high"]) if meta["low"] is not None else "any"
        )
        bounds += "".join(f", or {word}" for word in meta["words"])
        unit = f", in {meta['unit']}" if meta["unit"] else ""
        rows.append(
            {
                "Parameter": f"{field.name} = {str(field.default) or 'found by itself'}",
                "Meaning": f"{meta['help']} Takes {bounds}{unit}.",
            }
        )
    if rows:
        st.table(rows, hide_index=True, border="horizontal")


def show_source(cite: Citation) -> None:
    """Where something comes from, with a link where there is one."""
    link = f"[{cite.title}]({cite.url})" if cite.url.startswith("http") else cite.title
    st.markdown(f":small[{cite.authors} {cite.year}. {link}]")
