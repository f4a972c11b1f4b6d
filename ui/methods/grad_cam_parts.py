"""The laboratory's Grad-CAM: layer by layer, and the channels that add up to the map."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import streamlit as st

from heatcheck.drawing import laboratory as drawn
from heatcheck.drawing.maps import top_of
from heatcheck.judgement.phrases import three_digits
from heatcheck.runs import laboratory
from heatcheck.runs.laboratory import Channels, Stage
from heatcheck.ui.methods.specimen import Plate, Specimen, wall
from heatcheck.ui.shared.markdown import plain

NARROW = 110  # pixels of a channel at least, so that all stand in one row


def show(specimen: Specimen) -> None:
    """The layers first, then the channels of the layer that counts."""
    answer: Channels = specimen.ask(laboratory.channels, what="Weighting the channels")
    layers: Sequence[Stage] = specimen.ask(laboratory.stages, what="Going through the layers")
    st.markdown("**Layer by layer**, from the input to the output")
    wall([of_layer(stage, stage.layer == answer.layer) for stage in layers], 5)
    st.markdown("**The strongest channels** αₖAₖ, and the rest as one")
    st.markdown(channels_in_words(answer))
    wall(_of_channels(answer), laboratory.CHANNELS, NARROW)
    wall(_of_sums(answer), 4)
    st.caption(
        "Red for the class, blue against. The channels share one scale; the rest, the sum and what "
        "the ReLU leaves share another."
    )


def of_layer(stage: Stage, counts: bool) -> Plate:
    """Grad-CAM's map at a layer; `counts` where that is the method's own."""
    layer = plain(stage.layer)
    grid = f"{stage.rows} × {stage.columns} places"
    says = stage.error or (
        f"{grid}." if stage.map.any() else f"{grid}. Nothing speaks for the class here."
    )
    if counts:
        says += " The method's own layer."
    return Plate(
        layer, drawn.alone(stage.map), f"Grad-CAM of the layer {stage.layer}. {says}", plain(says)
    )


def channels_in_words(answer: Channels) -> str:
    """How much of the map the strongest channels hold."""
    if math.isnan(answer.share):
        return f"All {answer.count} channels are zero here: there is no map."
    return (
        f"Here the {len(answer.parts)} strongest of {answer.count} channels hold "
        f"{three_digits(100 * answer.share)} % of what is added up, in size. Nothing is left out: "
        "channels and rest add up to the map before its ReLU."
    )


def _of_channels(answer: Channels) -> list[Plate]:
    top = max(top_of(heat) for heat in answer.parts.values())
    return [
        Plate(
            f"Channel {k}",
            drawn.alone(heat, both_signs=True, top=top),
            f"Channel {k} with its weight: {_range(heat)}",
            _range(heat),
        )
        for k, heat in answer.parts.items()
    ]


def _of_sums(answer: Channels) -> list[Plate]:
    sums = {
        f"The other {answer.count - len(answer.parts)} channels": answer.others,
        "Sum, before ReLU": answer.total,
        "After ReLU": answer.rectified,
    }
    top = max(map(top_of, sums.values()))
    return [
        Plate(
            title,
            drawn.alone(heat, both_signs=True, top=top),
            f"{title}: {_range(heat)}",
            _range(heat),
        )
        for title, heat in sums.items()
    ]


def _range(heat: np.ndarray) -> str:
    return f"From {three_digits(float(heat.min()))} to {three_digits(float(heat.max()))}."
