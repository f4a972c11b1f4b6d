"""A scrubber's picture is what the model saw there: a curve is run, each tensor that went into the
model is noted, and the browser draws the same step.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.drawing import layers
from heatcheck.inputs.images import shown
from heatcheck.metrics import METRICS, Case
from heatcheck.metrics.orders import STEPS, counts
from heatcheck.metrics.substrates import STANDARD, end, members
from heatcheck.runs.cells import pixel_places
from heatcheck.tests.doubles.browsing import MARKS

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS

DRAW = """({ layer, picture, cover, count, inserted }) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const under = bytes(picture), out = new Uint8ClampedArray(4 * under.length / 3);
  const { places } = layerOf(bytes(layer).buffer, under.length / 3);
  frame(out, under, bytes(cover), places, count, inserted);
  return Array.from(out);
}"""
STEPS_SHOWN = (1, 30, 112, 200, STEPS - 1)


@pytest.fixture
def script(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    page = browser.new_page()
    page.add_script_tag(content=layers.PAINT.replace("export function", "function"))
    yield page
    page.close()


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def as_picture(target: Target, x: torch.Tensor) -> np.ndarray:
    return shown(target.to_pixels(x)[0].permute(1, 2, 0).clamp(0, 1).numpy())


@pytest.mark.parametrize("side", ["deletion", "insertion"])
@pytest.mark.parametrize("method", ["vanilla_gradients", "random"])
def test_the_scrubbers_pictures_are_what_the_model_saw(
    side: str, method: str, tiny: nn.Module, tiny_x: torch.Tensor, script: sync_api.Page
) -> None:
    target = Target(tiny, 1, tiny_x, mean=0.5, std=0.25)
    own = attribute(METHODS.build(method), target, tiny_x)
    case = Case(target, tiny_x, own, "image")
    seen: list[np.ndarray] = []
    handle = tiny.register_forward_pre_hook(
        lambda _, given: seen.extend(as_picture(target, one[None]) for one in given[0])
    )
    METRICS.build({"name": side, "points": STEPS + 1}).score(case)
    handle.remove()
    known = {one.tobytes() for one in seen}
    places = pixel_places(own.map.numpy(), METHODS.build(method), "image", 0)
    height, width = places.shape
    for cover in members(STANDARD):
        for step in STEPS_SHOWN:
            drawn = script.evaluate(
                DRAW,
                {
                    "layer": text(layers.packed(own.map.numpy(), places)),
                    "picture": text(as_picture(target, tiny_x).tobytes()),
                    "cover": text(as_picture(target, end(case, cover)).tobytes()),
                    "count": counts(height * width)[step],
                    "inserted": side == "insertion",
                },
            )
            rgb = np.array(drawn, np.uint8).reshape(height, width, 4)[..., :3]
            assert np.ascontiguousarray(rgb).tobytes() in known, (cover, step)
