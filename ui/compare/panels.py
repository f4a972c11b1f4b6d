"""Compare's panels: what the viewer shows of a picture, and what has come of it by now."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np

from heatcheck.answer import glossary
from heatcheck.attribution import Output
from heatcheck.core.errors import RunProblem
from heatcheck.drawing import layers
from heatcheck.drawing.labels import ARROWS, line_style, plural
from heatcheck.inputs import classifiers, images
from heatcheck.inputs.sizes import FITS
from heatcheck.judgement.phrases import joined, three_digits
from heatcheck.metrics import METRICS, Curve, Metric, Score
from heatcheck.metrics.base import BLANK
from heatcheck.metrics.curves import ON
from heatcheck.metrics.substrates import SETS, STANDARD
from heatcheck.report.subject import version
from heatcheck.runs.cells import Cell, Scored, is_blank, pixel_places
from heatcheck.server import service, workbench
from heatcheck.server.looks import Look
from heatcheck.server.workbench import Panel
from heatcheck.ui.compare import links
from heatcheck.ui.compare.exports import export, panel_key
from heatcheck.ui.viewer import component
from heatcheck.ui.viewer.component import Drawn

WAITING = "…"
UNSAFE, LETTERS = r"[^\w.-]+", 80  # of a file's name
LETTERS_OF_DIGEST = 12
TOLERANCE = 0.01  # of each curve: the mean over the standard set is known to about 0.006
AREAS = (
    f"Areas are the mean over three ways to cover pixels: {joined(SETS[STANDARD])}. Placement "
    "gains cover with the mean colour."
)
TERMS = ("deletion", "insertion", "placement gain", "fineness")
LINES = (  # of a panel: the words, and the metrics whose values stand in them
    ("Deletion {}", ("deletion",)),
    ("Insertion {}", ("insertion",)),
    ("Placement gain: deletion {}, insertion {}", ("deletion_placement", "insertion_placement")),
    ("Fineness {}", ("fineness",)),
    ("Time {}", ("runtime",)),
)
UNITS = {
    "probability": "Scores are probabilities, fineness a share of the map; ↓ lower is better, ↑ "
    "higher.",
    "output": "Scores are in the output's own unit, fineness is a share of the map; ↓ lower is "
    "better, ↑ higher.",
}
Line = list[str | list[str]]  # of text; what stands in a list of its own counts


def metrics() -> tuple[Metric, ...]:
    """What a panel shows, and so all that Compare computes: each metric with its defaults, but for
    the tolerance of its curves.
    """
    return tuple(_metric(name) for _, names in LINES for name in names)


def _metric(name: str) -> Metric:
    curved = "tolerance" in METRICS[name].__dataclass_fields__
    return METRICS.build({"name": name, **({"tolerance": TOLERANCE} if curved else {})})


def show(
    cells: Sequence[Cell], session: str, output: Output, image: str, names: Sequence[str]
) -> None:
    """The heatmaps and curves of one image for the classes that are explained, the first cell's
    first; `names` are the classes'. The browser asks for them by itself, so that a page that waits
    is not drawn again.
    """
    first, subject = cells[0], cells[0].subject
    height, width = subject.picture.shape[:2]
    others = {cell.class_index for cell in cells} - {first.class_index}
    explained = joined([names[index] for index in (first.class_index, *sorted(others))])
    asked = [workbench.key_of(cell) for cell in cells]
    ticket = hashlib.sha256(repr((session, image, asked)).encode()).hexdigest()
    look = Look(
        partial(state, cells, session, output.unit, {}),
        partial(export, cells, session, image, explained),
        subject.picture.nbytes,
    )
    service.looks().open(session, ticket, look)
    component.show(
        Drawn(
            ticket,
            height,
            width,
            f"heatcheck-{re.sub(UNSAFE, '_', image)[:LETTERS]}",
            f"Heatcheck {version()}: {classifiers.title_of(subject.classifier)}, {image} "
            f"(SHA-256 {subject.image_digest[:LETTERS_OF_DIGEST]}). Explained: {explained}. "
            f"Seed {first.seed}.",
            f"{FITS[subject.fit]}. {images.false_colours(subject.picture.shape[-1])}".strip(),
            links.query(
                subject.classifier,
                image,
                first.class_index,
                [cell.method for cell in cells if cell.class_index == first.class_index],
                next(iter(others), None),
            ),
            [cell.method for cell in cells],
            [links.in_words(cell.method) for cell in cells],
            [
                f"{cell.method.title}: {names[cell.class_index]}" if others else cell.method.title
                for cell in cells
            ],
            [panel_key(cell, first) for cell in cells],
            [line_style(cell.method.name) for cell in cells],
            f"{' '.join(map(glossary.line, TERMS))} {AREAS}",
            SETS[STANDARD],
            f"How the {output.unit} of {explained} falls and rises",
            "Pixels are covered, or uncovered from a covered picture, in the order of each map. "
            "One image: no interval here; see Leaderboard."
            + (" Each curve follows the class of its own panel." if others else ""),
            output.unit,
            output is not Output.SCORE,
        ),
        "compare_viewer",
    )


def state(
    cells: Sequence[Cell], session: str, unit: str, told: dict[Hashable, dict[str, Any]]
) -> dict[str, Any]:
    """What has come of a picture by now, as the viewer takes it; `told` keeps what was told before,
    so that only what has come is worked on.
    """
    bench = service.workbench()
    shown = bench.panels(session, cells)
    subject, uncovered = cells[0].subject, ""
    try:
        pictures = bench.covers(subject)
    except RunProblem as error:
        pictures, uncovered = {}, f"No covers, so no masked pictures: {error}"
    return {
        "progress": progress(shown, UNITS[unit]),
        "uncovered": uncovered,
        "done": all(panel.done for panel in shown) and pictures is not None,
        "picture": _blob(("picture", subject.seen), subject.picture),
        "covers": {
            name: _blob(("cover", name, subject.classifier, subject.seen), picture)
            for name, picture in (pictures or {}).items()
        },
        "panels": [_told(panel, cells[0], told) for panel in shown],
    }


def _told(panel: Panel, first: Cell, told: dict[Hashable, dict[str, Any]]) -> dict[str, Any]:
    key = panel_key(panel.cell, first)
    if panel.result is None or panel.result.map is None:  # it may be asked for again
        return _panel(panel, key)
    about = (key, len(panel.scores))
    if about not in told:
        told[about] = _panel(panel, key)
    return told[about]


def progress(shown: Sequence[Panel], units: str) -> str:
    """How much of what was asked for is there."""
    drawn = [panel for panel in shown if panel.result and panel.result.map is not None]
    none = sum(panel.result is not None for panel in shown) - len(drawn)
    missing = f"; {none} could not be made" if none else ""
    scored = [panel for panel in drawn if panel.done]
    if all(panel.done for panel in shown):
        whole = all(is_scored(panel) for panel in drawn)
        scores = "all scored" if whole else "not all scores could be taken: the panels say why"
        return f"{plural(len(drawn), 'heatmap')}, {scores}{missing}. {units}"
    so_far = f"{len(drawn)} of {plural(len(shown), 'heatmap')} drawn, {len(scored)} scored"
    return f"{so_far}{missing}; the rest is on its way {WAITING} {units}"


def is_scored(panel: Panel) -> bool:
    """Whether every score has a value; a map that is the same everywhere has none to take."""
    blank = panel.result is not None and panel.result.map is not None and is_blank(panel.result.map)
    return blank or all(one.score is not None for one in panel.scores)


def _blob(about: Hashable, picture: np.ndarray) -> str:
    return service.blobs().digest(about, lambda: layers.picture(picture))


def _panel(panel: Panel, key: str) -> dict[str, Any]:
    if panel.result is None:
        return {"key": key, "state": "waiting", "lines": lines(panel)}
    heat = panel.result.map
    if heat is None:
        return {"key": key, "state": "none", "lines": [[panel.result.error]]}
    blank = is_blank(heat)
    return {
        "key": key,
        "state": "blank" if blank else "drawn",
        "lines": [[BLANK]] if blank else lines(panel),
        "layer": _layer(panel.cell, heat),
        "curves": _curves(panel.scores),
    }


def _layer(cell: Cell, heat: np.ndarray) -> str:
    def packed() -> bytes:
        about = cell.subject.image_digest
        return layers.packed(heat, pixel_places(heat, cell.method, about, cell.seed))

    return service.blobs().digest(("layer", *workbench.key_of(cell)), packed)


def lines(panel: Panel) -> list[Line]:
    """All lines of scores, there from the start, so that nothing moves when numbers arrive."""
    answers = {answer.metric.name: answer for answer in panel.scores}
    told: list[Line] = []
    for words, names in LINES:
        parts: Line = []
        for text, name in zip(words.split("{}"), (*names, ""), strict=True):
            parts += [text, *(_value(answers, name) if name else [])]
        told.append([part for part in parts if part])
    reasons = dict.fromkeys(one.error for one in panel.scores if one.score is None and one.error)
    told += [[reason] for reason in reasons]
    return told


def _value(answers: dict[str, Scored], metric: str) -> Line:
    """`0.182 ↓`, with the unit where it is none of `UNITS`."""
    if metric not in answers:
        return [WAITING]
    score = answers[metric].score
    if score is None:
        return ["failed"]
    unit = f" {METRICS[metric].unit}" if METRICS[metric].family == "cost" else ""
    return [[three_digits(score.value)], f"{unit} {ARROWS[METRICS[metric].better]}"]


def _curves(scores: Sequence[Scored]) -> dict[str, dict[str, Any]] | None:
    """The curves of deletion and insertion on each substrate; None before both are there."""
    known = {
        one.metric.name: one.score
        for one in scores
        if one.metric.name in ("deletion", "insertion") and one.score
    }
    return {name: _on_each(score) for name, score in known.items()} if len(known) == 2 else None


def _on_each(score: Score) -> dict[str, Any]:
    return {name.removeprefix(ON): _points(curve) for name, curve in score.curves.items()}


def _points(curve: Curve) -> dict[str, list[float]]:
    return {
        "x": [round(fraction, 6) for fraction in curve.fractions],
        "y": [float(value) for value in curve.probabilities],
    }
