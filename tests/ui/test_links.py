"""Methods in an address, and what stands there of a page's choices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from heatcheck.attribution import METHODS, Method
from heatcheck.ui.compare import links

OFFERED = list(METHODS)


def test_parameters_that_are_not_the_defaults_stand_in_the_address() -> None:
    methods = [
        METHODS.build("grad_cam"),
        METHODS.build({"name": "smoothgrad", "samples": 10, "sigma": 0.00002}),
        METHODS.build({"name": "integrated_gradients", "steps": "auto"}),
    ]
    text = links.text_of(methods)
    assert text == "grad_cam,smoothgrad:samples=10:sigma=0.00002,integrated_gradients:steps=auto"
    assert links.read(text, OFFERED) == (methods, [])


def test_parameters_that_are_not_the_defaults_are_told_in_words() -> None:
    told = {"name": "smoothgrad", "samples": 5, "sigma": 0.00002}
    assert links.in_words(METHODS.build(told)) == "SmoothGrad with samples 5, sigma 0.00002"
    layer = METHODS.build({"name": "grad_cam", "layer": "a,b:c"})
    assert links.in_words(layer) == "Grad-CAM with layer a,b:c"
    assert links.in_words(METHODS.build("smoothgrad")) == ""


def test_a_layer_with_odd_letters_comes_back_as_it_was() -> None:
    method = METHODS.build({"name": "grad_cam", "layer": "a,b:c=d e%2C.1"})
    assert links.read(links.text_of([method]), OFFERED) == ([method], [])


@pytest.mark.parametrize(
    ("text", "names", "refused"),
    [
        ("grad_cam,gradcam", ["grad_cam"], ["gradcam"]),
        ("smoothgrad:samples=0", ["smoothgrad"], ["smoothgrad:samples=0"]),
        ("smoothgrad:samples=ten", ["smoothgrad"], ["smoothgrad:samples=ten"]),
        ("smoothgrad:samples=" + "9" * 5000, ["smoothgrad"], ["smoothgrad:samples=" + "9" * 5000]),
        ("smoothgrad:sigma=nan", ["smoothgrad"], ["smoothgrad:sigma=nan"]),
        ("smoothgrad:colour=red", ["smoothgrad"], ["smoothgrad:colour=red"]),
        ("grad_cam:", ["grad_cam"], ["grad_cam:"]),
        ("grad_cam,grad_cam", ["grad_cam"], []),
    ],
)
def test_what_is_no_method_is_refused_and_the_rest_is_shown(
    text: str, names: list[str], refused: list[str]
) -> None:
    methods, told = links.read(text, OFFERED)
    assert [method.name for method in methods] == names
    assert methods == [METHODS.build(name) for name in names]
    assert told == refused


@given(st.text(max_size=60), st.sampled_from(OFFERED))
def test_no_text_of_an_address_ends_a_page(text: str, name: str) -> None:
    for asked in (text, f"{name}:{text}", f"{name}:samples={text}"):
        methods, refused = links.read(asked, OFFERED)
        assert all(isinstance(method, Method) for method in methods)
        assert methods or refused


def test_a_link_names_all_of_what_is_shown() -> None:
    methods = [METHODS.build("edges")]
    query = links.query("timm:x", "a b&c.png", 3, methods)
    assert query == "classifier=timm%3Ax&image=a%20b%26c.png&class=3&methods=edges"


def choosing() -> None:
    """A page with one word, drawn by hand or by its address."""
    import streamlit as st

    from heatcheck.ui.shared import address

    if st.session_state.pop("enter", False):
        address.opened()
    if (asked := address.asked("word")) is not None:
        st.session_state["word"] = asked or "first"
    with address.one_step():
        word = st.selectbox("Word", ["first", "second", "third"], key="word")
        address.say({"word": None if word == "first" else word})
        before = dict(st.query_params)
        address.say({"other": None})
        assert dict(st.query_params) == before, "the address waits for all of it"
        assert address.asked("other") is None, "what it has said is no news"


def bound() -> None:
    """A page that also has a word of a widget's own."""
    import streamlit as st

    from heatcheck.ui.shared import address

    st.text_input("Other", key="tab", bind="query-params")
    with address.one_step():
        address.say({"word": st.session_state.get("said"), "more": None})


def test_a_word_leaves_an_address_that_has_words_of_widgets() -> None:
    made = AppTest.from_function(bound)
    made.query_params.update({"tab": "x", "more": "y"})
    made.session_state["said"] = "z"
    made.run()
    assert not made.exception
    assert dict(made.query_params) == {"tab": "x", "word": "z"}
    made.session_state["said"] = None
    assert not made.run().exception
    assert dict(made.query_params) == {"tab": "x"}


def page(**words: str) -> AppTest:
    made = AppTest.from_function(choosing)
    made.query_params.update(words)
    made.run()
    assert not made.exception, made.exception
    return made


def word(made: AppTest) -> tuple[str, str | None]:
    return made.selectbox(key="word").value, dict(made.query_params).get("word")


def test_a_choice_stands_in_the_address_and_back_returns_to_the_one_before() -> None:
    made = page()
    assert word(made) == ("first", None)
    made.selectbox(key="word").set_value("second").run()
    assert word(made) == ("second", "second")
    made.selectbox(key="word").set_value("third").run()
    made.query_params["word"] = "second"  # Back
    assert word(made.run()) == ("second", "second")
    del made.query_params["word"]  # Back again
    assert word(made.run()) == ("first", None)


def test_a_link_is_told_once_and_a_page_that_opens_again_keeps_its_choice() -> None:
    made = page(word="third", other="x")
    assert word(made) == ("third", "third")
    assert "other" not in made.query_params
    made.selectbox(key="word").set_value("second").run()
    assert word(made.run()) == ("second", "second")
    made.query_params.clear()  # as another page leaves it
    made.session_state["enter"] = True
    assert word(made.run()) == ("second", "second")
