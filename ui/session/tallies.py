"""What has come of a session: who is done, the tally, disagreement, notes. Methods are letters
until the names are revealed.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from heatcheck.drawing.labels import metric_title, plural
from heatcheck.judgement.phrases import interval, three_digits, title_of
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import standings
from heatcheck.judgement.statistics import ENOUGH
from heatcheck.metrics import METRICS
from heatcheck.review.metric_agreement import against_metrics
from heatcheck.review.metric_agreement import in_words as against_in_words
from heatcheck.review.store import Seat
from heatcheck.review.tally import Outcome, Vote, in_words
from heatcheck.runs.csv_text import csv_of
from heatcheck.runs.keys import is_control
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.session import seats
from heatcheck.ui.shared import answer, growth
from heatcheck.ui.shared.markdown import plain

AGAINST = ("deletion", "insertion", "deletion_placement", "insertion_placement")


def follow(seat: Seat) -> None:
    """The outcome while votes come in, drawn again every few seconds; once revealed elsewhere, the
    whole page.
    """
    if seats.state(seats.token()) != "voting":
        st.rerun()
    show(seat)


def show(seat: Seat) -> None:
    """The outcome as the seat may see it."""
    outcome = seats.reviews().outcome(seats.token())
    hidden = seat.session.state == "voting"
    names = {row.method: row.method if hidden else _named(row.method) for row in outcome.tally}
    if seat.role == "reviewer":
        st.markdown(f"**{plain(outcome.title)}** · {seats.STATES[outcome.state]}")
    if not outcome.reviewers:
        st.info("Nobody has joined yet. Send the link round.", icon=":material/hourglass_empty:")
        return
    if outcome.decision and seat.role == "reviewer":
        st.success(
            f"**Decision by {plain(outcome.host)}.** {_lines(outcome.decision)}",
            icon=":material/gavel:",
        )
    elif outcome.decision and outcome.state == "closed":
        st.success(f"**Decision.** {_lines(outcome.decision)}", icon=":material/gavel:")
    if hidden:
        _people(outcome)
    scores = None if hidden else _scores(outcome, seat)
    _tally(outcome, names, scores)
    if scores is not None:
        _against(outcome, scores)
    _disputed(outcome)
    _notes(outcome, names)
    if not hidden:
        _people(outcome)
        frame = votes_table(outcome, names)
        st.download_button(
            "Votes, CSV",
            lambda: csv_of(frame),
            "heatcheck-votes.csv",
            "text/csv",
            icon=":material/download:",
        )


def _lines(text: str) -> str:
    """Text of people in Markdown, its line breaks kept."""
    return plain(text).replace("\n", "  \n")


def _named(method: str) -> str:
    return title_of(method) + (" · control" if is_control(method) else "")


def _people(outcome: Outcome) -> None:
    done = sum(person.done == person.total for person in outcome.reviewers)
    votes = sum(person.done for person in outcome.reviewers)
    st.subheader(
        f"{done} of {plural(len(outcome.reviewers), 'reviewer')} done, {plural(votes, 'vote')}",
        anchor=False,
    )
    st.dataframe(
        {
            "Reviewer": [person.name for person in outcome.reviewers],
            "Answered": [f"{person.done} of {person.total}" for person in outcome.reviewers],
            "Progress": [100 * person.done / person.total for person in outcome.reviewers],
        },
        column_config={
            "Progress": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100
            )
        },
        hide_index=True,
        height="content",
        alt="Reviewers and how far each is",
    )


def _scores(outcome: Outcome, seat: Seat) -> Scores:
    """What the run measured on the session's images."""
    run = service.store().runs.get(seat.session.run)
    return _on(service.store().url, run.id, growth.state(run), tuple(outcome.images), run)


@st.cache_resource(max_entries=8, show_spinner=False)
def _on(
    store: str, run: str, state: tuple[object, ...], images: tuple[str, ...], _run: Run
) -> Scores:
    table = answer.scores_of(_run).table
    return Scores(table[table["image"].isin(images)])


