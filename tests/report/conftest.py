"""A finished run with seeded scores that differ over images, methods and metrics, one failed score, and a closed session."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from evaluation import runs
from evaluation.cells import CellResult, Scored
from evaluation.images import Image, picture, png
from evaluation.store import Store
from metrics import Curve, Score
from review.tally import Disputed, Outcome, Reviewer, Vote, tally
from tests.helpers import tried

HOSTILE = [
    "<script>alert(1)</script>", "</script><script>alert(2)</script>", "</title><img src=x onerror=alert(3)>", "<img src=x onerror=alert(4)>",
    '"><svg onload=alert(5)>', "' onmouseover='alert(6)", "{{ 7 * 7 }}", "{% raw %}", "${7*7}", "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)",
    "[a](javascript:alert(7))", "**bold** _it_ `code`", "&lt;b&gt; &amp;", "a\\u003cb", "line\u2028separator", "--><!-- x", "x" * 90 + "ö漢字🦊",
]  # fmt: skip


def fill(store: Store, photographs: list[Image], source: str = "samples", images: int = 8) -> str:
    """The run; its images are the sample photographs, whatever they are called."""
    spec = runs.ask(source=source, points=9)
    run = store.open_run(spec)
    random = np.random.default_rng(7)
    with store.running(run):
        for place, image in enumerate(spec.images[: max(images, len(HOSTILE)) if source != "samples" else images]):
            photo = photographs[place % len(photographs)]
            store.save_image(
                run, image, picture=png(picture(photo.encoded(), 32)), label=3, label_name=image.label or "shark", target=place % 2 + 3,
                target_name="shark", probability=float(random.random()),
            )  # fmt: skip
            for method in spec.methods:
                scores = []
                for metric in spec.metrics:
                    if (place, method.name, metric.name) == (2, "smoothgrad", "deletion"):
                        scores.append(Scored(metric, None, "planted <b>reason</b>"))
                        continue
                    curve = None
                    value = float(np.exp(random.normal(0, 1))) if metric.name == "runtime" else float(random.normal(0.3, 0.2))
                    if metric.name in ("deletion", "insertion"):
                        curve = Curve(
                            tuple(np.linspace(0, 1, 9).tolist()), tuple(random.random(9).tolist()), tuple(random.random(9).tolist())
                        )
                        value = curve.auc
                    sides = {"forward_pass": 0.5, "backward_passes": 1.0} if metric.name == "runtime" else {}
                    if metric.name.endswith("_placement"):
                        sides = {"misplaced": float(random.random())}
                    scores.append(Scored(metric, Score(value, curve, sides)))
                heat = random.random((32, 32), np.float32)
                store.save_cell(run, spec, image, method, CellResult(heat, 0.1, 1, 1, True, "", tuple(scores)))
    store.note_provenance(run, {"device": "cpu", "torch": "1.2.3", "weights_sha256": "abc" * 20})
    for method in spec.methods:
        store.save_findings(run, spec, method, tried(method))
    store.end(run, "finished")
    return run


@pytest.fixture
def run(store: Store, photographs: list[Image]) -> str:
    return fill(store, photographs)


@pytest.fixture
def hostile_run(store: Store, photographs: list[Image], tmp_path: Path) -> str:
    """Images and labels with hostile names, as far as a file system takes them."""
    for place, words in enumerate(HOSTILE):
        folder = tmp_path / "images" / words.replace("/", "∕")
        folder.mkdir(parents=True)
        (folder / f"{place:02} {words.replace('/', '∕')[:60]}.jpg").write_bytes(photographs[place].encoded())
    return fill(store, photographs, str(tmp_path / "images"))


def outcome(words: list[str]) -> Outcome:
    """A closed session in which every text of people is one of `words`."""
    methods = ("vanilla_gradients", "grad_cam", "random")
    now = datetime(2026, 1, 2, tzinfo=UTC)
    choices = ("left", "right", "tie", "neither", "left", "left", "right")
    votes = tuple(
        Vote(
            words[place % len(words)],
            words[place % len(words)],
            methods[place % 3],
            methods[(place + 1) % 3],
            choices[place % 7],
            word,
            now,
        )
        for place, word in enumerate(words)
    )
    return Outcome(
        words[0], words[1 % len(words)], words[2 % len(words)], "closed", now, now, words[3 % len(words)], tuple(words),
        tuple(Reviewer(word, 1, 2) for word in words), votes, tally(methods, votes), (Disputed(words[0], 0.5, 2),),
    )  # fmt: skip
