"""Write the cards of docs/methods.md and docs/metrics.md, the tables of docs/claims.md and the
terms of docs/glossary.md from what the code declares, and count the methods' passes.

    .venv/bin/python -m heatcheck.tools.write_cards

Everything between the two markers is written by this; a test fails where a page and the
declarations differ.
"""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import timm
import torch
from torch import Tensor, nn

from heatcheck.answer import glossary
from heatcheck.attribution import METHODS, Method, Target, attribute
from heatcheck.core.numbers import in_full, span
from heatcheck.core.registry import Citation, Registered, choices_of
from heatcheck.judgement.claims import CLAIMS, FAMILY
from heatcheck.judgement.questions import QUESTIONS, thresholds
from heatcheck.judgement.verdicts import asked
from heatcheck.metrics import METRICS, OBJECT_MASK, OTHER_CLASSES, OTHER_IMAGES, Metric
from heatcheck.metrics.base import OURS
from heatcheck.metrics.curves import ON

PAGE, METRICS_PAGE, CLAIMS_PAGE, GLOSSARY_PAGE = (
    Path(__file__).parent.parent / "docs" / name
    for name in ("methods.md", "metrics.md", "claims.md", "glossary.md")
)
WANTS = {
    OTHER_IMAGES: "two images at least",
    OBJECT_MASK: "images with masks",
    OTHER_CLASSES: "two classes at least",
}
BEGIN, END = "<!-- cards: written by tools/write_cards.py -->", "<!-- end of cards -->"


class Stub(nn.Module):
    """A convolutional network that is cheap to run, with the 1280 feature maps of 7 x 7 that
    EfficientNet-Lite0 has at 224 pixels.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shrink, self.features, self.act, self.head = (
            nn.AvgPool2d(32),
            nn.Conv2d(3, 1280, 1),
            nn.ReLU(),
            nn.Linear(1280, 2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Two logits."""
        return self.head(self.act(self.features(self.shrink(x))).mean((2, 3)))


def passes(name: str) -> tuple[int, int]:
    """Forward and backward passes of one map at the defaults, at 224 x 224 pixels."""
    torch.manual_seed(0)
    transformer = "attention" in METHODS[name].needs
    model = (
        timm.models.VisionTransformer(224, 32, embed_dim=12, depth=1, num_heads=1, num_classes=2)
        if transformer
        else Stub()
    )
    x = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)) - 0.5
    target = Target(model.eval(), 1, x, mean=0.5, std=0.5, references=x.flip(3))
    counted = attribute(METHODS.build(name), target, x).passes
    return counted.forward, counted.backward


