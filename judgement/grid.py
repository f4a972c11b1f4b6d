"""A run's tidy table read by column, once: which image, method and metric each row is of, as
numbers; and a metric's values as images x methods.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pandas as pd


class Grid:
    """A tidy table by places instead of names. The table is shared and never written to."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics and side values that have a row, in the table's order."""
        return tuple(map(str, self._by_metric[1]))

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The methods and controls that have a row, in the table's order."""
        return tuple(self._by_method[1])

    @cached_property
    def images(self) -> tuple[str, ...]:
        """The images that have a row, in the table's order."""
        return tuple(self._by_image[1])

    def rows(self, metric: str) -> np.ndarray:
        """The places of a metric's rows in the table; none where it has none."""
        return self._rows.get(metric, np.empty(0, dtype=np.intp))

    def first(self, column: str) -> Iterator[tuple[str, str]]:
        """Each image with what a column says in its first row."""
        codes, images = self._by_image
        places = np.empty(len(images), dtype=np.intp)
        places[codes[::-1]] = np.arange(len(codes))[::-1]  # of equal places the last write stays
        return zip(images, self._table[column].iloc[places], strict=True)

    def counts(self, rows: np.ndarray) -> dict[str, int]:
        """On how many images each method has one of these rows (a mask over the table); without
        the methods that have none.
        """
        images, methods = self._by_image[0][rows], self._by_method[0][rows]
        seen = np.zeros((len(self.methods), len(self.images)), dtype=bool)
        seen[methods, images] = True
        counts = seen.sum(axis=1)
        return {key: int(count) for key, count in zip(self.methods, counts, strict=True) if count}

    def wide(self, metric: str) -> pd.DataFrame:
        """A metric as images x methods: the images that have a row in the order of their names, the
        methods in the table's order; a missing value is NaN.

        Raises:
            ValueError: two rows are of one image and method.
        """
        rows = self.rows(metric)
        images, methods = self._by_image[0][rows], self._by_method[0][rows]
        names = np.asarray(self._by_image[1], dtype=object)
        here = np.unique(images)
        order = here[np.argsort(names[here], kind="stable")]
        columns = pd.unique(methods)
        line, column = np.empty(len(names), np.intp), np.empty(len(self.methods), np.intp)
        line[order], column[columns] = np.arange(len(order)), np.arange(len(columns))
        cells = line[images] * len(columns) + column[methods]
        if len(np.unique(cells)) < len(cells):
            raise ValueError(
                f"Expected one value of {metric} an image and method. Got several. "
                "Judge one run at a time."
            )
        values = np.full(len(order) * len(columns), np.nan)
        values[cells] = self._values[rows]
        return pd.DataFrame(
            values.reshape(len(order), len(columns)),
            index=self._by_image[1][order].rename("image"),
            columns=self._by_method[1][columns].rename("method"),
        )

    @cached_property
    def _values(self) -> np.ndarray:
        return self._table["value"].to_numpy(dtype=np.float64)

    @cached_property
    def _by_image(self) -> tuple[np.ndarray, pd.Index]:
        return self._coded("image")

    @cached_property
    def _by_method(self) -> tuple[np.ndarray, pd.Index]:
        return self._coded("method")

    @cached_property
    def _by_metric(self) -> tuple[np.ndarray, pd.Index]:
        return self._coded("metric")

    def _coded(self, column: str) -> tuple[np.ndarray, pd.Index]:
        """Each row's place in the list of different names, and that list."""
        codes, names = pd.factorize(self._table[column])
        return codes, pd.Index(names).astype(str)

    @cached_property
    def _rows(self) -> dict[str, np.ndarray]:
        codes = self._by_metric[0]
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(self.metrics)))
        parts = np.split(order, ends)  # the last of them is empty
        return dict(zip(self.metrics, parts, strict=False))
