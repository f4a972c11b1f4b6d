"""Widgets come from what methods declare: one each, with its range, and what a person sets is what
is asked.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.attribution import METHODS
from heatcheck.core.registry import choices_of


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def every_method() -> None:
    import streamlit as st

    from heatcheck.attribution import METHODS
    from heatcheck.ui.shared import parameters

    st.session_state["made"] = parameters.choose(list(METHODS), "t")


def opened() -> AppTest:
    page = AppTest.from_function(every_method, default_timeout=60).run()
    assert not page.exception
    return page


def widgets(page: AppTest) -> dict[str, Any]:
    kinds = (page.number_input, page.selectbox, page.text_input, page.toggle)
    return {str(one.key): one for kind in kinds for one in kind}


def test_untouched_widgets_are_the_defaults_of_every_method() -> None:
    assert opened().session_state["made"] == [METHODS.build(name) for name in METHODS]


def test_every_field_has_a_widget_with_its_range_unit_and_help() -> None:
    found = widgets(opened())
    for name, method in METHODS.items():
        for field in dataclasses.fields(method):
            one = found[f"t_{name}_{field.name}"]
            assert field.metadata["why"]
            assert field.metadata["help"] in one.help
            if field.metadata["unit"]:
                assert field.metadata["unit"] in one.label
            if choices_of(field):
                assert len(one.options) == len(choices_of(field))
            elif field.metadata["low"] is not None:
                assert (one.min, one.max) == (field.metadata["low"], field.metadata["high"])


def test_what_is_set_is_what_is_asked() -> None:
    page = opened()
    page.number_input(key="t_smoothgrad_samples").set_value(7)
    page.number_input(key="t_smoothgrad_sigma").set_value(0.3)
    page.selectbox(key="t_smoothgrad_of").set_value("guided_backprop")
    page.text_input(key="t_grad_cam_layer").set_value(" blocks.5 ")
    page.toggle(key="t_integrated_gradients_steps_auto").set_value(True)
    page.run()
    assert not page.exception
    made = {method.name: method for method in page.session_state["made"]}
    assert made["smoothgrad"].params == {
        "of": "guided_backprop",
        "samples": 7,
        "sigma": 0.3,
        "reduce": "max_abs",
    }
    assert made["grad_cam"].params == {"layer": "blocks.5"}
    assert made["integrated_gradients"].params["steps"] == "auto"
    assert "3 methods with parameters of your own: " in page.caption[-1].value
