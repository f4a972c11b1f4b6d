"""The Methods page: cards, and the glossary under an address of its own."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from heatcheck.answer.glossary import TERMS
from heatcheck.attribution import METHODS
from heatcheck.metrics import METRICS
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.pages import text
from heatcheck.tests.doubles.tree import ROOT
from heatcheck.ui.methods.terms import anchor
from heatcheck.ui.shared.markdown import plain


def test_the_glossary_has_a_tab_that_an_address_opens_and_an_anchor_a_term(
    shared_store: Store,
) -> None:
    page = AppTest.from_file(str(ROOT / "pages/explore/methods.py"), default_timeout=60)
    page.query_params["tab"] = "Glossary"
    page.run()
    assert not page.exception
    assert page.query_params["tab"] == "Glossary"
    anchors = [heading.proto.anchor for heading in page.subheader]
    assert len(set(anchors)) == len(anchors) == len(METHODS) + len(METRICS) + len(TERMS)
    assert "exchange-gain" in anchors
    assert {anchor(term) for term in TERMS} <= set(anchors)
    for term in TERMS:
        assert plain(term.line) in text(page)
