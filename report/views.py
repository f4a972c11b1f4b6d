"""Parts of pages that stand alone: what a notebook shows of a run, and one picture by many methods.

They load nothing. Where their script may run, opacity, focus and colours can be moved; else the
PNGs stand. Styles and script reach nothing outside them, and are light, so that they can be read on
any page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heatcheck.answer.glance import COLUMNS
from heatcheck.judgement.model_check import BARRED
from heatcheck.report import gallery, heatmaps, parts
from heatcheck.report.build import rendered
from heatcheck.report.subject import Subject


@dataclass(frozen=True)
class Panel:
    """A method's heatmap over the picture, as PNG and as `flat`; without one the reason in a
    sentence.
    """

    method: str
    png: bytes | None
    reason: str = ""
    flat: bytes | None = None


def of_result(subject: Subject) -> str:
    """A run's answer, how sure it is, one picture by all methods, and the table at a glance."""
    pictures = gallery.gallery(subject)
    return rendered(
        "result.html",
        (heatmaps.SCRIPT,),
        subject=subject,
        run=subject.run,
        summary=subject.summary,
        columns=COLUMNS,
        barred=BARRED if subject.scores.barred else "",
        tones=parts.TONES,
        sure=parts.sample_said(subject),
        typical=pictures.typical,
        heatmaps=gallery.data([pictures.typical] if pictures.typical else []),
        **heatmaps.still(),
    )


def side_by_side(
    title: str,
    name: str,
    picture: bytes,
    panels: Sequence[Panel],
    notes: Sequence[str] = (),
    *,
    whole: bool,
) -> str:
    """One picture, PNG, beside the heatmaps of several methods; a whole page, or the part of one.

    Args:
        title: what is explained, with its probability.
        name: the image's.
        picture: what the model sees.
        panels: a heatmap a method, in their order.
        notes: what is said of the model and the image, a sentence each.
        whole: whether it is a page of its own.
    """
    return rendered(
        "alone.html" if whole else "comparison.html",
        (heatmaps.SCRIPT,),
        title=title,
        name=name,
        picture=picture,
        panels=panels,
        notes=notes,
        heatmaps=heatmaps.data(
            {"only": picture}, {"only": {one.method: one.flat for one in panels}}
        ),
        **heatmaps.still(),
    )
