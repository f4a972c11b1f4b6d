"""A run and its team sessions, or a run against an earlier one, as a file: HTML, Markdown, JSON or
PDF. Knows runs, judgement, answer, drawing and review.
"""

from heatcheck.report.build import build

__all__ = ["build"]
