"""Widgets drawn from the fields that methods declare."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import streamlit as st

from heatcheck.attribution import METHODS, Method
from heatcheck.attribution.base import title_of_wrapped
from heatcheck.core.registry import choices_of
from heatcheck.drawing.labels import plural

WIDTH = 190  # pixels of a widget


def choose(names: Sequence[str], key: str) -> list[Method]:
    """The methods of those names, with the parameters that a person chose; the defaults where
    nobody did.
    """
    methods = []
    with st.popover("Parameters", icon=":material/tune:", width="content"):
        for name in names:
            fields = dataclasses.fields(METHODS[name])
            if fields:
                st.markdown(f"**{METHODS[name].title}**")
            with st.container(horizontal=True, vertical_alignment="bottom", width=640):
                methods.append(
                    METHODS[name](
                        **{
                            field.name: _widget(field, f"{key}_{name}_{field.name}")
                            for field in fields
                        }
                    )
                )
        if not any(dataclasses.fields(METHODS[name]) for name in names):
            st.caption("These methods have none.")
    changed = [method.title for method in methods if method != METHODS.build(method.name)]
    if changed:
        st.caption(
            f":material/tune: {plural(len(changed), 'method')} with parameters of your "
            f"own: {', '.join(changed)}."
        )
    return methods


def put(methods: Sequence[Method], key: str) -> None:
    """Have the widgets of these methods say their parameters, before they are drawn."""
    for method in methods:
        for field in dataclasses.fields(method):
            value, own = getattr(method, field.name), f"{key}_{method.name}_{field.name}"
            words = field.metadata["words"]
            for word in words:
                st.session_state[f"{own}_{word}"] = value == word
            if value not in words:
                st.session_state[own] = value


def _widget(field: dataclasses.Field[Any], key: str) -> Any:
    """One parameter."""
    meta, choices = field.metadata, choices_of(field)
    label = field.name.capitalize() + (f" ({meta['unit']})" if meta["unit"] else "")
    about = (
        f"{meta['help']} Default {field.default or 'empty'}: "
        f"{meta['why'][:1].lower()}{meta['why'][1:].partition(' How it is found')[0]}"
    )
    if field.default not in meta["words"]:
        st.session_state.setdefault(key, field.default)
    if choices:
        return st.selectbox(
            label,
            choices,
            key=key,
            help=about,
            width=WIDTH,
            format_func=lambda choice: title_of_wrapped(choice) if field.name == "of" else choice,
        )
    if isinstance(field.default, str):
        return st.text_input(
            label, key=key, help=about, width=WIDTH, placeholder="found by itself"
        ).strip()
    for word in meta["words"]:
        if st.toggle(
            f"{field.name.capitalize()}: {word}",
            key=f"{key}_{word}",
            help=f"Instead of a number: {word}.",
        ):
            return word
    if isinstance(field.default, int):
        return int(
            st.number_input(
                label,
                int(meta["low"]),
                int(meta["high"]),
                step=1,
                key=key,
                help=about,
                width=WIDTH,
            )
        )
    return float(
        st.number_input(
            label,
            float(meta["low"]),
            float(meta["high"]),
            step=0.01,
            key=key,
            help=about,
            width=WIDTH,
        )
    )
