"""The classes of an image: what the model sees, what its label means, and which are explained."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from heatcheck.answer import glossary
from heatcheck.attribution import Output
from heatcheck.drawing.labels import sureness
from heatcheck.inputs.labels import matched
from heatcheck.judgement.phrases import joined, three_digits
from heatcheck.runs.cells import Prediction, Subject
from heatcheck.server import service
from heatcheck.ui.compare import sets
from heatcheck.ui.shared import address
from heatcheck.ui.shared.markdown import plain

LONG = 10  # digits that no class has
ROW = 28  # pixels of a row of the classes: the heatmaps below are to be on the first screen


def meant(label: str, names: tuple[str, ...]) -> int | None:
    """The class index that an image's label means beside the other labels of its set; None where it
    has none, or means none.
    """
    if not label:
        return None
    return matched(sets.catalogue(service.image_source()).labels, names).of(label)


def show_prediction(
    prediction: Prediction,
    names: tuple[str, ...],
    explained: Sequence[int],
    label: int | None,
    given: str,
) -> None:
    """What the model sees, which classes the heatmaps explain, the label, and whether it agrees, in
    a line.
    """
    top = prediction.classes[0]
    verdict = (
        f"Label: **{plain(names[label] if label is not None else given)}**"
        if given
        else "No label is known for this image."
    )
    if label is not None and prediction.output.exclusive:
        place = prediction.classes.index(label) + 1 if label in prediction.classes else None
        if label == top:
            verdict += " :green-badge[:material/check: the model is right]"
        else:
            verdict += (
                " :red-badge[:material/close: the model is "
                f"wrong{f': the label is number {place} of its guesses' if place else ''}]"
            )
    sees = "gives most to" if prediction.output is Output.SCORE else "sees"
    classes = [f"**{plain(names[index])}**" for index in explained]
    told = "it" if list(explained) == [top] else joined(classes)
    st.markdown(f"The model {sees} **{plain(names[top])}**; the heatmaps explain {told}. {verdict}")


def show_likely(prediction: Prediction, names: tuple[str, ...]) -> None:
    """The most probable classes, and how the outputs are read."""
    if prediction.reading:
        st.caption(f"Its outputs are read as {prediction.reading}.")
    st.dataframe(
        {
            "Class": [names[index] for index in prediction.classes],
            **_shares(prediction),
        },
        column_config={
            "Probability": st.column_config.ProgressColumn(
                format="%.1f %%", min_value=0, max_value=100
            ),
            "Output": st.column_config.TextColumn(alignment="right"),
        },
        hide_index=True,
        height="content",
        row_height=ROW,
        alt=f"The {len(prediction.classes)} most probable classes",
    )


def _shares(prediction: Prediction) -> dict[str, list[float] | list[str]]:
    """What the model gives each class: a probability, or a plain score."""
    if prediction.output is Output.SCORE:
        return {"Output": [three_digits(score) for score in prediction.probabilities]}
    return {"Probability": [100 * share for share in prediction.probabilities]}


def choose(prediction: Prediction, names: tuple[str, ...], subject: Subject) -> tuple[int, ...]:
    """The class to explain, the model's top class unless a person picks another; and a second one
    beside it where somebody wants that.
    """
    likely = dict(zip(prediction.classes, prediction.probabilities, strict=True))
    others = [index for index in range(len(names)) if index not in likely]
    key = f"class_{subject.classifier}_{subject.image_digest[:12]}"
    top = prediction.classes[0]
    _follow_class("class", key, len(names), top)
    _follow_class("second", f"{key}_second", len(names), None)

    def option(index: int) -> str:
        return f"{names[index]}{sureness(likely.get(index), prediction.output.unit)}"

    chosen: int = st.selectbox(
        "Explain the class",
        [*prediction.classes, *others],
        format_func=option,
        key=key,
        help=glossary.line("explained class"),
    )
    second: int | None = st.selectbox(
        "And beside it the class",
        [*prediction.classes, *others],
        index=None,
        format_func=option,
        key=f"{key}_second",
        placeholder="None",
        help="Each method gets a second panel, for this class. “Two methods” shows one less the "
        "other.",
    )
    second = None if second == chosen else second
    address.say(
        {
            "class": None if chosen == top else str(chosen),
            "second": None if second is None else str(second),
        }
    )
    return (chosen,) if second is None else (chosen, second)


def _follow_class(word: str, key: str, known: int, usual: int | None) -> None:
    """Turn to the class that the address asks for; to the usual one where it asks for none."""
    if (asked := address.asked(word)) is None:
        return
    is_one = asked.isdecimal() and len(asked) < LONG and int(asked) < known
    st.session_state[key] = int(asked) if is_one else usual
    if asked and not is_one:
        address.refuse(word, "class", asked, f"The model has {known}, from 0 on.")
