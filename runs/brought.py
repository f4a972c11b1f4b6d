"""Maps from elsewhere in a run: read when the run needs them, told in its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from heatcheck.attribution import Method
from heatcheck.attribution.given import Given
from heatcheck.inputs import given_maps
from heatcheck.inputs.given_maps import Maps
from heatcheck.inputs.images import Image
from heatcheck.runs.questions import check_sources
from heatcheck.runs.specs import RunSpec


class Brought:
    """The maps of a run's methods that come from elsewhere; a method's are read when first asked
    for, so that a run that has its cells goes on without them.
    """

    def __init__(self, spec: RunSpec, files: Mapping[str, Image]) -> None:
        check_sources((*spec.methods, *spec.metrics), spec.plugins)
        self._folders = dict(spec.maps)
        names = [image.name for image in spec.images]
        self._images = [files.get(name, Image(name, Path(name))) for name in names]
        self._maps: dict[Given, Maps] = {}

    def of(self, method: Method, image: str) -> np.ndarray | str | None:
        """The map of an image, or why it has none; None of a method that makes its own.

        Raises:
            RunProblem: the maps are gone, or others than the run was asked for.
        """
        if not isinstance(method, Given):
            return None
        maps = self._of(method)
        heat = maps.planes.get(image)
        return heat if heat is not None else maps.problems[image]

    def _of(self, method: Given) -> Maps:
        if method not in self._maps:
            folder = self._folders.get(method.called, "")
            self._maps[method] = given_maps.load(method, folder, self._images)
        return self._maps[method]


def folders_told(spec: RunSpec) -> dict[str, str]:
    """What a run's provenance says of maps from elsewhere, by a name."""
    folders = dict(spec.maps)
    return {
        f"maps_of_{method.called}": f"{folders.get(method.called, 'arrays of a program')}, "
        f"sha256 {method.maps}{MADE_BY if method.made_by else ''}"
        for method in spec.methods
        if isinstance(method, Given)
    }


MADE_BY = "; ties as of the method that made them"
