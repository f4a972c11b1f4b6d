"""The formats of a report, and which one a file's ending asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heatcheck.core.errors import BadParameter, unknown
from heatcheck.report import against, document
from heatcheck.report.build import page
from heatcheck.report.markdown import card, markdown
from heatcheck.report.printing import printed
from heatcheck.report.subject import Subject
from heatcheck.review.tally import Outcome


@dataclass(frozen=True)
class Format:
    """A format: what it is, the endings of its files, the first of which is given, and its type."""

    name: str
    title: str
    endings: tuple[str, ...]
    mime: str


FORMATS = {
    one.name: one
    for one in (
        Format("html", "one HTML file that opens offline", (".html", ".htm"), "text/html"),
        Format("md", "Markdown", (".md", ".markdown"), "text/markdown"),
        Format("pdf", "PDF", (".pdf",), "application/pdf"),
        Format("json", "JSON", (".json",), "application/json"),
        Format(
            "card", "a Markdown section for a model card", (".md", ".markdown"), "text/markdown"
        ),
    )
}
DEFAULT = "html"


def chosen(name: str | None, out: Path | None) -> Format:
    """The format that is asked for: by its name, else by the ending of the file, else HTML.

    Raises:
        UnknownName: there is no such format. BadParameter: the ending says another one, or none
            that is known.
    """
    if name is not None and name not in FORMATS:
        raise unknown("format", name, FORMATS)
    ending = out.suffix.lower() if out is not None else ""
    by_ending = next((one for one in FORMATS.values() if ending in one.endings), None)
    if name is not None:
        asked = FORMATS[name]
        if by_ending is not None and ending not in asked.endings:
            raise BadParameter(
                f"Expected --format and the ending of --out to agree. Got --format {name} and "
                f"{out}. Leave one of them out, or end the file in {asked.endings[0]}."
            )
        return asked
    if by_ending is None and ending:
        known = ", ".join(dict.fromkeys(one.endings[0] for one in FORMATS.values()))
        raise BadParameter(
            f"Expected --out to end in {known}. Got {out}. Say which format with --format."
        )
    return by_ending or FORMATS[DEFAULT]


def written(subject: Subject, name: str, outcomes: Sequence[Outcome] = ()) -> bytes:
    """A run in a format, as the bytes of a file. Team sessions stand in HTML and PDF.

    Raises:
        BadParameter: there is no Chromium to print a PDF with.
    """
    if name in ("html", "pdf"):
        html = page(subject, outcomes)
        return printed(html) if name == "pdf" else html.encode()
    if name == "json":
        return document.text(document.document(subject)).encode()
    return (card if name == "card" else markdown)(subject).encode()


def written_against(now: Subject, then: Subject, name: str) -> bytes:
    """A run against an earlier one in a format, as the bytes of a file.

    Raises:
        BadParameter: it is one run, the runs share no method, a model card holds no comparison, or
            there is no Chromium to print a PDF with.
    """
    if name == "card":
        raise BadParameter(
            "Expected html, md, pdf or json with --against. Got card, which tells of one run."
        )
    if name in ("html", "pdf"):
        html = against.html(now, then)
        return printed(html) if name == "pdf" else html.encode()
    return (against.text if name == "json" else against.markdown)(now, then).encode()
