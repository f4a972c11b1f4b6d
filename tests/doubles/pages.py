"""Pages without a browser: opened, and what they say."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from heatcheck.server import service

ROOT = Path(service.__file__).parent.parent
PAGES = {
    "methods": "pages/explore/methods.py",
    "runs": "pages/evaluate/runs.py",
    "leaderboard": "pages/evaluate/leaderboard.py",
    "strengths": "pages/evaluate/strengths.py",
    "report": "pages/review/reports.py",
    "session": "pages/review/session.py",
}


def opened(page: str, **address: str) -> AppTest:
    """A page, drawn once without an exception; `address` is what stands behind its `?`."""
    made = AppTest.from_file(str(ROOT / PAGES[page]), default_timeout=30)
    for name, value in address.items():
        made.query_params[name] = value
    made.run()
    assert not made.exception, made.exception
    return made


def text(page: AppTest) -> str:
    """What a page says."""
    return "\n".join(
        str(element.value)
        for kind in ("title", "markdown", "caption", "info", "warning", "error", "subheader")
        for element in page.get(kind)
    )