def _tally(outcome: Outcome, names: dict[str, str], scores: Scores | None) -> None:
    """Wins, ties and losses; once names are revealed, beside what the run measured."""
    hidden = scores is None
    st.subheader("Tally", anchor=False)
    st.markdown(plain(in_words(outcome.tally, names)))
    rows = outcome.tally
    columns: dict[str, list[object]] = {
        "Method": [names[row.method] for row in rows],
        "Preference share": [interval(row.share) if row.share else "no votes" for row in rows],
        "Wins": [row.wins for row in rows],
        "Ties": [row.ties for row in rows],
        "Losses": [row.losses for row in rows],
        "Neither": [row.neither for row in rows],
    }
    if scores is not None:
        measured = {(row.method, row.metric): row for row in standings(scores, AGAINST)}
        for metric in dict.fromkeys(metric for _, metric in measured):
            columns[metric_title(metric)] = [
                interval(measured[row.method, metric].estimate) for row in rows
            ]
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height="content",
        alt="Tally: a row a method",
        column_config={
            "Method": st.column_config.TextColumn(pinned=True),
            "Preference share": st.column_config.TextColumn(
                width="medium", help="0 to 1; higher is preferred more often."
            ),
            **{
                metric_title(metric): st.column_config.TextColumn(
                    help=METRICS[metric].summary  # its cautions name controls, votes may go on
                )
                for metric in AGAINST
            },
        },
    )
    hint = (
        "Names stay hidden until the voting has ended, from you too. "
        if hidden
        else "Beside the votes: what the run measured on the same images. "
    )
    st.caption(
        f"{hint}Preference share: the mean over a method's votes, a win counting 1, a tie "
        "or neither a half, a loss 0; 0.5 is no preference. "
        "In brackets the 95 % interval over images (those of one sample together), for these "
        f"reviewers; below {ENOUGH} none is given."
    )


def _against(outcome: Outcome, scores: Scores) -> None:
    """How often each metric scores the map better that people preferred."""
    st.subheader("Do metrics see what people see?", anchor=False)
    agreement = [row for row in against_metrics(outcome.votes, scores) if row.votes]
    st.markdown(
        plain(
            against_in_words(
                agreement, {row.metric: METRICS[row.metric].title for row in agreement}
            )
        )
    )
    if not agreement:
        return
    st.dataframe(
        {
            "Metric": [metric_title(row.metric) for row in agreement],
            "Agrees with the preferred map": [interval(row.share) for row in agreement],
            "Votes": [row.votes for row in agreement],
        },
        hide_index=True,
        height="content",
        alt="Agreement of metrics with votes: a row a metric",
        column_config={
            "Agrees with the preferred map": st.column_config.TextColumn(
                help="Share of the votes, 0 to 1; higher goes with people more often."
            )
        },
    )
    st.caption(
        "Of the votes that preferred one map: how often the metric scores that map "
        "better on the same image. 0.5 is what a coin gets; in brackets the 95 % "
        f"interval over {scores.unit}. A metric that goes with people measures what pleases "
        "them, which need not be what the model does."
    )


def _disputed(outcome: Outcome) -> None:
    st.subheader("Where people disagree", anchor=False)
    if not outcome.disputed:
        st.caption(
            "No two people have judged the same pair yet. Reviewers share about half of "
            "their pairs."
        )
        return
    st.dataframe(
        {
            "Image": [row.image for row in outcome.disputed[:10]],
            "Answered differently": [
                f"{three_digits(100 * row.share)} % of {plural(row.comparisons, 'comparison')}"
                for row in outcome.disputed[:10]
            ],
        },
        hide_index=True,
        height="content",
        alt="Images with most disagreement",
    )
    st.caption(
        "How often two people who judged the same pair of maps on this image gave "
        "different answers."
    )


def _notes(outcome: Outcome, names: dict[str, str]) -> None:
    noted = [vote for vote in outcome.votes if vote.note]
    if not noted:
        return
    st.subheader("Notes", anchor=False)
    st.dataframe(
        {
            "Image": [vote.image for vote in noted],
            "Reviewer": [vote.reviewer for vote in noted],
            "Answer": [_answer(vote, names) for vote in noted],
            "Note": [vote.note for vote in noted],
        },
        hide_index=True,
        height="content",
        alt="Notes of the reviewers",
        row_height=None,
    )


def _answer(vote: Vote, names: dict[str, str]) -> str:
    left, right = names[vote.left], names[vote.right]
    return {
        "left": f"{left} over {right}",
        "right": f"{right} over {left}",
        "tie": f"{left} and {right} alike",
        "neither": f"neither {left} nor {right}",
        "": f"not answered: {left}, {right}",
    }[vote.choice]


def votes_table(outcome: Outcome, names: dict[str, str]) -> pd.DataFrame:
    """Every vote as a row."""
    preferred = {"left": lambda vote: names[vote.left], "right": lambda vote: names[vote.right]}
    return pd.DataFrame(
        [
            {
                "session": outcome.title,
                "reviewer": vote.reviewer,
                "image": vote.image,
                "left": names[vote.left],
                "right": names[vote.right],
                "choice": vote.choice,
                "preferred": preferred[vote.choice](vote) if vote.choice in preferred else "",
                "note": vote.note,
                "cast_at": vote.cast_at.isoformat(),
            }
            for vote in outcome.votes
        ],
        columns=[
            "session",
            "reviewer",
            "image",
            "left",
            "right",
            "choice",
            "preferred",
            "note",
            "cast_at",
        ],
    )
