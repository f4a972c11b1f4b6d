"""What a run says of pretenders beside the model's own Grad-CAM, as Markdown."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from heatcheck.attribution import METHODS
from heatcheck.inputs import classifiers, image_sets
from heatcheck.judgement.beside import network_sentences
from heatcheck.judgement.evidence import QUESTIONS, Evidence
from heatcheck.judgement.phrases import three_digits, title_of
from heatcheck.judgement.score_parts import AREAS
from heatcheck.judgement.scores import Scores
from heatcheck.runs import engine, specs
from heatcheck.runs.store import Store
from heatcheck.tools.pretenders.maps import PRETENDERS, OfAnotherNetwork

OWN, CONTROLS = "grad_cam", ("random", "edges", "centre_prior")
OTHER = "efficientnet_lite1"
HALVES = tuple(half for question in QUESTIONS.values() for half in question.halves)
METRICS = (*AREAS, *(f"{area}_{half}" for half in HALVES for area in AREAS))


def measured(
    classifier: str = classifiers.DEFAULT,
    source: str = image_sets.SAMPLES,
    images: int | None = None,
    other: str = OTHER,
    **asked: Any,
) -> pd.DataFrame:
    """The tidy table of a run of all pretenders, the model's own Grad-CAM and the controls on the
    first images of a set, in this process and a store that is thrown away. `other` is another
    network, whose maps are tried too; none where it is empty.
    """
    methods: list[str | Mapping[str, Any]] = [OWN, *(one.name for one in PRETENDERS)]
    if other:
        methods.append({"name": OfAnotherNetwork.name, "here": classifier, "network": other})
    only = [image.name for image in image_sets.load(source)[:images]]
    with (
        METHODS.also(*PRETENDERS, OfAnotherNetwork),
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(1) as worker,
    ):
        spec = specs.ask(
            classifier,
            source,
            methods=[*methods, *CONTROLS],
            metrics=METRICS,
            beside=other,
            only=only,
            **asked,
        )
        store = Store(f"sqlite:///{Path(folder, 'pretenders.db')}")
        engine.execute(spec, store, worker, lambda progress: print(progress, file=sys.stderr))
        return store.results.table(spec.id)


def lines(table: pd.DataFrame) -> list[str]:
    """Markdown: what is said of each, the gains that it rests on, and of the other network."""
    with METHODS.also(*PRETENDERS, OfAnotherNetwork):
        scores = Scores(table)
        evidence = Evidence(scores)
        titles = {key: title_of(key) for key in evidence.methods}
        said = [[titles[key], *words] for key, words in evidence.words]
        gains = [
            [
                titles[key],
                *(_gain(scores, f"{area}_{half}", key) for half in HALVES for area in AREAS),
            ]
            for key in evidence.methods
        ]
        beside = network_sentences(Evidence(Scores(table[table["method"].isin((OWN, *CONTROLS))])))
    places = [question.title for question in QUESTIONS.values()]
    legs = [f"{half}, {area}" for half in HALVES for area in AREAS]
    return [
        *_table(["map", *places], said, ":--"),
        "",
        *_table(["mean gain over", *legs], gains, "---:"),
        "",
        *beside,
    ]


def _gain(scores: Scores, metric: str, key: str) -> str:
    wide = scores.of(metric)
    return three_digits(wide[key].mean()) if key in wide else "none"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], rule: str) -> list[str]:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (heads, *rows)]
    first, *rest = [f"| {' | '.join(row)} |" for row in cells]
    return [first, f"|---|{f'{rule}|' * (len(heads) - 1)}", *rest]


def main(words: Sequence[str]) -> None:
    """Measure and print. Exits with a message where the words are no number of images."""
    match words:
        case []:
            count = None
        case [word] if word.isdecimal() and int(word) > 1:
            count = int(word)
        case _:
            sys.exit(f"Expected nothing, or how many images: 2 or more. Got {' '.join(words)}.")
    print("\n".join(lines(measured(images=count))))


if __name__ == "__main__":
    main(sys.argv[1:])
