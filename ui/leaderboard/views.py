"""Closer looks at the Leaderboard: intervals, images, ranks, cost, the winner, whether metrics
agree, and the reader's own weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from heatcheck.attribution import METHODS
from heatcheck.drawing import leaderboard_charts, rank_charts
from heatcheck.drawing.labels import metric_title
from heatcheck.drawing.leaderboard_charts import REPEATS
from heatcheck.judgement.composite import composite
from heatcheck.judgement.phrases import interval, joined, listed, p_value, three_digits, title_of
from heatcheck.judgement.ranks import (
    DRAWS,
    Ranking,
    by_chance,
    metric_agreement,
    ranking,
    wilcoxon_pairs,
    winners,
)
from heatcheck.judgement.score_parts import EXCHANGES, telling_pair
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import Standing, against_controls, repeatability, skills
from heatcheck.judgement.statistics import ENOUGH, Estimate
from heatcheck.judgement.verdicts import SURE
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import is_control
from heatcheck.runs.records import Run
from heatcheck.runs.specs import STANDARD
from heatcheck.server import service
from heatcheck.ui.shared import charts
from heatcheck.ui.shared.markdown import plain

TOO_FEW = f"Not enough images: at least {ENOUGH} on which all methods have a value are needed."


def show(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    """One view at a time, of one metric where the view is of one."""
    view = (
        st.segmented_control(
            "View",
            list(VIEWS),
            default="Intervals",
            key="closer",
            bind="query-params",
            required=True,
        )
        or "Intervals"
    )
    VIEWS[view](run, scores, standing)


def _sampled(metrics: Sequence[str]) -> list[str]:
    """The metrics that images are a sample of, so that tests over images mean something."""
    return [metric for metric in metrics if METRICS[metric].sampled]


def _metric(metrics: Sequence[str]) -> str:
    chosen: str = st.selectbox(
        "Metric",
        metrics,
        format_func=lambda name: METRICS[name].title,
        key="metric",
        bind="query-params",
        width=320,
    )
    st.caption(f"{METRICS[chosen].summary} {METRICS[chosen].misleads}")
    return chosen


def _intervals(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    chosen = _metric(scores.metrics)
    rows = [row for row in standing if row.metric == chosen]
    charts.draw(leaderboard_charts.intervals(rows, scores.unit_of(chosen)), "leaderboard_intervals")
    st.caption(
        f"Dot: mean over {scores.unit}. Line: 95 % interval. Filled: may be the best, as no "
        "other is shown to be better."
    )


def _controls(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    fitting = {
        metric: better
        for metric in scores.metrics
        if against_controls(metric) and (better := skills(scores, metric))
    }
    if not fitting:
        st.info(
            "This run has no control, or no metric that a control can be held against. A "
            "run with the standard choice has.",
            icon=":material/info:",
        )
        return
    chosen = _metric(list(fitting))
    better = fitting[chosen]
    charts.draw(
        leaderboard_charts.skills(better, chosen, scores.unit_of(chosen)), "leaderboard_controls"
    )
    methods = list(dict.fromkeys(key for leads in better.values() for key in leads))
    rows = [
        {
            "Method": title_of(key),
            **{
                f"Better than {title_of(control)} by": _lead(leads.get(key))
                for control, leads in better.items()
            },
        }
        for key in methods
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        alt="How much better than each control, a row a method",
    )
    st.caption(
        "On each image the method's value less the control's, so that above zero is "
        "better; mean with 95 % interval. ✓ the whole interval is above zero."
    )


def _lead(lead: Estimate | None) -> str:
    return f"{interval(lead)}{' ✓' if lead and lead.above_zero else ''}"


def _images(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    chosen = _metric(scores.metrics)
    wide = scores.of_images(chosen)
    event = charts.draw(
        leaderboard_charts.images(wide, chosen, scores.unit_of(chosen)),
        "leaderboard_images",
        on_select="rerun",
        selection_mode="points",
    )
    closed = service.why_not_in_compare(run)
    st.caption(
        "A point an image. "
        + (
            plain(closed)
            if closed
            else "A click on one opens that image in Compare with that method."
        )
    )
    points = event["selection"]["points"]
    if points and not closed:
        image, key = points[0]["customdata"]
        method = run.spec.keyed[key]
        if method == METHODS.build(method.name):
            state = f"compare_methods_{run.spec.classifier}"
            beside = st.session_state.get(state) or STANDARD
            st.session_state[state] = [name for name in METHODS if name in {*beside, method.name}]
            st.switch_page(
                "pages/explore/compare.py",
                query_params={"classifier": run.spec.classifier, "image": image},
            )
        told = (
            f"{title_of(key)} ran with parameters of its own, and Compare would show the "
            f"default map: {image} was not opened."
        )
        st.info(plain(told), icon=":material/info:")
    quartiles = pd.DataFrame(
        {
            "Method": [title_of(key) + (" · control" if is_control(key) else "") for key in wide],
            **{
                word: [three_digits(float(wide[key].quantile(share))) for key in wide]
                for word, share in (
                    ("Lower quartile", 0.25),
                    ("Median", 0.5),
                    ("Upper quartile", 0.75),
                )
            },
        }
    )
    st.dataframe(quartiles, hide_index=True, height="content", alt="Quartiles, a row a method")


def _ranks(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    chosen = _metric(_sampled(scores.metrics))
    wide = scores.of(chosen)
    ranked = ranking(wide, METRICS[chosen].better)
    if ranked is None:
        st.info(f"{TOO_FEW} It takes three.", icon=":material/hourglass_empty:")
        return
    alone = ranking(wide[[key for key in wide if not is_control(key)]], METRICS[chosen].better)
    told = [
        f"methods and controls {_differ(ranked)}",
        *([f"the methods alone {_differ(alone)}"] if alone else []),
    ]
    st.markdown(f"Over {ranked.images} {ranked.unit} {joined(told)}.")
    charts.draw(rank_charts.ranks(ranked), "leaderboard_ranks")
    st.caption(
        f"Each {ranked.unit[:-1]} ranks the methods. Bars on the right join methods whose mean "
        "ranks lie closer than the critical difference, so that Nemenyi's test cannot tell "
        "them apart at 5 %. It looks at ranks alone and at all pairs at once, so it "
        "tells fewer apart than the mark ◆, which looks at the values."
    )
    pairs = wilcoxon_pairs(wide)
    rows = [
        {
            "One": title_of(one),
            "Other": title_of(other),
            "p": three_digits(p),
            "Told apart": "yes" if p <= SURE else "no",
        }
        for (one, other), p in sorted(pairs.items(), key=lambda item: item[1])
    ]
    with st.expander("Every pair, by Wilcoxon's signed-rank test"):
        st.dataframe(
            rows, hide_index=True, height="content", alt="Pairs of methods with their p-values"
        )
        st.caption(f"After Holm's correction over the {len(rows)} pairs.")


def _differ(ranked: Ranking) -> str:
    finding = "rank differently" if ranked.p <= SURE else "are not shown to rank differently"
    return f"{finding} (Friedman, {plain(p_value(ranked.p))})"


def _cost(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    pair = telling_pair(scores)
    if "runtime" not in scores.metrics or pair is None:
        st.info(
            "This run has not measured runtime together with deletion and insertion. A "
            "run with the standard metrics has.",
            icon=":material/info:",
        )
        return
    estimates = {
        metric: {
            one.method: one.estimate for one in standing if one.metric == metric and one.estimate
        }
        for metric in (*pair, "runtime")
    }
    panels = {metric: estimates[metric] for metric in pair}
    units = {metric: scores.unit_of(metric) for metric in pair}
    charts.draw(leaderboard_charts.cost(estimates["runtime"], panels, units), "leaderboard_cost")
    st.caption(
        "Left is cheap, up is better for gains. Lines: 95 % intervals; time has none. Dotted: the "
        "Pareto front, methods than which none is both cheaper and better. Open diamonds: controls."
    )


def _repeatability(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    by_method = repeatability(scores)
    if not by_method:
        st.info(
            "Repeatability is not measured in this run. A run with the standard metrics has it.",
            icon=":material/info:",
        )
        return
    charts.draw(leaderboard_charts.repeatability(by_method), "leaderboard_repeatability")
    st.caption(REPEATS)


def _winner(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    chosen = _metric(_sampled(scores.metrics))
    wide = scores.of(chosen)
    won = winners(
        np.log(wide.where(wide > 0)) if METRICS[chosen].scale == "log" else wide,
        METRICS[chosen].better,
    )
    if not won:
        st.info(TOO_FEW, icon=":material/hourglass_empty:")
        return
    images = len(wide.dropna(axis=1, how="all").dropna())
    ordered = dict(sorted(won.items(), key=lambda item: -item[1]))
    first, share = next(iter(ordered.items()))
    words = (
        f"Drawn again from the same {images} {scores.unit}, {title_of(first)} has the best mean in "
        f"{100 * share:.0f} % of {DRAWS:,} draws."
    )
    st.markdown(plain(words))
    charts.draw(
        rank_charts.shares(ordered, "best mean, % of draws", "Best mean, share of draws"),
        "leaderboard_winner",
    )
    st.caption(
        f"How often another set of {scores.unit} like these would have another winner. A tie is "
        "shared."
    )


def _metrics(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    taus = metric_agreement(
        {metric: scores.of(metric) for metric in scores.metrics},
        {metric: METRICS[metric].better for metric in scores.metrics},
    )
    if not taus:
        st.info(
            "Two metrics over three methods are needed. Add some to a run.", icon=":material/info:"
        )
        return
    charts.draw(rank_charts.metric_agreement(taus, scores.metrics), "leaderboard_taus")
    count = len(scores.methods)
    st.caption(
        "Kendall's tau of the order of methods and controls by their means, better "
        "first: 1 one order, -1 the reverse. Two metrics that have nothing in "
        f"common lie between -{by_chance(count):.2f} and {by_chance(count):.2f} for "
        f"{count} methods, nineteen times in twenty."
    )


def _weights(run: Run, scores: Scores, standing: Sequence[Standing]) -> None:
    st.caption(
        "The weights are yours, and so is the order that they make: no composite is "
        "right by itself. It is kept nowhere and is in no report."
    )
    with st.container(horizontal=True):
        weights = {
            metric: st.number_input(
                metric_title(metric),
                0.0,
                10.0,
                1.0 if metric in EXCHANGES else 0.0,
                0.5,
                key=f"weight_{metric}",
                width=210,
            )
            for metric in scores.metrics
        }
    places = composite(scores, weights)
    if not any(weights.values()):
        st.info("Give at least one metric a weight above zero.", icon=":material/tune:")
        return
    if not places:
        st.info(
            "No method can be ranked by these weights: it takes two methods that have a "
            "value on an image.",
            icon=":material/tune:",
        )
        return
    left_out = [key for key in scores.methods if key not in places]
    if left_out:
        st.warning(
            f"Left out, since one of these metrics has no value of it: {plain(listed(left_out))}.",
            icon=":material/warning:",
        )
    charts.draw(leaderboard_charts.composites(places), "leaderboard_composite")
    first = next(iter(places))
    told = (
        f"By your weights {title_of(first)} stands first, at {three_digits(places[first].mean)}"
        + (": a control. Weigh again." if is_control(first) else ".")
    )
    st.markdown(plain(told))
    st.caption(
        f"On each {scores.unit[:-1]} the methods are ranked under each metric; a place is the mean "
        f"over metrics by their weights, its interval is over {scores.unit}."
    )


VIEWS: dict[str, Callable[[Run, Scores, Sequence[Standing]], None]] = {
    "Intervals": _intervals,
    "Controls": _controls,
    "Images": _images,
    "Ranks": _ranks,
    "Cost": _cost,
    "Repeats": _repeatability,
    "Winner": _winner,
    "Metrics": _metrics,
    "Your weights": _weights,
}
