"""Facts of several processes stand side by side, and each note on the network once."""

from __future__ import annotations

from heatcheck.runs.provenance import continued, facts_of, image_notes_of, noted, notes_of


def test_a_run_that_goes_on_keeps_what_was_noted_and_adds_what_is_new() -> None:
    first = noted({"device": "cpu", "threads": "14"}, ("One.", "Two."))
    then = continued(first, noted({"device": "cpu", "threads": "4"}, ("Two.", "Three.")))
    assert facts_of(then) == {"device": "cpu", "threads": "14, then 4"}
    assert notes_of(then) == ("One.", "Two.", "Three.")
    assert notes_of(continued(then, {"device": "cpu"})) == ("One.", "Two.", "Three.")


def test_notes_on_images_stand_apart_from_those_on_the_network() -> None:
    first = noted({"device": "cpu"}, ("One.",), ("Left out: 2.",))
    then = continued(first, noted({}, images=("Left out: 3.", "Left out: 2.")))
    assert facts_of(then) == {"device": "cpu"}
    assert notes_of(then) == ("One.",)
    assert image_notes_of(then) == ("Left out: 2.", "Left out: 3.")


def test_without_notes_nothing_is_added_to_what_is_stored() -> None:
    assert noted({"device": "cpu"}, ()) == {"device": "cpu"}
    assert notes_of({"device": "cpu"}) == notes_of({}) == ()
