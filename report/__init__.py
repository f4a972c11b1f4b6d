"""A run and its team sessions as one self-contained HTML file. Knows runs, judgement, drawing and
review.
"""

from heatcheck.report.build import build

__all__ = ["build"]
