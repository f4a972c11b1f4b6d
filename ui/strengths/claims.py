"""A claim and its verdict, side by side; its evidence one click away; what moved thresholds change;
cards, and advice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args
from urllib.parse import quote

import pandas as pd
import streamlit as st

from heatcheck.answer.summary import Summary
from heatcheck.core.numbers import in_full
from heatcheck.drawing import claim_charts
from heatcheck.drawing.labels import plural
from heatcheck.judgement.advice import FINE, Advice, Detail, Wish, advise
from heatcheck.judgement.phrases import interval, p_value, three_digits, title_of
from heatcheck.judgement.questions import Threshold, thresholds
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import Mark, Verdict, asked, countable, judge
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.shared import charts, tables
from heatcheck.ui.shared.markdown import mark_badge, plain
from heatcheck.ui.shared.paging import paged

THRESHOLD = "threshold_"  # before its name, in the address and the session
BUDGETS = {"any": None, "1 s": 1000.0, "100 ms": 100.0, "50 ms": 50.0}
DETAILS: dict[str, Detail] = {"either": "either", "fine detail": "fine", "regions": "region"}


def counted(verdicts: Sequence[Verdict]) -> str:
    """`7 confirmed, 3 refuted`; what is asked twice counts once, and a unit is not tested."""
    counts = Counter(verdict.mark for verdict in countable(verdicts))
    return ", ".join(f"{counts[mark]} {mark}" for mark in get_args(Mark) if counts[mark])


def moved_thresholds() -> dict[str, float]:
    """The smallest effects that matter, as the reader moved them: from the address or the widgets,
    those that are not the default, by name.
    """
    values = {}
    for threshold in thresholds().values():
        key = f"{THRESHOLD}{threshold.name}"
        chosen = st.session_state.get(key, _asked(key, threshold))
        if chosen != threshold.default:
            values[threshold.name] = chosen
    return values


def _asked(key: str, threshold: Threshold) -> float:
    """What the address asks for; the default where it asks for nothing that can be."""
    try:
        value = float(st.query_params.get(key, threshold.default))
    except ValueError:
        return threshold.default
    return value if threshold.low <= value <= threshold.high else threshold.default


def choose_thresholds() -> None:
    """A widget a threshold; what is chosen is in the address."""
    with st.expander("Thresholds", icon=":material/tune:"):
        st.caption(
            "The smallest effects that matter. A change is the reader's, and goes into the address."
        )
        with st.container(horizontal=True):
            for threshold in thresholds().values():
                st.number_input(
                    threshold.label,
                    threshold.low,
                    threshold.high,
                    threshold.default,
                    step=threshold.step,
                    key=f"{THRESHOLD}{threshold.name}",
                    bind="query-params",
                    persist_state="session",
                    width=320,
                )


def show_count(summary: Summary) -> None:
    """How many claims came out how, and which of them the reader's thresholds turn."""
    total = len(countable(summary.verdicts))
    st.markdown(f"Of {total} claims put to the test: {counted(summary.verdicts)}.")
    if summary.moved:
        show_flips(judge(summary.scores, summary.findings), summary.verdicts, summary.moved)


def show_table(verdicts: Sequence[Verdict]) -> None:
    """The claims as a small table: who, what, and the mark."""
    st.table(
        [
            {
                "Claim": f"{plain(title_of(one.claim.about))}: {plain(one.claim.words)}",
                "Verdict": mark_badge(one),
            }
            for one in verdicts
        ],
        hide_index=True,
        border="horizontal",
        alt="The textbook's claims with their verdicts, a row a claim",
    )


