"""For Python programs and notebooks: a model object becomes an answer, in this process."""

from heatcheck.attribution.captum_method import captum_method
from heatcheck.notebook.comparison import Comparison, compare
from heatcheck.notebook.evaluation import evaluate
from heatcheck.notebook.result import Result

__all__ = ["Comparison", "Result", "captum_method", "compare", "evaluate"]
