"""Compare's panels: the heatmaps side by side with their scores, filling in as each is done, and
their curves below.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from heatcheck.answer import glossary
from heatcheck.attribution import METHODS
from heatcheck.drawing import curve_charts, maps
from heatcheck.drawing.curve_charts import UNUSUAL
from heatcheck.drawing.labels import ARROWS, plural
from heatcheck.inputs import images
from heatcheck.inputs.images import Picture
from heatcheck.inputs.sizes import FITS
from heatcheck.judgement.phrases import joined, three_digits
from heatcheck.metrics import METRICS, Curve, Metric
from heatcheck.metrics.base import BLANK
from heatcheck.metrics.substrates import SETS, STANDARD
from heatcheck.runs.cells import Cell, Scored, is_blank
from heatcheck.server import service
from heatcheck.server.workbench import Panel
from heatcheck.ui.shared import charts
from heatcheck.ui.shared.fragments import told
from heatcheck.ui.shared.markdown import plain

POLL = 0.8  # seconds between two looks while something is on its way
PANEL = 290  # pixels at least: four in a row at 1400 pixels, two at 800
WAITING = "…"
TOLERANCE = 0.01  # of each curve: the mean over the standard set is known to about 0.006
AREAS = (
    f"Areas are the mean over three ways to cover pixels: {joined(SETS[STANDARD])}. Placement "
    "gains cover with the mean colour."
)
SCORES = f"{glossary.lines(('deletion', 'insertion', 'placement gain', 'fineness'))}\n\n{AREAS}"
LINES = (  # of a panel: the words, and the metrics whose values stand in them
    ("Deletion {}", ("deletion",)),
    ("Insertion {}", ("insertion",)),
    ("Placement gain: deletion {}, insertion {}", ("deletion_placement", "insertion_placement")),
    ("Fineness {}", ("fineness",)),
    ("Time {}", ("runtime",)),
)
UNITS = {
    "probability": "Scores are probabilities, fineness a share of the map; ↓ lower is better, ↑ "
    "higher.",
    "output": "Scores are in the output's own unit, fineness is a share of the map; ↓ lower is "
    "better, ↑ higher.",
}


@dataclass(frozen=True)
class View:
    """How the heatmaps are drawn."""

    opacity: float
    focus: float
    colour_map: str


def metrics() -> tuple[Metric, ...]:
    """What a panel shows, and so all that Compare computes: each metric with its defaults, but for
    the tolerance of its curves.
    """
    return tuple(_metric(name) for _, names in LINES for name in names)


def _metric(name: str) -> Metric:
    curved = "tolerance" in METRICS[name].__dataclass_fields__
    return METRICS.build({"name": name, **({"tolerance": TOLERANCE} if curved else {})})


def choose_view() -> View:
    """Opacity, focus intensity, colour map, and the legend that names the scale."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        opacity = st.slider(
            "Opacity",
            0,
            100,
            60,
            format="%d %%",
            key="opacity",
            width=220,
            help=glossary.line("opacity"),
        )
        focus = st.slider(
            "Focus intensity",
            0,
            99,
            70,
            format="%d %%",
            key="focus",
            width=220,
            help=glossary.line("focus intensity"),
        )
        colour_map = st.selectbox(
            "Colour map",
            list(maps.COLOUR_MAPS),
            key="colour_map",
            width=160,
            help="Both signs draws what speaks against the class too, in blue; a map without "
            "signs keeps its colours and says so.",
        )
        with st.container(width=256, gap="xxsmall"):
            ends = (
                ("For the class", "Against")
                if colour_map == maps.BOTH_SIGNS
                else ("High", "Low activation")
            )
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                st.caption(ends[0], width="content")
                st.caption(f"{ends[1]} (scale per map)", width="content")
            st.image(
                maps.legend(colour_map),
                width=256,
                output_format="PNG",
                alt=f"Colour legend from {ends[0]} to {ends[1]}, each map on its own scale",
            )
    return View(opacity / 100, focus / 100, colour_map)


def show(cells: list[Cell], picture: Picture, session: str, unit: str) -> None:
    """Panels and curves of one image; polls while something is on its way, then stands still."""
    waiting = not all(panel.done for panel in service.workbench().panels(session, cells))
    look = st.fragment(told(_show), run_every=POLL if waiting else None)
    look(cells, picture, session, unit, waiting)