def show_flips(
    before: Sequence[Verdict], after: Sequence[Verdict], moved: Mapping[str, float]
) -> None:
    """Which verdicts the thresholds that a reader moved change."""
    known = {old.claim: old for old in before}
    flipped = [
        (known[new.claim], new) for new in countable(after) if known[new.claim].label != new.label
    ]
    changes = "; ".join(
        f"{title_of(new.claim.about)}: {new.claim.words}, {old.label} → {new.label}"
        for old, new in flipped
    )
    total = len(countable(after))
    st.info(
        f"With your {'threshold' if len(moved) == 1 else 'thresholds'}, "
        f"{plural(len(flipped), 'verdict') if flipped else 'no verdict'} of {total} "
        f"change{'' if len(flipped) > 1 else 's'}{f': {plain(changes)}' if flipped else ''}.",
        icon=":material/tune:",
    )


def show(verdict: Verdict, run: Run) -> None:
    """The textbook's words on the left, the measurement on the right, its evidence on a click."""
    key = f"evidence_{verdict.claim.about}_{verdict.claim.words}".replace(" ", "_")
    with st.container(border=True):
        words, measured = st.columns([1, 3], gap="medium", wrap=True)
        words.markdown(
            f"{plain(title_of(verdict.claim.about))}  \n**{plain(verdict.claim.words)}**"
        )
        measured.markdown(f"{mark_badge(verdict)}  \n{plain(verdict.sentence)}")
        behind = verdict.sample is not None or verdict.members or verdict.rows
        if behind and measured.toggle("Evidence", key=key):
            if verdict.members:
                _each(verdict)
            elif verdict.sample is not None:
                _evidence(verdict, run)
            else:
                _show_rows(verdict)


def _show_rows(verdict: Verdict) -> None:
    """The numbers behind a sentence, a row each."""
    if verdict.rows:
        tables.measured(verdict.rows, "The numbers behind the verdict")


def _each(verdict: Verdict) -> None:
    """What a claim about the family found for each of its methods: their images where images
    decide, and the rows behind them.
    """
    samples = {one.claim.about: one.sample for one in verdict.members if one.sample is not None}
    estimates = {one.claim.about: one.estimate for one in verdict.members if one.estimate}
    first = next((one for one in verdict.members if one.sample is not None), verdict.members[0])
    if samples and first.threshold is not None:
        points = {
            key: {str(image): float(value) for image, value in sample.items()}
            for key, sample in samples.items()
        }
        charts.draw(
            claim_charts.members(points, estimates, first.threshold, first.unit, first.ratio),
            f"chart_{verdict.claim.question.name}",
        )
    for one in verdict.members:
        st.markdown(
            f"{mark_badge(one)} **{plain(title_of(one.claim.about))}.** {plain(one.measured)}"
        )
        _show_rows(one)
    st.caption(f"Source of the claim: {plain(verdict.claim.source)}.")
    if samples:
        whole = pd.DataFrame(samples).rename(columns=title_of)
        whole.insert(0, "Image", whole.index.astype(str))
        page = paged(list(range(len(whole))), "images", f"page_{verdict.claim.question.name}")
        rows = whole.iloc[list(page)]
        st.dataframe(
            tables.in_words(rows, rows.columns[1:]),
            hide_index=True,
            height=220,
            alt=f"Each image with its {first.unit}, a column a method",
        )


