"""What the gallery shows: the fields that say it, and the images that are it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.drawing.labels import run_line
from heatcheck.inputs import classifiers
from heatcheck.inputs.catalogues import Catalogue
from heatcheck.inputs.labels import matched
from heatcheck.judgement import pictures
from heatcheck.judgement.pictures import Known
from heatcheck.metrics import METRICS
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.compare import looking
from heatcheck.ui.compare.looking import Wanted
from heatcheck.ui.shared.markdown import plain

LABELS = 1000  # labels at most that a list offers; the search finds all
ORDERS = {
    looking.SET: "As they lie in the set",
    looking.SPREAD: "Where methods differ most",
    looking.UNSURE: "Least sure first",
}
WORDS, LABEL, RIGHT, ANSWER = "gallery_words", "gallery_label", "gallery_right", "gallery_answer"
SHARE, ORDER, PAGE_NUMBER = "gallery_share", "gallery_order", "gallery_page"
EVERY: dict[str, Any] = {
    WORDS: "",
    LABEL: None,
    RIGHT: None,
    ANSWER: None,
    SHARE: (0, 100),
    ORDER: looking.SET,
}


@dataclass(frozen=True)
class Measured:
    """A run of this classifier on this set, and what it knows of each picture."""

    run: Run
    known: Mapping[str, Known]
    metric: str | None  # whose spread is how far methods differ

    @property
    def has_shares(self) -> bool:
        """Whether it has probabilities, all between 0 and 1."""
        given = [one.probability for one in self.known.values() if one.probability is not None]
        return bool(given) and min(given) >= 0 and max(given) <= 1

    @property
    def answers(self) -> list[str]:
        """The classes that the model named, by name."""
        return sorted({one.answer for one in self.known.values() if one.answer})


def _kept() -> dict[str, Any]:
    """What was chosen in the gallery, by its key."""
    return {key: st.session_state.get(key, default) for key, default in EVERY.items()}


def narrow() -> bool:
    """Whether the gallery leaves images out."""
    return any(value != EVERY[key] for key, value in _kept().items() if key != ORDER)


def offer_all() -> None:
    """A button that takes all filters away, where there are some."""
    if narrow():
        st.button("Show all", key="gallery_all", type="tertiary", on_click=_show_all)


def _show_all() -> None:
    for key in EVERY.keys() - {ORDER, SHARE}:
        st.session_state[key] = EVERY[key]
    st.session_state.pop(SHARE, None)  # its default again
    _turn_to_the_first()


def choose(catalogue: Catalogue, measured: Measured | None) -> None:
    """The fields: words and order in sight, the rest in a popover that says how many narrow."""
    active = sum(_kept()[key] != EVERY[key] for key in (LABEL, RIGHT, ANSWER, SHARE))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Name or label",
            key=WORDS,
            placeholder="Search",
            icon=":material/search:",
            on_change=_turn_to_the_first,
            persist_state="session",
            width=260,
        )
        if measured is not None:
            st.selectbox(
                "Order",
                [order for order in ORDERS if order != looking.SPREAD or measured.metric],
                format_func=lambda order: ORDERS[order],
                key=ORDER,
                on_change=_turn_to_the_first,
                persist_state="session",
                width=230,
            )
        with st.popover(
            f"Filters ({active})" if active else "Filters",
            icon=":material/filter_list:",
            key="gallery_filters",
        ):
            _choose_label(catalogue)
            if measured is None:
                st.caption(
                    "Right or wrong, class, probability, and where methods differ: a run of "
                    f"{plain(classifiers.title_of(classifier()))} on these images tells them."
                )
                st.page_link(
                    "pages/evaluate/runs.py", label="Start a run", icon=":material/play_arrow:"
                )
            else:
                _choose_of_run(measured)
    if measured is not None and measured.metric and _kept()[ORDER] == looking.SPREAD:
        st.caption(
            f"Methods differ by the largest minus the smallest {METRICS[measured.metric].title} "
            f"among those of run {measured.run.id[:6]}, controls left out."
        )


def _choose_label(catalogue: Catalogue) -> None:
    if 1 < len(catalogue.labels) <= LABELS:
        titles = titles_of(catalogue)
        st.selectbox(
            "Label",
            list(catalogue.labels),
            index=None,
            key=LABEL,
            format_func=lambda label: titles.get(label, label),
            placeholder="All",
            on_change=_turn_to_the_first,
            persist_state="session",
        )


def _choose_of_run(measured: Measured) -> None:
    known = measured.known.values()
    if any(one.right is not None for one in known):
        st.segmented_control(
            "The model is",
            ["right", "wrong"],
            key=RIGHT,
            on_change=_turn_to_the_first,
            persist_state="session",
        )
    st.selectbox(
        "The model says",
        measured.answers,
        index=None,
        key=ANSWER,
        placeholder="Any class",
        on_change=_turn_to_the_first,
        persist_state="session",
    )
    if measured.has_shares:
        st.slider(
            "Probability of the explained class, %",
            0,
            100,
            EVERY[SHARE],
            key=SHARE,
            on_change=_turn_to_the_first,
            persist_state="session",
        )
    st.caption(plain(run_line(measured.run, classifiers.title_of(classifier()))))


def _wanted(catalogue: Catalogue, measured: Measured | None) -> Wanted:
    """What was chosen in the gallery, whether or not it is open."""
    kept = _kept()
    titles = titles_of(catalogue) if kept[WORDS] else {}
    words, label = kept[WORDS], kept[LABEL] if kept[LABEL] in catalogue.labels else None
    if measured is None:
        return Wanted(words, label, titles=titles)
    least, most = kept[SHARE] if measured.has_shares else EVERY[SHARE]
    right = None if kept[RIGHT] is None else kept[RIGHT] == "right"
    answer = kept[ANSWER] if kept[ANSWER] in measured.answers else None
    return Wanted(words, label, right, answer, least / 100, most / 100, kept[ORDER] or "", titles)


def listed(catalogue: Catalogue, measured: Measured | None) -> list[int]:
    """The places of the images that the gallery lists, in its order."""
    known = measured.known if measured else {}
    return looking.found(catalogue, known, _wanted(catalogue, measured))


def measured_by(classifier: str) -> Measured | None:
    """The newest run of this classifier on this set, fitted as Compare fits; None where none has
    measured anything yet.
    """
    run = next(
        (
            run
            for run in service.store().runs.all()
            if run.done
            and run.spec.classifier == classifier
            and service.why_not_in_compare(run) is None
        ),
        None,
    )
    if run is None:
        return None
    metric = pictures.judging([metric.name for metric in run.spec.metrics])
    return Measured(run, _known(service.store().url, run.id, run.done, metric), metric)


@st.cache_resource(max_entries=4, show_spinner=False)
def _known(store: str, run: str, done: int, metric: str | None) -> dict[str, Known]:
    results = service.store().results
    spread = pictures.spreads(results.values(run, metric)) if metric else {}
    return pictures.known_of(results.images(run, pictures=False), spread)


def classifier() -> str:
    """The classifier that Compare looks at."""
    name: str = st.session_state.get("classifier") or service.classifier_choices()[0]
    return name


def titles_of(catalogue: Catalogue) -> dict[str, str]:
    """What the labels are called: as the classifier's class is where they mean one."""
    try:
        names = service.workbench().class_names(classifier())
    except HeatcheckError:
        return {}
    return {label: names[i] for label, i in matched(catalogue.labels, names).indices.items()}


def _turn_to_the_first() -> None:
    st.session_state[PAGE_NUMBER] = 1
