"""A run's answer in plain sentences, made from its scores: who shows evidence that belongs to the
image, and what the controls gain.
"""

from __future__ import annotations

import pandas as pd

from heatcheck.judgement.evidence import Gains, gains, gains_more
from heatcheck.judgement.phrases import interval, joined, listed, title_of
from heatcheck.judgement.score_parts import AREAS, PLACEMENTS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import ENOUGH
from heatcheck.runs.keys import is_control, name_of


def answer(scores: Scores) -> str:
    """Which methods show evidence in deletion and insertion alike, or, in a run that did not
    exchange maps, gain from their places.
    """
    gained = gains(scores)
    if gained is None:
        return (
            "This run has not measured placement gains, so it does not say whether the "
            "places that methods name matter."
        )
    images = int((gained.deletion.notna() | gained.insertion.notna()).any(axis=1).sum())
    if images < ENOUGH:
        return f"{images} of at least {ENOUGH} images are measured: too few to say anything."
    keys = [key for key in scores.methods if not is_control(key)]
    if not keys:
        return "This run has only controls, which explain nothing: there is no method to judge."
    measured = [key for key in keys if key in gained.measured]
    shown = [key for key in measured if gained.shown(key)]
    silent = [key for key in measured if key not in shown]
    unknown = [key for key in keys if key not in measured]
    what = (
        "evidence that belongs to the image" if gained.exchanged else "a gain from where they point"
    )
    parts = []
    if shown:
        parts.append(f"On these {images} images, {listed(shown)} {_evidence(gained, shown)}.")
    if silent:
        parts.append(
            f"For {listed(silent)} that is not shown."
            if shown
            else f"On these {images} images, {listed(silent)} do not show {what}."
        )
    if unknown:
        parts.append(f"For {listed(unknown)} it is not measured.")
    fewer = [f"{title_of(key)} has {n}" for key in measured if (n := _count(gained, key)) < images]
    if fewer:
        parts.append(f"Not all images count for all: {joined(fewer)}.")
    placed = gains(scores, (PLACEMENTS,))
    parts += [_against(gained, area, shown) for area in range(2)]
    if placed is not None and gained.exchanged:
        parts.append(_from_the_centre(placed, measured))
    return " ".join(filter(None, parts))


def _evidence(gained: Gains, shown: list[str]) -> str:
    alone = len(shown) == 1
    if not gained.exchanged:
        return (
            f"{_verb(shown)} from where {'it points' if alone else 'they point'}, in deletion "
            "and in insertion"
        )
    lost = joined([interval(gained.of(key)[0]) for key in shown])
    return (
        f"show{'s' if alone else ''} evidence that belongs to the image: exchanged with "
        f"{'its' if alone else 'their'} maps of other images, "
        f"{'its' if alone else 'their'} scores get worse in deletion and in insertion, in "
        f"deletion by {lost}"
    )


def _count(gained: Gains, key: str) -> int:
    return int(min(wide[key].notna().sum() for wide in gained.both))


def _against(gained: Gains, area: int, shown: list[str]) -> str:
    """What the control that gains most gains in deletion or in insertion without knowing the model,
    and who gains more.
    """
    sure = {
        key: gain
        for key in gained.controls
        if (gain := gained.of(key)[area]) is not None and gain.above_zero
    }
    if not shown or not sure:
        return ""
    key = max(sure, key=lambda key: sure[key].mean)
    beginning = (
        f"In {AREAS[area]} {title_of(key)}, which does not look at the model, gains "
        f"{interval(sure[key])} too"
    )
    return f"{beginning}; {_who(gained.both[area], key, shown)}."


def _who(wide: pd.DataFrame, control: str, keys: list[str]) -> str:
    more = [key for key in keys if gains_more(wide, key, control)]
    if not more:
        return f"{listed(keys)} {'is' if len(keys) == 1 else 'are'} not shown to gain more"
    rest = [key for key in keys if key not in more]
    return f"{listed(more)} {_verb(more)} more" + (
        f", for {listed(rest)} that is not shown" if rest else ""
    )


def _from_the_centre(placed: Gains, keys: list[str]) -> str:
    """What a fixed blob in the middle gains from its place in deletion, and which methods gain
    more.
    """
    centre = next((key for key in placed.controls if name_of(key) == "centre_prior"), None)
    gain = placed.of(centre)[0] if centre else None
    if centre is None or gain is None or not gain.above_zero:
        return ""
    more = [
        key
        for key in keys
        if key in placed.measured and all(gains_more(wide, key, centre) for wide in placed.both)
    ]
    others = (
        f"{listed(more)} {_verb(more)} more than it in both"
        if more
        else "no method is shown to gain more from its places: that part of a score may be "
        "the photographer's framing"
    )
    return (
        "From its place alone Centre Prior, which sees neither picture nor model, gains "
        f"{interval(gain)} in deletion; {others}."
    )


def _verb(keys: list[str]) -> str:
    return "gains" if len(keys) == 1 else "gain"
