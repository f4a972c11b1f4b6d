"""`heatcheck.compare`: one image by many methods, side by side, in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from heatcheck.attribution import Method
from heatcheck.attribution.outputs import Output
from heatcheck.core.errors import BadParameter
from heatcheck.core.randomness import untouched
from heatcheck.drawing import maps
from heatcheck.drawing.flat import flat
from heatcheck.inputs import classifiers, handed_images, handed_models, images
from heatcheck.judgement.phrases import three_digits
from heatcheck.metrics.base import BLANK
from heatcheck.notebook.asked import Asked, input_size, specs_of
from heatcheck.report import heatmaps, views
from heatcheck.report.views import Panel
from heatcheck.runs import questions, specs, worker
from heatcheck.runs.cells import Aim, Cell, CellResult, Subject, is_blank, pixel_places
from heatcheck.runs.keys import keyed
from heatcheck.runs.target_rules import TOP, TargetRule

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class Comparison:
    """One image by several methods.

    Attributes:
        title: the class that is explained, with its probability.
        name: the image's.
        picture: what the model sees, `[H,W,C]`: uint8, or float32 in [0, 1] where it is finer.
        maps: each method's heatmap, float32 `[H,W]`; a method that has none is not among them.
        reasons: why a method has no map, or a blank one.
        panels: what is drawn of each.
        notes: what a person should know of the model and the image, in sentences.
    """

    title: str
    name: str
    picture: np.ndarray
    maps: Mapping[str, np.ndarray]
    reasons: Mapping[str, str]
    panels: tuple[Panel, ...]
    notes: tuple[str, ...]

    @property
    def html(self) -> str:
        """A whole page that stands alone: it loads nothing."""
        return self._drawn(whole=True)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the page to a file that ends in .html; where it lies. Raises BadParameter."""
        file = Path(path)
        if file.suffix.lower() not in (".html", ".htm"):
            raise BadParameter(f"Expected a file that ends in .html. Got {file.name!r}.")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.html, encoding="utf-8")
        return file

    def __repr__(self) -> str:
        return f"<heatcheck comparison of {self.name}: {self.title}; {', '.join(self.maps)}>"

    def _repr_html_(self) -> str:
        """What Jupyter shows: the heatmaps side by side, with sliders where scripts may run."""
        return self._drawn(whole=False)

    def _drawn(self, *, whole: bool) -> str:
        picture = images.png(images.shown(self.picture))
        return views.side_by_side(
            self.title, self.name, picture, self.panels, self.notes, whole=whole
        )


def compare(
    model: nn.Module,
    image: object,
    *,
    classes: Sequence[str] | None = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    output: str | None = None,
    methods: Asked | None = None,
    target: str = TOP,
    size: int | tuple[int, int] | None = None,
    seed: int = 0,
) -> Comparison:
    """The heatmaps of one image by several methods, side by side, for the class that the model
    sees, or another.

    Args:
        model: takes `[N,C,H,W]`, returns outputs `[N,K]`, a class each; it stays as it is.
        image: a path, a PIL image, a uint8 array `[H,W,3]`, or a tensor `[C,H,W]` or `[1,C,H,W]`
            of pixels in [0, 1].
        classes: a name an output, in order.
        mean, std, output: as for `evaluate`.
        methods: names, or mappings with a name and parameters; the standard ones where left out.
        target: which class is explained: `top`, `second`, `class:NAME`, or `contrast:A,B`.
        size: of the model's input in pixels, a side, or height and width; the image's own where
            left out, if it is in memory.
        seed: of everything random.

    Returns:
        The comparison: `.html`, `.save(path)`, `.maps`; in Jupyter the heatmaps.

    Raises:
        HeatcheckError: something given has the wrong form, or the model does not answer such an
            image.
    """
    given = handed_images.handed(image)
    if len(given.images) != 1:
        raise BadParameter(
            f"Expected one image. Got {len(given.images)}. Take one of them, or evaluate all."
        )
    chosen = keyed([questions.method_of(one) for one in specs_of(methods) or specs.STANDARD])
    rule = TargetRule.read(target)
    with untouched():
        ready = handed_models.handed(
            model,
            size=input_size(size, given.size),
            channels=given.channels,
            classes=classes,
            mean=mean,
            std=std,
            output=output,
        )
        with handed_models.held(ready) as names:
            return _compared(ready, given, names, chosen, rule, seed)


def _compared(
    ready: handed_models.Handed,
    given: handed_images.Handed,
    names: Sequence[str],
    methods: Mapping[str, Method],
    rule: TargetRule,
    seed: int,
) -> Comparison:
    """The comparison of an image by a model that is held."""
    (image,) = given.images
    frame = classifiers.load(ready.name).frame()
    picture = images.picture(image.encoded(), frame, image.name, image.bits)
    subject = Subject(ready.name, picture, image.digest)
    aimed, against = worker.aimed(subject, rule, None), rule.fixed(names).against
    made = {
        key: worker.make_map(Cell(subject, aimed.class_index, method, (), seed, against=against))
        for key, method in methods.items()
    }
    return Comparison(
        _title(aimed, against, names, ready.loaded.output),
        image.name,
        picture,
        {key: result.map for key, result in made.items() if result.map is not None},
        {key: _reason(result) for key, result in made.items() if _reason(result)},
        tuple(_panel(key, methods[key], made[key], subject, seed) for key in methods),
        (*given.notes, *ready.loaded.notes),
    )


def _title(aimed: Aim, against: int | None, names: Sequence[str], output: Output) -> str:
    """The class with its probability; a class held against another with both names."""
    name = names[aimed.class_index]
    name = name if against is None else f"{name} rather than {names[against]}"
    value = aimed.probability
    return (
        f"{name}, {three_digits(value)}"
        if output is Output.SCORE
        else f"{name}, {100 * value:.1f} %"
    )


def _reason(result: CellResult) -> str:
    """Why there is no map, or why it says nothing; empty where there is one."""
    if result.map is None:
        return result.error
    return BLANK if is_blank(result.map) else ""


def _panel(key: str, method: Method, result: CellResult, subject: Subject, seed: int) -> Panel:
    if result.map is None:
        return Panel(key, None, result.error)
    places = pixel_places(result.map, method, subject.image_digest, seed)
    png = maps.overlay(
        subject.picture,
        result.map,
        places,
        opacity=heatmaps.OPACITY,
        focus=heatmaps.FOCUS,
        colour_map=heatmaps.COLOURS,
    )
    return Panel(key, png, _reason(result), flat(result.map, places))
