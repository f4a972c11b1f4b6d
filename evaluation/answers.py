"""A run's answer in plain sentences, made from its table: who shows evidence that belongs to the image, and what a control gains."""

from __future__ import annotations

import pandas as pd

from evaluation.leaderboard import is_control, listed, name_of, values
from evaluation.splits import EXCHANGES, PLACEMENTS
from evaluation.statistics import ENOUGH, estimate
from evaluation.verdicts import said


def answer(table: pd.DataFrame) -> str:
    """Which methods show evidence in deletion and insertion alike, or, in a run that did not exchange maps, gain from their places."""
    exchanged = all(not values(table, metric).empty for metric in EXCHANGES)
    gains = [values(table, metric) for metric in (EXCHANGES if exchanged else PLACEMENTS)]
    if any(wide.empty for wide in gains):
        return "This run has not measured placement gains, so it does not say whether the places that methods name matter."
    images = len(gains[0])
    if images < ENOUGH:
        return f"{images} of at least {ENOUGH} images are measured so far: too few to say anything."
    keys = [key for key in gains[0].columns if not is_control(key)]
    shown = [key for key in keys if all(_above_zero(wide[key]) for wide in gains)]
    silent = [key for key in keys if key not in shown]
    parts = []
    if shown:
        claim = _evidence(gains[0], shown) if exchanged else f"{_gains(shown)} from where {_points(shown)}, in deletion and in insertion"
        parts.append(f"On these {images} images, {listed(shown)} {claim}.")
    if silent:
        parts.append(f"{'For ' if shown else f'On these {images} images, for '}{listed(silent)} that is not shown.")
    return " ".join([*parts, _against_centre(values(table, PLACEMENTS[0]), values(table, PLACEMENTS[1]), shown)]).strip()


def _evidence(deletion: pd.DataFrame, shown: list[str]) -> str:
    one = len(shown) == 1
    lost = " and ".join(
        f"{said(gain.mean)} ({said(gain.low)} to {said(gain.high)})" for key in shown if (gain := estimate(deletion[key].to_numpy()))
    )
    return (
        f"show{'s' if one else ''} evidence that belongs to the image: exchanged with {'its' if one else 'their'} maps of other images, "
        f"{'its' if one else 'their'} scores get worse in deletion and in insertion, in deletion by {lost}"
    )


def _against_centre(deletion: pd.DataFrame, insertion: pd.DataFrame, shown: list[str]) -> str:
    """What a fixed blob in the middle gains from its place, and who gains more."""
    centre = next((key for key in deletion.columns if name_of(key) == "centre_prior"), None)
    own = estimate(deletion[centre].to_numpy()) if centre else None
    if centre is None or own is None or not shown or insertion.empty:
        return ""
    beaten = [key for key in shown if all(_above_zero(wide[key] - wide[centre]) for wide in (deletion, insertion))]
    control = (
        f"Centre Prior, which sees neither picture nor model, gains {said(own.mean)} ({said(own.low)} to {said(own.high)}) "
        "in deletion from its place alone"
    )
    if beaten:
        return f"{control}; {listed(beaten)} {_gains(beaten)} more than it."
    return f"{control}; no method is shown to gain more from its places: that part of a score may be the photographer's framing."


def _gains(keys: list[str]) -> str:
    return "gains" if len(keys) == 1 else "gain"


def _points(keys: list[str]) -> str:
    return "it points" if len(keys) == 1 else "they point"


def _above_zero(sample: pd.Series) -> bool:
    found = estimate(sample.to_numpy())
    return found is not None and found.above_zero
