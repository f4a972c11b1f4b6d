"""A registry holds more for a while, and afterwards what it held."""

from __future__ import annotations

import pytest

from heatcheck.attribution import METHODS
from heatcheck.core.errors import UnknownName
from heatcheck.tests.doubles.planted import Blank


def test_what_is_held_beside_is_gone_afterwards_even_after_an_error() -> None:
    before = list(METHODS)
    with pytest.raises(ZeroDivisionError), METHODS.also(Blank):
        assert METHODS.build("blank") == Blank()
        _ = 1 / 0
    assert list(METHODS) == before
    with pytest.raises(UnknownName):
        METHODS.build("blank")


def test_a_name_that_is_taken_is_refused_and_nothing_is_left() -> None:
    before = list(METHODS)
    with pytest.raises(ValueError, match="Expected a new method name"), METHODS.also(Blank, Blank):
        pass
    assert list(METHODS) == before
