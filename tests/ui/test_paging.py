"""A long list comes a page at a time, and the address says which."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def shown(rows: int, **address: str) -> AppTest:
    def script(rows):  # its source is run alone, without the types of this file
        import streamlit as st

        from heatcheck.ui.shared.paging import paged

        page = paged(list(range(rows)), "images", "page_x")
        st.markdown(f"{page[0]} {page[-1]} {len(page)}" if page else "none")

    page = AppTest.from_function(script, kwargs={"rows": rows})
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception, page.exception
    return page


def test_up_to_fifty_rows_are_one_page_without_a_choice() -> None:
    assert shown(50).markdown[0].value == "0 49 50"
    assert not shown(50).number_input
    assert shown(0).markdown[0].value == "none"


def test_of_more_rows_the_page_of_the_address_is_shown() -> None:
    first = shown(1010)
    assert first.markdown[0].value == "0 49 50"
    assert first.caption[0].value == "Images 1 to 50 of 1,010."
    last = shown(1010, page_x="21")
    assert last.markdown[0].value == "1000 1009 10"
    assert last.caption[0].value == "Images 1,001 to 1,010 of 1,010."
    first.number_input[0].set_value(2).run()
    assert first.markdown[0].value == "50 99 50"