def cards() -> str:
    """The table and a card a method."""
    counted = {name: passes(name) for name in METHODS}
    lines = [
        "| method | family | standard | signed | needs | forward | backward |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, method in METHODS.items():
        by_sum = "reduce" in method.__dataclass_fields__ and name not in (
            "smoothgrad_squared",
            "vargrad",
        )  # squares have no sign
        signed = "yes" if method.signed else 'by `reduce="sum"`' if by_sum else "no"
        needs = ", ".join(sorted(method.needs)) or "nothing"
        forward, backward = counted[name]
        anchor = f"{method.title.lower().replace(' ', '-').replace('+', '')}-{name}"
        standard = "yes" if method.standard else ""
        lines.append(
            f"| [{method.title}](#{anchor}) | {method.family} | {standard} | {signed} | "
            f"{needs} | {forward} | {backward} |"
        )
    return (
        "\n".join(lines)
        + "\n\n"
        + "\n".join(_card(method, *counted[name]) for name, method in METHODS.items())
    )


def _card(method: type[Method], forward: int, backward: int) -> str:
    cite = method.cite
    source = f"[{cite.title}]({cite.url})" if cite.url else cite.title
    parts = [
        f"## {method.title} (`{method.name}`)",
        f"$${method.formula}$$",
        f"Source: {cite.authors} {cite.year}, {source}.",
        method.summary,
        inspect.cleandoc(method.__doc__ or ""),
        _parameters(method),
        f"**It cannot** {method.cannot[0].lower()}{method.cannot[1:]}",
        f"**It compares with.** {method.reference}" if method.reference else "",
        f"**Cost.** {forward} forward, {backward} backward.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def metric_cards() -> str:
    """The table and a card a metric."""
    lines = [
        "| metric | family | standard | better | unit | bounds | needs | side values |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, metric in METRICS.items():
        sides = ", ".join(dict.fromkeys(f"`{_short(side)}`" for side in metric.sides)) or "none"
        needs = ", ".join(WANTS[need] for need in sorted(metric.needs)) or "the map"
        standard = "yes" if metric.standard else ""
        lines.append(
            f"| [`{name}`](#{_anchor(metric)}) | {metric.family} | {standard} | "
            f"{metric.better} | {metric.unit} | {span(*metric.bounds)} | {needs} | {sides} |"
        )
    return (
        "\n".join(lines) + "\n\n" + "\n".join(_metric_card(metric) for metric in METRICS.values())
    )


def _anchor(entry: type[Registered]) -> str:
    words = f"{entry.title} {entry.name}".lower().replace(" ", "-")
    return "".join(letter for letter in words if letter.isalnum() or letter in "-_")


def _short(side: str) -> str:
    """A side value's name; those of substrates under one."""
    return f"{ON}SUBSTRATE" if side.startswith(ON) else side


def _metric_card(metric: type[Metric]) -> str:
    cite = metric.cite
    source = (
        "Heatcheck."
        if cite.authors == "Heatcheck"
        else f"{cite.authors} {cite.year}, [{cite.title}]({cite.url})."
    )
    sides = list(
        dict.fromkeys(
            f"| `{metric.name}.{_short(name)}` | {side.unit} | "
            f"{side.what.replace(name.removeprefix(ON), 'of that name')} |"
            if name.startswith(ON)
            else f"| `{metric.name}.{name}` | {side.unit} | {side.what} |"
            for name, side in metric.sides.items()
        )
    )
    needs = f" Needs {' and '.join(sorted(metric.needs))}." if metric.needs else ""
    mean = " Averaged over images as a geometric mean." if metric.scale == "log" else ""
    parts = [
        f"## {metric.title} (`{metric.name}`)",
        f"$${metric.formula}$$",
        metric.summary,
        inspect.cleandoc(metric.__doc__ or ""),
        f"**{metric.better.capitalize()} is better**; in {metric.unit}, "
        f"{span(*metric.bounds)}.{needs}{mean}",
        "\n".join(["| side value | unit | what |", "|---|---|---|", *sides]) if sides else "",
        f"**Biased by.** {metric.misleads}",
        _parameters(metric),
        f"Source: {source}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def claims_tables() -> str:
    """The textbook's claims, and the questions that are put to every method."""
    lines = [
        "| the textbook says of | that it is | kind | which asks for | source |",
        "|---|---|---|---|---|",
    ]
    for claim in CLAIMS:
        about = claim.about if claim.about == FAMILY else METHODS[claim.about].title
        lines.append(
            f"| {about} | {claim.words} | {claim.kind} | {asked(claim)} | {claim.source} |"
        )
    lines += ["", "| question, put to every method | decided by | needs |", "|---|---|---|"]
    for question in QUESTIONS.values():
        lines.append(f"| {question.title} | {question.decided_by} | {question.needs} |")
    lines += ["", "| threshold | default |", "|---|---:|"]
    lines += [f"| `{name}` | {in_full(one.default)} |" for name, one in thresholds().items()]
    return "\n".join(lines) + "\n"


def _parameters(method: type[Registered]) -> str:
    rows = []
    for field in dataclasses.fields(method):
        meta, choices = field.metadata, choices_of(field)
        if field.name == "of":
            values = (
                "the name of another method"
                if method.name == "inverted"
                else "the name of a gradient method"
            )
        elif choices:
            values = ", ".join(f"`{choice}`" for choice in choices)
        elif meta["low"] is None:
            values = "a name from `model.named_modules()`"
        else:
            unit = f", in {meta['unit']}" if meta["unit"] else ""
            values = f"{span(meta['low'], meta['high'])}{unit}" + "".join(
                f", or `{word}`" for word in meta["words"]
            )
        default = "empty" if field.default == "" else f"`{field.default}`"
        rows.append(f"| `{field.name}` | {default} | {values} | {meta['help']} | {meta['why']} |")
    return (
        "\n".join(
            [
                "| parameter | default | values | what it is | why this default |",
                "|---|---|---|---|---|",
                *rows,
            ]
        )
        if rows
        else ""
    )


def terms() -> str:
    """The glossary, a heading a term."""
    return "\n".join(
        f"## {term.word}\n\n{term.line} {term.reading}\n\n{_source(term.source)}\n"
        for term in glossary.TERMS
    )


def _source(cite: Citation) -> str:
    if cite == OURS:
        return "Source: this project."
    title = f"[{cite.title}]({cite.url})" if cite.url else cite.title
    return f"Source: {cite.authors} {cite.year}, {title}."


def written(page: str, cards: str) -> str:
    """The page with these cards between its markers."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{cards}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), cards()))
    METRICS_PAGE.write_text(written(METRICS_PAGE.read_text(), metric_cards()))
    CLAIMS_PAGE.write_text(written(CLAIMS_PAGE.read_text(), claims_tables()))
    GLOSSARY_PAGE.write_text(written(GLOSSARY_PAGE.read_text(), terms()))
