"""One image by several methods, side by side, as one page that stands alone."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import heatcheck
from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.core.errors import BadParameter, UnknownName
from heatcheck.drawing import maps
from heatcheck.inputs import images
from heatcheck.metrics.base import BLANK
from heatcheck.notebook.comparison import Comparison
from heatcheck.report import heatmaps
from heatcheck.runs.cells import pixel_places

NAMES = ["vanilla_gradients", "grad_cam", "attention_gradients", "random"]


@pytest.fixture
def compared(network: nn.Module, pictures: np.ndarray) -> Comparison:
    return heatcheck.compare(network, pictures[0], classes=["red", "none"], methods=NAMES)


def pngs(html: str) -> list[bytes]:
    return [base64.b64decode(one) for one in re.findall(r'data:image/png;base64,([^"]+)', html)]


def test_the_title_is_the_class_with_its_probability(
    compared: Comparison, network: nn.Module, pictures: np.ndarray
) -> None:
    x = torch.from_numpy(pictures[:1]).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        p = network.eval()(x).softmax(1)[0]
    name = ["red", "none"][int(p.argmax())]
    assert compared.title == f"{name}, {100 * float(p.max()):.1f} %"
    assert f"<title>{compared.title}</title>" in compared.html
    assert f"<h2>{compared.title}</h2>" in compared._repr_html_()


@pytest.mark.parametrize(
    ("outputs", "said", "title"),
    [
        (1, None, "class 1, 88.1 %"),  # sigmoid of 2
        (2, "sigmoid", "class 0, 88.1 %"),
        (1, "score", "output 0, 2.00"),
        (2, "softmax", "class 0, 73.1 %"),  # of 2 against 1
    ],
)
def test_the_title_is_of_the_models_own_output(
    outputs: int, said: str | None, title: str, pictures: np.ndarray
) -> None:
    class Fixed(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[2.0, 1.0]])[:, :outputs] + 0 * x.sum((1, 2, 3))[:, None]

    made = heatcheck.compare(Fixed(), pictures[0], output=said, methods=["random"])
    assert made.title == title


def test_maps_are_those_of_the_library(
    compared: Comparison, network: nn.Module, pictures: np.ndarray
) -> None:
    x = torch.from_numpy(pictures[:1]).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        top = int(network.eval()(x).argmax())
    own = attribute(METHODS.build("vanilla_gradients"), Target(network, top, x), x)
    np.testing.assert_allclose(compared.maps["vanilla_gradients"], own.map.numpy(), atol=1e-5)


def test_they_are_drawn_as_on_the_pages(compared: Comparison, pictures: np.ndarray) -> None:
    drawn = pngs(compared.html)
    assert len(drawn) == 5  # the picture, three maps, the legend
    np.testing.assert_array_equal(images.from_png(drawn[0]), pictures[0])
    digest = images.digest(images.png(pictures[0]))
    for place, name in ((1, "vanilla_gradients"), (2, "grad_cam"), (3, "random")):
        heat = compared.maps[name]
        places = pixel_places(heat, METHODS.build(name), digest, 0)
        expected = maps.overlay(
            pictures[0], heat, places, opacity=0.6, focus=0.7, colour_map="Inferno"
        )
        assert drawn[place] == expected
    assert drawn[4] == maps.legend("Inferno")
    assert re.search(r">High</span> <img[^>]*> <span[^>]*>Low activation<", compared.html)


def test_a_method_that_does_not_apply_is_shown_with_its_reason(compared: Comparison) -> None:
    assert "attention_gradients" not in compared.maps
    reason = compared.reasons["attention_gradients"]
    assert "transformer" in reason
    assert "No map" in compared.html
    assert METHODS["attention_gradients"].title in compared.html


def test_a_blank_map_is_said_to_be_blank(pictures: np.ndarray) -> None:
    class Blind(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[2.0, 1.0]]).expand(len(x), 2) + 0 * x.sum((1, 2, 3))[:, None]

    made = heatcheck.compare(Blind(), pictures[0], methods=["vanilla_gradients"])
    assert made.reasons == {"vanilla_gradients": BLANK}
    assert BLANK in made.html


def test_the_page_stands_alone(compared: Comparison, tmp_path: Path) -> None:
    file = compared.save(tmp_path / "new" / "one.html")
    text = file.read_text(encoding="utf-8")
    assert text == compared.html
    assert text.startswith("<!doctype html>")
    for forbidden in ("http://", "https://", "@import", "url(", "<link"):
        assert forbidden not in text
        assert forbidden not in compared._repr_html_()
    running = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert running == [heatmaps.SCRIPT]
    digest = base64.b64encode(hashlib.sha256(running[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in unescape(text)
    with pytest.raises(BadParameter, match=r"ends in \.html"):
        compared.save(tmp_path / "one.png")


def test_names_of_people_are_text(network: nn.Module, pictures: np.ndarray) -> None:
    hostile = ["<script>alert(1)</script>", '"><img src=x onerror=alert(2)>']
    made = heatcheck.compare(network, pictures[0], classes=hostile, methods=["random"])
    for html in (made.html, made._repr_html_()):
        assert re.findall("<script[^>]*>", html) == [
            '<script type="application/json" class="heatmaps-data">',
            "<script>",
        ]
        assert "<img src=x" not in html


def test_a_method_with_parameters_of_its_own_stands_beside_its_default(
    network: nn.Module, pictures: np.ndarray
) -> None:
    asked = ["smoothgrad", {"name": "smoothgrad", "samples": 4}]
    made = heatcheck.compare(network, pictures[0], methods=asked)
    assert len(made.maps) == 2
    same = heatcheck.compare(network, pictures[0], methods=[METHODS.build(asked[1])])
    (heat,) = same.maps.values()
    np.testing.assert_array_equal(heat, list(made.maps.values())[1])


def test_an_oblong_picture_is_taken_as_it_is(network: nn.Module, pictures: np.ndarray) -> None:
    made = heatcheck.compare(network, pictures[0, :20], methods=["grad_cam", "random"])
    assert {heat.shape for heat in made.maps.values()} == {(20, 32)}
    scaled = heatcheck.compare(network, pictures[0], size=(10, 16), methods=["random"])
    assert scaled.picture.shape == (10, 16, 3)


def test_what_cannot_be_compared_is_refused(network: nn.Module, pictures: np.ndarray) -> None:
    with pytest.raises(BadParameter, match="Got 6"):
        heatcheck.compare(network, pictures)
    with pytest.raises(UnknownName, match="grad_cam"):
        heatcheck.compare(network, pictures[0], methods=["grad_camm"])


def test_pictures_of_other_channels_are_drawn_in_false_colours() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(5, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 14 * 14, 2))
    compared = heatcheck.compare(model, torch.rand(5, 16, 16), methods=["grad_cam"])
    drawn = pngs(compared.html)
    assert len(drawn) == 3  # the picture, the map, the legend
    assert all(one.startswith(b"\x89PNG") for one in drawn)
    assert images.from_png(drawn[0]).shape == (16, 16, 3)
    assert compared.picture.shape == (16, 16, 5)
