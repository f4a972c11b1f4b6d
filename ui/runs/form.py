"""The form that starts a run, with the time it will take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from heatcheck.answer import glossary
from heatcheck.attribution import METHODS
from heatcheck.core.errors import HeatcheckError
from heatcheck.inputs import classifiers, image_sets
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.sizes import FITS
from heatcheck.judgement.phrases import joined
from heatcheck.metrics import METRICS
from heatcheck.metrics.substrates import SETS, SUBSTRATES
from heatcheck.metrics.walks import ADAPTIVE, ALL
from heatcheck.runs import questions, specs
from heatcheck.runs.groups import parsed
from heatcheck.runs.metric_settings import BUDGET
from heatcheck.runs.records import Run
from heatcheck.runs.specs import STANDARD, STANDARD_METRICS, RunSpec
from heatcheck.runs.target_rules import CLASS, CONTRAST, LABEL, SECOND, TOP
from heatcheck.server import service
from heatcheck.server.browser_specs import permitted
from heatcheck.ui.compare import choices, sets
from heatcheck.ui.runs import control, cost, which_images
from heatcheck.ui.shared import parameters
from heatcheck.ui.shared.markdown import plain

POINTS = {
    BUDGET: "as many as the comparison needs: 9 drawn ones from five images on",
    ADAPTIVE: "adaptive: about 35, to a tolerance",
    "drawn-17": "17 drawn ones",
    ALL: "all 225, exact",
}
TARGETS = {
    TOP: "the one that the model names",
    LABEL: "the one of the label",
    SECOND: "the model's second",
    CLASS: "one class on every image",
    CONTRAST: "one class rather than another",
}
SUBSTRATE_SETS = {name: f"{name}: {joined(members)}" for name, members in SETS.items()}
IMAGE_SETS = {
    image_sets.SAMPLES: "The sample photographs",
    image_sets.CUTOUTS: "Cut-outs with known masks",
}


def show_form(runs: Sequence[Run]) -> None:
    """Choose a classifier, images, methods, metrics and points; see how long it takes, judged by
    the runs that are there; start.
    """
    with st.expander("Start a run", icon=":material/add:"):
        chosen = _choose()
        spec, problem = _asked(chosen)
        if spec is None:
            st.caption(f":material/block: {plain(problem)}")
        else:
            st.caption(cost.estimate(spec, runs))
        if cost.start_button(spec, runs, "Start the run", "start_run") and spec:
            control.start(service.start_run, spec)


def _choose() -> dict[str, Any]:
    left, right = st.columns(2, gap="large", wrap=True)
    with left:
        classifier = st.selectbox(
            "Classifier",
            service.classifier_choices(),
            format_func=classifiers.title_of,
            key="start_classifier",
        )
        source = st.selectbox(
            "Image set",
            service.image_sources(),
            format_func=lambda name: IMAGE_SETS.get(name, name),
            key="start_source",
        )
        found = _found(source)
        which = which_images.choose(found, source)
        for sentence in found.notes:
            st.caption(f":material/info: {plain(sentence)}")
        groups = st.file_uploader(
            "Groups, if pictures belong together",
            type="csv",
            key="start_groups",
            help=f"{glossary.line('group')} A CSV with the columns image and group; an image that "
            "it does not name stands alone.",
        )
        target = _choose_target()
    with right:
        why_not = _why_not(classifier)
        offered = [name for name in METHODS if name not in why_not]
        methods = st.multiselect(
            "Methods",
            offered,
            default=[name for name in STANDARD if name in offered],
            format_func=lambda name: METHODS[name].title,
            key=f"start_methods_{classifier}_{len(offered)}",
            wrap=True,
            help=f"Random, Edges and Centre Prior are controls. {glossary.line('control')}",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            with_parameters = parameters.choose(
                [name for name in offered if name in methods], "start"
            )
            choices.show_why_not(why_not)
        allowed = questions.fitting(which_images.alike(found, which))
        metrics = st.multiselect(
            "Metrics",
            allowed,
            default=[name for name in STANDARD_METRICS if name in allowed],
            format_func=lambda name: METRICS[name].title,
            key=f"start_metrics_{len(allowed)}",
            wrap=True,
            help="What each says, and when it misleads, is on the Methods page under Metrics.",
        )
        points = st.selectbox(
            "Points of each curve",
            list(POINTS),
            format_func=lambda points: POINTS[points],
            key="start_points",
            help="More points, a truer area under the curve, and more time. Drawn points: "
            f"{glossary.line('drawn points')}",
        )
        substrates = st.selectbox(
            "Substrates",
            [*SETS, *SUBSTRATES],
            format_func=lambda name: SUBSTRATE_SETS.get(name, name),
            key="start_substrates",
            help=glossary.line("substrate"),
        )
        fit = st.selectbox(
            "Fit of pictures",
            list(FITS),
            index=list(FITS).index(service.fit()),
            format_func=lambda fit: f"{fit}: {FITS[fit]}",
            key="start_fit",
            help="How a picture is brought to the classifier's input. Choose what the network was "
            "trained with. Padding is scored as the rest is.",
        )
        beside = st.selectbox(
            "Another network beside",
            ["", *service.other_networks(classifier)],
            format_func=lambda name: classifiers.title_of(name) if name else "none",
            key=f"start_beside_{classifier}",
            help="Its maps are scored under this classifier too: are this network's own better?",
        )
        seed = st.number_input(
            "Seed",
            0,
            2**31 - 1,
            0,
            key="start_seed",
            help="Of everything random. Another seed is another run.",
        )
    return {
        "classifier": classifier,
        "source": source,
        "methods": [method.spec for method in with_parameters],
        "metrics": metrics,
        "points": points,
        "substrates": substrates,
        "beside": beside,
        "target": target,
        "fit": fit,
        "seed": int(seed),
        "found": found,
        "which": which,
        "groups": (groups.name, groups.getvalue()) if groups else None,
    }


def _choose_target() -> str:
    """The rule for the class that is explained."""
    word = st.selectbox(
        "Class to explain",
        list(TARGETS),
        format_func=lambda word: TARGETS[word],
        key="start_target",
        help=glossary.line("explained class"),
    )
    if word not in (CLASS, CONTRAST):
        return str(word)
    names = st.text_input(
        "Its name" if word == CLASS else "Two names, a comma between",
        key=f"start_target_{word}",
        help="As the classifier calls it, or its index.",
    )
    return f"{word}:{names}"


def _why_not(classifier: str) -> dict[str, str]:
    try:
        return service.workbench().why_not(classifier, wait=False)
    except HeatcheckError as error:
        st.error(plain(str(error)))
        return {}


def _found(source: str) -> ImageSet:
    """The set; an empty one after a message where it cannot be read."""
    try:
        return sets.catalogue(source).found
    except (HeatcheckError, OSError) as error:
        st.error(plain(str(error)))
        return ImageSet(())


def _asked(chosen: dict[str, Any]) -> tuple[RunSpec | None, str]:
    """The spec, or why there is none; what the browser sends is checked again."""
    which = chosen["which"]
    missing = [
        word
        for word, given in (
            ("image", which.count(chosen["found"])),
            ("method", chosen["methods"]),
            ("metric", chosen["metrics"]),
        )
        if not given
    ]
    if missing:
        return None, f"Choose at least one {' and one '.join(missing)}."
    given = {key: value for key, value in chosen.items() if key not in ("which", "groups")}
    named = {"images": chosen["source"]} | {key: chosen[key] for key in ("classifier", "beside")}
    try:
        permitted(named, "this form")
        grouped = parsed(chosen["groups"][1], chosen["groups"][0]) if chosen["groups"] else None
        asked = {"only": which.only, "sample": which.sample, "groups": grouped}
        return specs.ask(**given, **asked), ""
    except HeatcheckError as error:
        return None, str(error)
