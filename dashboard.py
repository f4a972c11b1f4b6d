"""The dashboard's entry: page settings and navigation; no logic."""

from __future__ import annotations

import streamlit as st

from heatcheck.ui.compare import choices
from heatcheck.ui.shared import brand, outages


def main() -> None:
    """Run the page that the address names."""
    brand.before()
    page = st.navigation(
        [
            st.Page(
                "pages/explore/compare.py",
                title="Compare",
                icon=":material/compare:",
                default=True,
                help="One image, many methods side by side, each with its scores.",
            ),
            st.Page(
                "pages/explore/methods.py",
                title="Methods",
                icon=":material/functions:",
                url_path="methods",
                help="What each method computes, where it comes from, and what its parameters do.",
            ),
            st.Page(
                "pages/evaluate/runs.py",
                title="Runs",
                icon=":material/play_circle:",
                url_path="runs",
                help="What ran, what runs, and how far it is.",
            ),
            st.Page(
                "pages/evaluate/leaderboard.py",
                title="Leaderboard",
                icon=":material/leaderboard:",
                url_path="leaderboard",
                help="A run's methods under every metric, with intervals.",
            ),
            st.Page(
                "pages/evaluate/strengths.py",
                title="Strengths and limitations",
                icon=":material/balance:",
                url_path="strengths",
                help="The textbook's claims beside what a run measured.",
            ),
            st.Page(
                "pages/review/session.py",
                title="Session",
                icon=":material/groups:",
                url_path="session",
                help="A team looks, votes blind, notes, decides.",
            ),
            st.Page(
                "pages/review/reports.py",
                title="Report",
                icon=":material/description:",
                url_path="report",
                help="A run and its team sessions as one file.",
            ),
        ],
        position="top",
    )
    brand.show(page.title)
    choices.keep()
    outages.drawn(page.run)


if __name__ == "__main__":  # a worker that imports this file draws no page
    main()
