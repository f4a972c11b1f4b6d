"""A planted network whose true feature is known: the methods that read it come first, the controls
last, in the table and in the words.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from heatcheck.inputs import own_networks
from heatcheck.judgement.advice import Wish, advise
from heatcheck.judgement.conclusion import answer
from heatcheck.judgement.ranks import winners
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import standings
from heatcheck.judgement.verdicts import judge
from heatcheck.runs import engine, specs
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.small_runs import MAKE, REDS

SIDE, SPOT, IMAGES = 64, 12, 12
MIDDLE = (SIDE - SPOT) // 2
READERS, CONTROLS = (
    ("vanilla_gradients", "integrated_gradients", "grad_cam"),
    ("random", "edges", "centre_prior"),
)
GAINS = ("deletion_exchange", "insertion_exchange")


@pytest.fixture(scope="module")
def measured(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Store, str, dict[str, tuple[slice, slice]]]:
    """A run on pictures of grey boxes, each with one red spot elsewhere, none in the
    middle; where the spots are.
    """
    root = tmp_path_factory.mktemp("planted")
    (root / "planted_network.py").write_text(REDS + MAKE.format(side=SIDE, labels=["red", "none"]))
    (root / "images").mkdir()
    rng = np.random.default_rng(0)
    spots = {}
    for place in range(IMAGES):
        picture = np.full((SIDE, SIDE, 3), 128, np.uint8)
        for _ in range(6):  # grey boxes: edges that mean nothing
            top, left = rng.integers(0, SIDE - 16, 2)
            picture[top : top + 16, left : left + 16] = rng.integers(60, 200)
        top, left = rng.integers(0, SIDE - SPOT, 2)
        while max(abs(top - MIDDLE), abs(left - MIDDLE)) < SPOT:  # where Centre Prior would see it
            top, left = rng.integers(0, SIDE - SPOT, 2)
        spots[f"{place:02}"] = (slice(top, top + SPOT), slice(left, left + SPOT))
        picture[spots[f"{place:02}"]] = (230, 30, 30)
        PIL.Image.fromarray(picture).save(root / "images" / f"{place:02}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        spec = specs.ask(
            own_networks.asked("planted_network:make"),
            str(root / "images"),
            methods=[*READERS, *CONTROLS],
            metrics=[
                "deletion",
                "insertion",
                *GAINS,
                "deletion_placement",
                "insertion_placement",
                "repeatability",
                "fineness",
                "runtime",
            ],
        )
        store = Store(f"sqlite:///{root / 'planted.db'}")
        engine.execute(spec, store, InProcess())
    return store, spec.id, spots


def test_the_readers_maps_lie_on_the_spot(
    measured: tuple[Store, str, dict[str, tuple[slice, slice]]],
) -> None:
    store, run, spots = measured
    for image, method, heat in store.results.maps(run):
        inside = np.abs(heat[spots[Path(image).stem]]).sum() / np.abs(heat).sum()
        assert (inside > 0.8) if method in READERS else (inside < 0.5), (image, method)


def test_the_readers_come_first_and_the_controls_last_in_the_table(
    measured: tuple[Store, str, dict[str, tuple[slice, slice]]],
) -> None:
    store, run, _ = measured
    scores = Scores(store.results.table(run))
    for metric in ("deletion", *GAINS):
        means = scores.of(metric).mean().sort_values(ascending=metric == "deletion")
        assert set(means.index[:3]) == set(READERS), metric
    found = {(one.metric, one.method): one for one in standings(scores, ["deletion", *GAINS])}
    for metric in ("deletion", *GAINS):
        assert not any(found[metric, control].best for control in CONTROLS)
        assert all(found[metric, reader].beats_random for reader in READERS)
        won = winners(
            scores.of(metric),
            (found[metric, "random"].metric == "deletion" and "lower") or "higher",
        )
        assert sum(won[control] for control in CONTROLS) == 0


def test_the_readers_come_first_in_the_words(
    measured: tuple[Store, str, dict[str, tuple[slice, slice]]],
) -> None:
    store, run, _ = measured
    scores, findings = Scores(store.results.table(run)), store.results.findings(run)
    words = answer(scores)
    assert words == (
        "On these 12 images Vanilla Gradients, Integrated Gradients and Grad-CAM show evidence of "
        "the map's places and of this picture. Evidence of this model and class is not measured "
        "in this run."
    )
    advice = advise(scores, findings, Wish())
    assert advice.method in READERS
    marks = {verdict.claim.words: verdict.mark for verdict in judge(scores, findings)}
    assert marks["Requires gradients"] == "confirmed"
    assert marks["CNN specific"] == "refuted"  # Grad-CAM runs on a transformer too
    assert marks["Less noise"] == "not measured in this run"  # SmoothGrad did not run