def _evidence(verdict: Verdict, run: Run) -> None:
    assert verdict.sample is not None
    assert verdict.estimate is not None
    assert verdict.threshold is not None
    values = {str(image): float(value) for image, value in verdict.sample.items()}
    charts.draw(
        claim_charts.sample(
            values, verdict.estimate, verdict.threshold, verdict.unit, verdict.ratio
        ),
        f"chart_{verdict.claim.about}_{verdict.claim.words}",
    )
    _show_rows(verdict)
    if verdict.parts:
        scales = [
            {
                "Pooled by": f"{part.pixels} px",
                f"Mean, {verdict.unit}": interval(part.estimate),
                "The claim holds": "yes" if part.holds else "not shown",
            }
            for part in verdict.parts
        ]
        st.dataframe(scales, hide_index=True, height="content", alt="The same at each scale")
    ordered = sorted(values, key=lambda name: values[name])
    ends = [(ordered[0], "Least"), (ordered[-1], "Most")]
    opens = service.why_not_in_compare(run) is None
    query = f"classifier={quote(run.spec.classifier, safe='')}&image="
    linked = {
        name: f"[{plain(name)}](/?{query}{quote(name, safe='')})" if opens else plain(name)
        for name, _ in ends
    }
    st.markdown(
        " · ".join(
            f"{word}: {linked[name]}, {plain(three_digits(values[name]))}" for name, word in ends
        )
        + f" ({plain(verdict.unit)})"
    )
    p = (
        ""
        if verdict.p is None
        else f"{p_value(verdict.p)} after Holm's correction over the claims of this page. "
    )
    st.caption(
        f"{p}Source of the claim: "
        f"{plain(verdict.claim.source)}.{' The images open in Compare.' if opens else ''}"
    )
    page = paged(
        ordered, "images", f"page_{verdict.claim.about}_{verdict.claim.words}".replace(" ", "_")
    )
    rows = pd.DataFrame({"Image": page, verdict.unit: [values[name] for name in page]})
    st.dataframe(
        tables.in_words(rows, [verdict.unit]),
        hide_index=True,
        height=220,
        alt="Each image with its value",
    )


def show_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Verdicts a line each, with what was measured."""
    for verdict in verdicts:
        st.markdown(
            f"{mark_badge(verdict)} **{plain(verdict.claim.words)}.** {plain(verdict.sentence)}"
        )


def show_advice(scores: Scores, findings: pd.DataFrame) -> Advice:
    """Three questions, and the method that fits them with its evidence from this run."""
    with st.container(horizontal=True, gap="large"):
        budget = st.segmented_control(
            "Time for one map, at most",
            list(BUDGETS),
            default="any",
            key="advice_budget",
            required=True,
        )
        detail = st.segmented_control(
            "What should the map show?",
            list(DETAILS),
            default="either",
            key="advice_detail",
            required=True,
        )
        free = st.toggle("It must work without gradients", key="advice_free")
    advice = advise(
        scores, findings, Wish(BUDGETS[budget or "any"], free, DETAILS[detail or "either"])
    )
    (st.success if advice.method else st.warning)(
        plain(advice.sentence),
        icon=":material/recommend:" if advice.method else ":material/block:",
    )
    st.markdown(
        "\n".join(f"- **{plain(title_of(key))}**: {plain(why)}" for key, why in advice.others)
    )
    st.caption(
        "Of the methods that show evidence in every measured question, the cheapest of those "
        "that no other is shown to gain more than. Fine detail: a share of the map's energy "
        f"above {in_full(FINE)}."
    )
    return advice


def show_beside(
    here: Sequence[Verdict],
    there: Sequence[Verdict],
    names: tuple[str, str],
    same_model: bool,
    moved: Mapping[str, float],
) -> None:
    """Two runs' verdicts side by side, under the reader's thresholds."""
    if not same_model:
        st.warning(
            "These runs are of two models. Areas under curves depend on a model's "
            "confidence and do not compare across models. The claims use "
            "ratios and shares within a run, so their marks do.",
            icon=":material/warning:",
        )
    by_claim = {other.claim: other for other in there}
    counted_once = countable(here)
    differ = sum(one.label != by_claim[one.claim].label for one in counted_once)
    st.markdown(
        f"The runs differ in {plural(differ, 'verdict')} of {len(counted_once)}."
        if differ
        else "The runs agree in every verdict."
    )
    rows = [
        {
            "Claim": f"{title_of(one.claim.about)}: {one.claim.words}",
            names[0]: _cell(one),
            names[1]: _cell(other),
            "Differ": "≠" if one.label != other.label else "",
            "Asks for": asked(one.claim, moved),
        }
        for one, other in zip(here, there, strict=True)
    ]
    st.dataframe(
        rows, hide_index=True, height="content", alt="The verdicts of two runs, a row a claim"
    )


def _cell(verdict: Verdict) -> str:
    if verdict.estimate is None:
        return verdict.label
    return f"{verdict.label}: {interval(verdict.estimate)} {verdict.unit}"
