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
from heatcheck.review.pairs import letters
from heatcheck.review.store import Seat
from heatcheck.review.tally import Outcome, Vote, in_words
from heatcheck.runs.csv_text import csv_of
from heatcheck.runs.keys import is_control
from heatcheck.server import service
from heatcheck.ui.session import seats
from heatcheck.ui.shared.markdown import plain

AGAINST = ("deletion", "insertion", "deletion_placement", "insertion_placement")


def follow(seat: Seat) -> None:
    """The outcome while votes come in, drawn again every few seconds; once revealed elsewhere, the
    whole page.
    """
    if seats.reviews().seat(seats.token()).session.state != "voting":
        st.rerun()
    show(seat)


def show(seat: Seat) -> None:
    """The outcome as the seat may see it."""
    found = seats.reviews().outcome(seats.token())
    hidden = seat.session.state == "voting"
    names = (
        letters(seat.session.id, seat.session.methods)
        if hidden
        else {one: _named(one) for one in seat.session.methods}
    )
    if seat.role == "reviewer":
        st.markdown(f"**{plain(found.title)}** · {seats.STATES[found.state]}")
    if not found.reviewers:
        st.info("Nobody has joined yet. Send the link round.", icon=":material/hourglass_empty:")
        return
    if found.decision and seat.role == "reviewer":
        st.success(
            f"**Decision by {plain(found.host)}.** {plain(found.decision)}", icon=":material/gavel:"
        )
    elif found.decision and found.state == "closed":
        st.success(f"**Decision.** {plain(found.decision)}", icon=":material/gavel:")
    _people(found)
    scores = None if hidden else _scores(found, seat)
    _tally(found, names, scores)
    if scores is not None:
        _against(found, scores)
    _disputed(found)
    _notes(found, names)
    if not hidden:
        frame = votes_table(found, names)
        st.download_button(
            "Votes, CSV",
            lambda: csv_of(frame),
            "heatcheck-votes.csv",
            "text/csv",
            icon=":material/download:",
        )


def _named(method: str) -> str:
    return title_of(method) + (" · control" if is_control(method) else "")


def _people(found: Outcome) -> None:
    done = sum(person.done == person.total for person in found.reviewers)
    votes = sum(person.done for person in found.reviewers)
    st.subheader(
        f"{done} of {plural(len(found.reviewers), 'reviewer')} done, {plural(votes, 'vote')}",
        anchor=False,
    )
    st.dataframe(
        {
            "Reviewer": [person.name for person in found.reviewers],
            "Answered": [f"{person.done} of {person.total}" for person in found.reviewers],
            "Progress": [100 * person.done / person.total for person in found.reviewers],
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


def _scores(found: Outcome, seat: Seat) -> Scores:
    """What the run measured on the session's images."""
    table = service.store().results.table(seat.session.run)
    return Scores(table[table["image"].isin(found.images)])


def _tally(found: Outcome, names: dict[str, str], scores: Scores | None) -> None:
    """Wins, ties and losses; once names are revealed, beside what the run measured."""
    hidden = scores is None
    st.subheader("Tally", anchor=False)
    st.markdown(plain(in_words(found.tally, names)))
    rows = sorted(found.tally, key=lambda one: names[one.method]) if hidden else list(found.tally)
    columns: dict[str, list[object]] = {
        "Method": [names[one.method] for one in rows],
        "Preference share": [interval(one.share) if one.share else "no votes" for one in rows],
        "Wins": [one.wins for one in rows],
        "Ties": [one.ties for one in rows],
        "Losses": [one.losses for one in rows],
        "Neither": [one.neither for one in rows],
    }
    if scores is not None:
        measured = {(one.method, one.metric): one for one in standings(scores, AGAINST)}
        for metric in dict.fromkeys(metric for _, metric in measured):
            columns[metric_title(metric)] = [
                interval(measured[one.method, metric].estimate) for one in rows
            ]
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height="content",
        alt="Tally: a row a method",
        column_config={
            "Method": st.column_config.TextColumn(pinned=True),
            "Preference share": st.column_config.TextColumn(width="medium"),
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
        f"In brackets the 95 % interval over images, for these reviewers; below {ENOUGH} "
        "images none is given."
    )


def _against(found: Outcome, scores: Scores) -> None:
    """How often each metric scores the map better that people preferred."""
    st.subheader("Do metrics see what people see?", anchor=False)
    held = [one for one in against_metrics(found.votes, scores) if one.votes]
    st.markdown(
        plain(against_in_words(held, {one.metric: METRICS[one.metric].title for one in held}))
    )
    if not held:
        return
    st.dataframe(
        {
            "Metric": [metric_title(one.metric) for one in held],
            "Agrees with the preferred map": [interval(one.share) for one in held],
            "Votes": [one.votes for one in held],
        },
        hide_index=True,
        height="content",
        alt="Agreement of metrics with votes: a row a metric",
    )
    st.caption(
        "Of the votes that preferred one map: how often the metric scores that map "
        "better on the same image. 0.5 is what a coin gets; in brackets the 95 % "
        "interval over images. A metric that goes with people measures what pleases "
        "them, which need not be what the model does."
    )


def _disputed(found: Outcome) -> None:
    st.subheader("Where people disagree", anchor=False)
    if not found.disputed:
        st.caption(
            "No two people have judged the same pair yet. Reviewers share about half of "
            "their pairs."
        )
        return
    st.dataframe(
        {
            "Image": [one.image for one in found.disputed[:10]],
            "Answered differently": [
                f"{three_digits(100 * one.share)} % of {plural(one.comparisons, 'comparison')}"
                for one in found.disputed[:10]
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


def _notes(found: Outcome, names: dict[str, str]) -> None:
    noted = [vote for vote in found.votes if vote.note]
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


def votes_table(found: Outcome, names: dict[str, str]) -> pd.DataFrame:
    """Every vote as a row."""
    preferred = {"left": lambda vote: names[vote.left], "right": lambda vote: names[vote.right]}
    return pd.DataFrame(
        [
            {
                "session": found.title,
                "reviewer": vote.reviewer,
                "image": vote.image,
                "left": names[vote.left],
                "right": names[vote.right],
                "choice": vote.choice,
                "preferred": preferred[vote.choice](vote) if vote.choice in preferred else "",
                "note": vote.note,
                "cast_at": vote.cast_at.isoformat(),
            }
            for vote in found.votes
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
