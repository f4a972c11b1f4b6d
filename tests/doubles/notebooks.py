"""A notebook's code cells, run one after another in one namespace, as Jupyter runs them."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from pathlib import Path
from typing import Any


def code_cells(path: Path) -> list[str]:
    """The source of each code cell."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def ran(path: Path) -> tuple[list[str], list[Any]]:
    """What each code cell prints, and the value of its last line; None where that has none."""
    space: dict[str, Any] = {"__name__": "__main__"}
    printed, values = [], []
    for place, source in enumerate(code_cells(path)):
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(tree, f"cell {place}", "exec"), space)
            value = None
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), f"cell {place}", "eval"), space)
        printed.append(out.getvalue().rstrip("\n"))
        values.append(value)
    return printed, values
