"""What the gallery shows: the fields that say it, and the images that are it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from heatcheck.attribution import Output
from heatcheck.core.errors import HeatcheckError
from heatcheck.inputs import classifiers
from heatcheck.inputs.catalogues import Catalogue
from heatcheck.inputs.labels import matched
from heatcheck.judgement import pictures
from heatcheck.judgement.pictures import Known
from heatcheck.metrics import METRICS
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.compare import looking, own_run
from heatcheck.ui.compare.looking import Wanted
from heatcheck.ui.shared import growth
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
    def shares(self) -> int:
        """On how many images it knows the probability of the model's class."""
        if self.run.output is Output.SCORE:
            return 0
        return sum(one.probability is not None for one in self.known.values())

    @property
    def judges(self) -> bool:
        """Whether it knows of any image that the model is right, or wrong."""
        return any(one.right is not None for one in self.known.values())

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
    active = _wanted(catalogue, measured).filters
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
                _orders(measured),
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


def _orders(measured: Measured) -> list[str]:
    can = {looking.SPREAD: measured.metric, looking.UNSURE: measured.shares}
    return [order for order in ORDERS if can.get(order, True)]


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
    if measured.judges:
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
    if measured.shares:
        st.slider(
            "Probability of the class that the model says, %",
            0,
            100,
            EVERY[SHARE],
            key=SHARE,
            on_change=_turn_to_the_first,
            persist_state="session",
        )
    if 0 < measured.shares < len(measured.known):
        st.caption(
            f"Known for {measured.shares:,} of {len(measured.known):,} images: on the others the "
            "run explains another class."
        )
    differs = own_run.differences(measured.run)
    st.caption("  \n".join(plain(part) for part in (own_run.line(measured.run), differs) if part))


def _wanted(catalogue: Catalogue, measured: Measured | None) -> Wanted:
    """What was chosen in the gallery, whether or not it is open."""
    kept = _kept()
    titles = titles_of(catalogue) if kept[WORDS] else {}
    words, label = kept[WORDS], kept[LABEL] if kept[LABEL] in catalogue.labels else None
    if measured is None:
        return Wanted(words, label, titles=titles)
    least, most = kept[SHARE] if measured.shares else EVERY[SHARE]
    right = kept[RIGHT] == "right" if kept[RIGHT] is not None and measured.judges else None
    answer = kept[ANSWER] if kept[ANSWER] in measured.answers else None
    order = kept[ORDER] if kept[ORDER] in _orders(measured) else looking.SET
    return Wanted(words, label, right, answer, least / 100, most / 100, order, titles)


def listed(catalogue: Catalogue, measured: Measured | None) -> list[int]:
    """The places of the images that the gallery lists, in its order."""
    known = measured.known if measured else {}
    return looking.found(catalogue, known, _wanted(catalogue, measured))


def among(catalogue: Catalogue, measured: Measured | None) -> int:
    """How many images can be meant: those that the run has measured where a filter asks it, else
    all.
    """
    images, run = catalogue.found.images, _asked(catalogue, measured)
    return len(images) if run is None else sum(image.name in run.known for image in images)


def counted(found: int, catalogue: Catalogue, measured: Measured | None) -> str:
    """How many images were found among those that can be meant, for people."""
    whole, run = among(catalogue, measured), _asked(catalogue, measured)
    if run is not None:
        return f"{found:,} of the {whole:,} that run {run.run.id[:6]} measured"
    images = f"{whole:,} image{'s' * (whole != 1)}"
    return images if found == whole else f"{found:,} of {images}"


def _asked(catalogue: Catalogue, measured: Measured | None) -> Measured | None:
    return measured if _wanted(catalogue, measured).asks_a_run else None


def measured_by(classifier: str) -> Measured | None:
    """The run of this classifier that Compare speaks of; None where none has measured anything of
    this set yet.
    """
    run = own_run.of_this_set(service.store().runs.all(), classifier)
    if run is None:
        return None
    metric = pictures.judging([metric.name for metric in run.spec.metrics])
    return Measured(
        run, _known(service.store().url, run.id, growth.state(run), metric, run), metric
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _known(
    store: str, run: str, state: tuple[object, ...], metric: str | None, _run: Run
) -> dict[str, Known]:
    results = service.store().results
    spread = pictures.spreads(results.values(run, metric)) if metric else {}
    seen = results.images(run, pictures=False)
    return pictures.known_of(seen, spread, _run.output, _run.spec.target)


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
