"""What Compare gives away as files: the maps of a picture, and what they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from heatcheck.core.registry import JSON
from heatcheck.inputs import classifiers
from heatcheck.report.subject import version
from heatcheck.runs.cells import Cell, Scored
from heatcheck.server import service
from heatcheck.server.exports import Export
from heatcheck.server.workbench import Panel


def export(cells: Sequence[Cell], session: str, image: str, explained: str) -> Export:
    """The maps that have come by now, and a manifest that says what they are of."""
    shown = service.workbench().panels(session, cells)
    names = _names(cells)
    subject, first = cells[0].subject, cells[0]
    manifest = {
        "heatcheck": version(),
        "classifier": {
            "name": subject.classifier,
            "title": classifiers.title_of(subject.classifier),
        },
        "image": {
            "name": image,
            "sha256": subject.image_digest,
            "seen_sha256": subject.seen,
            "fit": subject.fit,
            "shape": list(subject.picture.shape),
        },
        "class": {"index": first.class_index, "against": first.against, "explained": explained},
        "seed": first.seed,
        "maps": [_told(panel, names[panel_key(panel.cell, first)]) for panel in shown],
    }
    maps = {
        panel_key(panel.cell, first): (names[panel_key(panel.cell, first)], panel.result.map)
        for panel in shown
        if panel.result is not None and panel.result.map is not None
    }
    return Export(manifest, maps, all(panel.result is not None for panel in shown))


def panel_key(cell: Cell, first: Cell) -> str:
    """What tells a panel from the others of its page: its method, and its class where that is not
    the first panel's.
    """
    same = cell.class_index == first.class_index
    return cell.method.digest if same else f"{cell.method.digest}-{cell.class_index}"


def _names(cells: Sequence[Cell]) -> dict[str, str]:
    """A file's name a panel; the same method with other parameters has another one."""
    often = Counter((cell.method.name, cell.class_index) for cell in cells)
    names = {}
    for cell in cells:
        parts = [cell.method.name]
        if often[cell.method.name, cell.class_index] > 1:
            parts.append(cell.method.digest[:8])
        if cell.class_index != cells[0].class_index:
            parts.append(f"class-{cell.class_index}")
        names[panel_key(cell, cells[0])] = "-".join(parts)
    return names


def _told(panel: Panel, name: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "method": panel.cell.method.spec,
        "class": panel.cell.class_index,
        "file": None,
    }
    if panel.result is None:
        told["missing"] = "It had not come when the file was made."
    elif panel.result.map is None:
        told["missing"] = panel.result.error
    else:
        told["file"] = f"{name}.npy"
    return {**told, "scores": [_score(answer) for answer in panel.scores]}


def _score(answer: Scored) -> JSON:
    told: JSON = {"metric": answer.metric.spec, "unit": answer.metric.unit}
    if answer.score is None:
        return {**told, "value": None, "error": answer.error}
    return {**told, "value": answer.score.value}
