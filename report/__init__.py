"""A run and its team sessions as one self-contained HTML file. Knows evaluation, drawing and review."""

from report.build import build

__all__ = ["build"]
