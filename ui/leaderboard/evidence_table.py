"""What each method shows on each question, with the smallest effect that counts; where a substrate
turns the order over; the mean map of methods that may read one place in every picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from heatcheck.drawing import maps
from heatcheck.judgement.evidence import MOST_SMALLEST, QUESTIONS, SMALLEST, Evidence
from heatcheck.judgement.phrases import three_digits, title_of
from heatcheck.judgement.score_parts import AREAS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.substrate_flips import flips, on_substrates
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import is_control
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.leaderboard import map_sample
from heatcheck.ui.shared import growth
from heatcheck.ui.shared.markdown import plain

MOST_FLIPS = 6  # that are told; the rest is counted


def choose_smallest() -> float:
    """The smallest effect that counts, which the reader may choose and the address keeps."""
    return st.number_input(
        "Smallest effect that counts",
        0.0,
        MOST_SMALLEST,
        SMALLEST,
        step=0.01,
        key="smallest_effect",
        bind="query-params",
        help="Mean gain in deletion and in insertion: in probability; of a plain score as a "
        "share of what covering an image changes.",
        width=240,
    )


def show_evidence(run: Run, evidence: Evidence) -> None:
    """A row a method, a column a question: whether evidence is shown, and why not."""
    heads = ["Method", *(f"Evidence {question.title}" for question in QUESTIONS.values())]
    rows = [
        dict(zip(heads, [title_of(key), *map(plain, words)], strict=True))
        for key, words in evidence.words
    ]
    st.table(rows, hide_index=True, alt="Evidence on each question, a row a method")
    st.caption(
        "Shown: better than the question's reference in deletion and in insertion, and than every "
        "control in one of them at least, p at most 0.05 after Holm's correction over methods and "
        "questions (sign-flip test), by the smallest effect or more, and on no substrate the "
        "opposite."
    )
    _show_mean_maps(run, evidence.shared_place)


def _show_mean_maps(run: Run, keys: Sequence[str]) -> None:
    """The mean map of methods that may read one place in every picture."""
    for key in keys:
        picture, said = _mean_map(service.store().url, run.id, growth.state(run), key, run)
        if not picture:
            continue
        st.image(
            picture,
            caption=f"{title_of(key)}: mean of its maps over all images. The model may read this "
            "place in every picture."
            if not said
            else f"{title_of(key)}: mean of its maps. {said} The model may read this place in "
            "every picture.",
            width=240,
        )


@st.cache_data(max_entries=8, show_spinner="Averaging maps …")
def _mean_map(
    store: str, run: str, state: tuple[object, ...], key: str, _run: Run
) -> tuple[bytes, str]:
    sample = map_sample.drawn(_run, [key])
    heats = [heat for *_, heat in sample.maps([key])]
    return (maps.mean_map(heats) if heats else b""), sample.said


def show_substrates(scores: Scores) -> None:
    """Each method's area on each substrate with its rank, and where the order turns over."""
    by_area = {area: rows for area in AREAS if (rows := on_substrates(scores, area))}
    if not by_area:
        st.caption(
            "This run has not scored its maps on more than one substrate. A run with the standard "
            "metrics has."
        )
        return
    turned = flips(scores)
    for flip in turned[:MOST_FLIPS]:
        st.markdown(f"- {plain(flip.sentence)}")
    if len(turned) > MOST_FLIPS:
        st.markdown(f"- {len(turned) - MOST_FLIPS} more pairs change places.")
    if not turned:
        st.markdown("No pair of methods is shown to change places between two substrates.")
    for area, rows in by_area.items():
        title = METRICS[area].title
        st.dataframe(
            [
                {
                    "Method": title_of(row.method) + (" · control" * is_control(row.method)),
                    **{
                        f"{title} on {name}": f"{row.ranks[name]} · {three_digits(mean)}"
                        + (" · matched" if name in row.matched else "")
                        for name, mean in row.means.items()
                    },
                }
                for row in rows
            ],
            hide_index=True,
            height="content",
            column_config={"Method": st.column_config.TextColumn(pinned=True)},
            alt=f"Rank and mean {area} area on each substrate, a row a method",
        )
    st.caption(
        "Rank, then the mean area. Matched: the method's path starts from that substrate, which "
        "favours it there. Flips are sign-flip tests on paired differences, p at most 0.05 after "
        "Holm's correction over all pairs, substrates and areas."
    )