def _show(cells: list[Cell], picture: Picture, session: str, unit: str, polling: bool) -> None:
    shown = service.workbench().panels(session, cells)
    view = choose_view()
    st.caption(_progress(shown, UNITS[unit]))
    with st.grid(4, min_column_width=PANEL, gap="small"):
        with st.container(border=True, gap="xsmall"):
            st.markdown("**Original**")
            st.image(
                images.png(images.shown(picture)),
                width="stretch",
                output_format="PNG",
                alt="The picture as the classifier sees it",
            )
            st.caption(
                f"What the classifier sees: {FITS[cells[0].subject.fit]}. "
                f"{images.false_colours(picture.shape[-1])}"
            )
        for panel in shown:
            with st.container(border=True, gap="xsmall"):
                _panel(panel, picture, view)
    _curves(shown, unit)
    if polling == all(panel.done for panel in shown):  # to look on, or to stand still
        st.rerun()


def _progress(shown: list[Panel], units: str) -> str:
    """How much of what was asked for is there: a line that stays, so that nothing moves when the
    last number has come.
    """
    drawn = sum(panel.result is not None for panel in shown)
    scored = sum(panel.done for panel in shown)
    if scored == len(shown):
        return f":material/check: {plural(len(shown), 'heatmap')}, all scored. {units}"
    return (
        f":material/hourglass_top: {drawn} of {plural(len(shown), 'heatmap')} drawn, {scored} "
        f"scored; the rest is on its way {WAITING} {units}"
    )


def _panel(panel: Panel, picture: Picture, view: View) -> None:
    method = panel.cell.method
    heat = panel.result.map if panel.result else None
    unsigned = view.colour_map == maps.BOTH_SIGNS and heat is not None and maps.unsigned(heat)
    st.markdown(
        f"**{method.title}**"
        + (" :gray-badge[control]" if method.is_control else "")
        + (" :gray-badge[no sign]" if unsigned else "")
    )
    if panel.result is None:
        st.image(
            maps.empty(*picture.shape[:2]),
            width="stretch",
            output_format="PNG",
            alt=f"{method.title}: on its way",
        )
    elif heat is None:
        st.image(
            maps.empty(*picture.shape[:2]),
            width="stretch",
            output_format="PNG",
            alt=f"{method.title}: no map",
        )
        st.caption(f":material/block: {plain(panel.result.error)}")
        return
    else:
        st.image(
            _drawn(panel.cell, heat, picture, view),
            width="stretch",
            output_format="PNG",
            alt=f"Heatmap of {method.title}, strongest {100 * (1 - view.focus):.0f} % of the "
            "pixels",
        )
        if is_blank(heat):
            st.caption(f":material/block: {plain(BLANK)}")
            return
    st.caption(_scores(panel), help=SCORES)


def _drawn(cell: Cell, heat: np.ndarray, picture: Picture, view: View) -> bytes:
    places = service.workbench().places(cell, heat)
    return maps.overlay(
        picture, heat, places, opacity=view.opacity, focus=view.focus, colour_map=view.colour_map
    )


def _scores(panel: Panel) -> str:
    """All lines, there from the start, so that nothing moves when numbers arrive."""
    answers = {answer.metric.name: answer for answer in panel.scores or ()}
    return "  \n".join(
        words.format(*(_value(answers, name) for name in names)) for words, names in LINES
    )


def _value(answers: dict[str, Scored], metric: str) -> str:
    """`**0.182** ↓`, with the unit where it is none of `UNITS`."""
    if metric not in answers:
        return WAITING
    score = answers[metric].score
    if score is None:
        return "failed"
    unit = f" {METRICS[metric].unit}" if METRICS[metric].family == "cost" else ""
    return f"**{plain(three_digits(score.value))}**{unit} {ARROWS[METRICS[metric].better]}"


def _curves(shown: list[Panel], unit: str) -> None:
    deletion, insertion = _curves_of(shown, "deletion"), _curves_of(shown, "insertion")
    st.subheader(
        f"How the class's {unit} falls and rises",
        anchor=False,
        help=glossary.line("area under the curve"),
    )
    st.caption(
        "Each method's pixels are removed, or uncovered from a covered picture, in the order of "
        f"its map; means over {joined(SETS[STANDARD])} as cover. {UNUSUAL} One image: no interval "
        "here; see Leaderboard."
    )
    state = tuple(
        (
            panel.cell.subject.classifier,
            panel.cell.subject.image_digest,
            panel.cell.subject.seen,
            panel.cell.class_index,
            panel.cell.method.digest,
            panel.done,
        )
        for panel in shown
    )
    drawn, chart = st.session_state.get("compare_figure", (None, None))
    if drawn != state:  # a chart is drawn when a curve has come, not at every look
        chart = curve_charts.curves(deletion, insertion, unit)
        st.session_state["compare_figure"] = (state, chart)
    charts.draw(chart, "compare_curves")


def _curves_of(shown: list[Panel], metric: str) -> dict[str, Curve]:
    curves = {}
    for panel in shown:
        for answer in panel.scores or ():
            if answer.metric.name == metric and answer.score and answer.score.curve:
                curves[panel.cell.method.name] = answer.score.curve
    return {name: curves[name] for name in METHODS if name in curves}
