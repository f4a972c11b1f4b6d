"""The viewer alone in a page: what the server would tell of a look is planted, and what it asks for
is counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from heatcheck.attribution import METHODS
from heatcheck.drawing import layers
from heatcheck.ui.viewer import component

HOST = "http://viewer.test"
SIDE = 56  # pixels of the picture: four times as many on a file
COVERS = ("mean", "blur", "black")
PAGE = """<!doctype html><div id="stage"><style>{css}</style><div class="viewer"></div></div>
<script type="module">
{script}
window.mount = (data) => show({{ data, parentElement: document.querySelector("#stage") }});
</script>"""
CURVE = {"x": [0, 0.5, 1], "y": [0.0123, 0.0123, 0.0123]}
CURVES = {side: dict.fromkeys(COVERS, CURVE) for side in ("deletion", "insertion")}


@dataclass
class Mounted:
    """A viewer of these maps `[SIDE,SIDE]` by title; None has not come, a word is why there is
    none. `changed` has the words for a title's parameters, `failures` how often the bytes of a
    title fail, `overtaken` how often the server says first that its session looks elsewhere.
    """

    maps: Mapping[str, np.ndarray | str | None]
    changed: Mapping[str, str] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    overtaken: int = 0

    def data(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """What the page would hand to the script."""
        kept: list[dict[str, Any]] = []
        monkeypatch.setattr(component, "_mount", lambda key, data: kept.append(data))
        component.show(
            component.Drawn(
                ticket="ticket",
                height=SIDE,
                width=SIDE,
                name="heatcheck-planted",
                provenance="Heatcheck 1: planted.",
                fit="as it is.",
                link="",
                methods=[METHODS.build("edges")] * len(self.maps),
                changed=[self.changed.get(title, "") for title in self.maps],
                titles=list(self.maps),
                keys=list(self.maps),
                styles=[("#000000", "solid")] * len(self.maps),
                about="",
                covers=COVERS,
                title="Curves",
                line="",
                unit="probability",
                bounded=True,
            ),
            "viewer",
        )
        return kept[0]

    def told(self) -> dict[str, Any]:
        """All that the server has to tell."""
        return {
            "progress": "All is told.",
            "uncovered": "",
            "done": True,
            "picture": "picture",
            "covers": {name: f"cover {name}" for name in COVERS},
            "panels": [_panel(title, heat) for title, heat in self.maps.items()],
        }

    def on(self, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Mount it, and wait until all that can come has come."""
        script = component._script().replace("export default function", "function show")
        css = (component.HERE / "viewer.css").read_text(encoding="utf-8")
        html = PAGE.format(css=css, script=script)
        page.route(f"{HOST}/", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.route(f"{HOST}/heatcheck/looks/*", self._look)
        page.route(f"{HOST}/heatcheck/bytes/*", self._bytes)
        page.goto(f"{HOST}/")
        self.mount(page, monkeypatch)

    def mount(self, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Hand the data to the script, as each run of the page does."""
        page.evaluate("data => { window.mount(data); }", self.data(monkeypatch))

    def _look(self, route: Any) -> None:
        self.asked["look"] += 1
        ends = self.asked["look"] <= self.overtaken
        body = "event: end\ndata: {}\n\n" if ends else f"data: {json.dumps(self.told())}\n\n"
        route.fulfill(body=body, content_type="text/event-stream")

    def _bytes(self, route: Any) -> None:
        name = route.request.url.rsplit("/", 1)[1].replace("%20", " ")
        self.asked[name] += 1
        if self.asked[name] <= self.failures[name]:
            route.abort()
            return
        heat = self.maps.get(name)
        if isinstance(heat, np.ndarray):
            places = np.argsort(np.argsort(-heat, axis=None, kind="stable")).reshape(heat.shape)
            body = layers.packed(heat, places)
        else:
            body = bytes([7 * len(name)]) * (3 * SIDE * SIDE)
        route.fulfill(body=body, content_type="application/octet-stream")


def _panel(title: str, heat: np.ndarray | str | None) -> dict[str, Any]:
    if heat is None:
        return {"key": title, "state": "waiting", "lines": []}
    if isinstance(heat, str):
        return {"key": title, "state": "none", "lines": [[heat]]}
    state = "drawn" if np.ptp(heat) else "blank"
    return {"key": title, "state": state, "lines": [], "layer": title, "curves": CURVES}
