"""Maps as files, with all their digits: one as `.npy`, or all of a look, zipped with a manifest."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip: the same maps are the same bytes whenever asked for


@dataclass(frozen=True, eq=False)
class Export:
    """What a look can give away: `manifest` in words of JSON, and by its panel's key each map's
    name and the map `[H,W]`; `whole` where no more will come.
    """

    manifest: Mapping[str, Any]
    maps: Mapping[str, tuple[str, np.ndarray]]
    whole: bool = True


def npy(heat: np.ndarray) -> bytes:
    """A map as numpy saves it, in float32."""
    content = io.BytesIO()
    np.save(content, np.asarray(heat, np.float32), allow_pickle=False)
    return content.getvalue()


def zipped(export: Export) -> bytes:
    """All maps of a look as `NAME.npy`, and `manifest.json`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
        text = json.dumps(export.manifest, indent=2, ensure_ascii=False)
        bundle.writestr(zipfile.ZipInfo("manifest.json", EARLIEST), text)
        for name, heat in export.maps.values():
            entry = zipfile.ZipInfo(f"{name}.npy", EARLIEST)
            bundle.writestr(entry, npy(heat), zipfile.ZIP_DEFLATED)
    return content.getvalue()
