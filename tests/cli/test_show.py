"""The command `show`: a run that was refused or failed says why."""

from __future__ import annotations

import pytest

from heatcheck import cli
from heatcheck.inputs.images import Image
from heatcheck.runs import specs
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import fill, put_in_state


def shown(store: Store, run: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(["show", run, "--store", store.url]) == 0
    return capsys.readouterr().out


def test_a_run_that_failed_before_its_first_map_says_why_and_no_more(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    run = store.runs.open(specs.ask(methods=["random"], metrics=["deletion"]))
    put_in_state(store, run, "failed", problem="Expected logits. Got probabilities.")
    told = shown(store, run, capsys).strip().splitlines()
    assert told[0].startswith(f"Run {run}, failed: ")
    assert told[1:] == ["", "Expected logits. Got probabilities."]


def test_failed_scores_are_told_with_their_images_and_reasons(
    store: Store, photographs: list[Image], capsys: pytest.CaptureFixture[str]
) -> None:
    run = fill(store, photographs, images=6, error="The network has no gradient.")
    told = shown(store, run, capsys)
    first = "photo_00, photo_01, photo_02 and 3 more"
    assert f" scores of {first} failed: The network has no gradient." in told
