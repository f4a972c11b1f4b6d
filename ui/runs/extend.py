"""More methods or images for a run: a run of its own, which asks what that one asks and more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from heatcheck.attribution import METHODS
from heatcheck.core.errors import HeatcheckError
from heatcheck.drawing.labels import plural
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.judgement.phrases import listed
from heatcheck.runs.extensions import extended
from heatcheck.runs.records import Run
from heatcheck.runs.specs import RunSpec
from heatcheck.server import service
from heatcheck.server.browser_specs import permitted
from heatcheck.ui.compare import sets
from heatcheck.ui.runs import control, cost
from heatcheck.ui.runs.which_images import LISTED
from heatcheck.ui.shared import parameters
from heatcheck.ui.shared.markdown import plain

SAME, MORE, WHOLE, HAND = "same", "more", "whole", "hand"


def offer(run: Run, runs: Sequence[Run]) -> None:
    """A form with the run's question, to which methods and images can be added."""
    if not st.toggle("Add methods or images to this run", key=f"extend_{run.id}"):
        return
    with st.container(border=True):
        try:
            permitted(run.spec.as_asked, "this run")
            found = sets.catalogue(run.spec.source).found
        except (HeatcheckError, OSError) as error:
            st.caption(f":material/block: {plain(str(error))}")
            return
        st.caption(
            f"It has {plain(listed(list(run.spec.keyed)))}, on {run.spec.size}. Metrics, seed and "
            "all else stay. More makes another question, so a new run; this one stays as it is."
        )
        spec, why_not = _chosen(run, found)
        if spec is None:
            st.caption(f":material/block: {plain(why_not)}")
        else:
            st.caption(
                f"{cost.estimate(spec, runs)} That is for the whole; maps that stay the same are "
                "copied."
            )
        if cost.start_button(spec, runs, "Start the larger run", "extend_run") and spec:
            control.start(partial(service.extend_run, run.id), spec)


def _chosen(run: Run, found: ImageSet) -> tuple[RunSpec | None, str]:
    """The larger question, or why there is none."""
    left, right = st.columns(2, gap="large", wrap=True)
    with left:
        methods = _choose_methods(run)
    with right:
        images = _choose_images(run, found)
    try:
        return extended(run.spec, methods, **images, found=found), ""
    except HeatcheckError as error:
        return None, str(error)


def _choose_methods(run: Run) -> list[dict[str, Any]]:
    """The methods to add, with their parameters; one that the run has may come again with other
    ones.
    """
    names = st.multiselect(
        "Methods to add",
        list(METHODS),
        format_func=lambda name: METHODS[name].title,
        key=f"extend_methods_{run.id}",
        wrap=True,
        placeholder="None",
    )
    if not names:
        return []
    chosen = parameters.choose([name for name in METHODS if name in names], f"extend_{run.id}")
    return [method.spec for method in chosen]


def _choose_images(run: Run, found: ImageSet) -> dict[str, Any]:
    """The images to add, as `extended` takes them."""
    known = {image.name for image in run.spec.images}
    others = [image.name for image in found.images if image.name not in known]
    if not others:
        st.caption(f"All {plural(len(found.images), 'image')} of its set are in it.")
        return {}
    ways = {
        SAME: f"The same {len(known):,}",
        **({MORE: "A larger sample"} if run.spec.sample else {}),
        WHOLE: f"All {len(found.images):,}",
        HAND: "More by hand",
    }
    way = st.segmented_control(
        "Images",
        list(ways),
        format_func=lambda way: ways[way],
        default=SAME,
        required=True,
        key=f"extend_which_{run.id}",
    )
    if way == MORE:
        return {"sample": _choose_sample(run, len(found.images))}
    if way == HAND:
        return {"images": _choose_names(run, others)}
    return {"whole": True} if way == WHOLE else {}


def _choose_sample(run: Run, count: int) -> int:
    return int(
        st.number_input(
            f"How many of {count:,}",
            run.spec.sample,
            count,
            min(2 * run.spec.sample, count),
            key=f"extend_sample_{run.id}",
            help="Drawn on with the run's seed: a larger sample holds the smaller one.",
        )
    )


def _choose_names(run: Run, others: Sequence[str]) -> list[str]:
    if len(others) > LISTED:
        typed: str = st.text_area(
            "Names of images to add, one a line",
            key=f"extend_names_{run.id}",
            help="As Compare's gallery shows them.",
        )
        return list(dict.fromkeys(filter(None, map(str.strip, typed.splitlines()))))
    chosen: list[str] = st.multiselect(
        "Images to add",
        others,
        key=f"extend_images_{run.id}",
        wrap=True,
        placeholder="Choose images",
    )
    return chosen
