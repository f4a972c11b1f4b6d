"""Heatcheck: which attribution method may we trust, for this model, on these images?

    import heatcheck

    heatcheck.evaluate(model, images)  # the answer for a model object: docs/notebook.md
    heatcheck.compare(model, image)  # the heatmaps of one image, side by side

The repository's root is this package, so that its folders are `heatcheck.attribution`,
`heatcheck.metrics` and so on (docs/decisions/015-one-package.md). Importing it imports nothing
else: what is named here comes when it is first asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from heatcheck.notebook import Comparison, Result, captum_method, compare, evaluate

__all__ = ["Comparison", "Result", "captum_method", "compare", "evaluate"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'heatcheck' has no attribute {name!r}")
    from heatcheck import notebook

    return getattr(notebook, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
