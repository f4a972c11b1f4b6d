"""The question about a model in memory is asked again by a call."""

from __future__ import annotations

from heatcheck.runs.python_call import OF_FILE, called


def test_options_become_arguments() -> None:
    words = ["--methods", "grad_cam,random", "--points", "drawn-9", "--seed", "7"]
    said = "methods=['grad_cam', 'random'], points='drawn-9', seed=7"
    assert called(words) == f"heatcheck.evaluate(model, images, {said})"
    assert called(["--points", "33"]) == "heatcheck.evaluate(model, images, points=33)"


def test_what_is_no_argument_needs_the_file() -> None:
    assert called(["--substrates", "wide", "--seed", "0"]) == OF_FILE
    assert OF_FILE.endswith("SPEC.json")  # pages print the file below such a line
