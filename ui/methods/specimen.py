"""What the laboratory looks at, and what its parts share: asking the worker, and walls of maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from heatcheck.attribution import Output
from heatcheck.runs.cells import Subject
from heatcheck.runs.laboratory import Begun
from heatcheck.server import service

WIDTH = 150  # pixels of a map at least


@dataclass(frozen=True, eq=False)
class Specimen:
    """A picture, and the class that is explained."""

    subject: Subject
    class_index: int
    output: Output
    shown: np.ndarray  # [H,W,3] uint8: as people see it

    def ask(self, work: Callable[..., Any], *details: Any, what: str) -> Any:
        """A question of `runs/laboratory.py`, answered; `what` says what is worked at meanwhile. A
        long one is asked part by part. Raises HeatcheckError where there is no answer.
        """
        bench, about = service.workbench(), (self.subject, self.class_index, *details)
        with st.spinner(f"{what} …", show_time=True):
            answer = bench.laboratory(work, *about)
            while isinstance(answer, Begun):
                answer = bench.laboratory(work, *about, answer)
            return answer


@dataclass(frozen=True)
class Plate:
    """A picture with its title, what is said below it, and what it shows in words."""

    title: str
    picture: bytes
    alt: str
    caption: str = ""


def wall(plates: Sequence[Plate], columns: int = 4, least: int = WIDTH) -> None:
    """Plates side by side, each at least that many pixels wide; fewer in a row on a narrow
    screen.
    """
    with st.grid(columns, min_column_width=least, gap="small"):
        for plate in plates:
            with st.container(gap="xxsmall"):
                st.markdown(f"**{plate.title}**")
                st.image(plate.picture, width="stretch", output_format="PNG", alt=plate.alt)
                if plate.caption:
                    st.caption(plate.caption)
