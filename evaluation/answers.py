"""A run's answer in plain sentences, made from its table: who gains from where it points, and what a control gains."""

from __future__ import annotations

import pandas as pd

from attribution import METHODS
from evaluation.leaderboard import name_of, title_of, values
from evaluation.statistics import ENOUGH, Estimate, estimate
from evaluation.verdicts import said

PLACEMENTS = ("deletion_placement", "insertion_placement")


def placement_answer(table: pd.DataFrame) -> str:
    """Which methods gain from their places in deletion and insertion alike, and whether more than a blob in the middle does."""
    gains = [values(table, metric) for metric in PLACEMENTS]
    if any(wide.empty for wide in gains):
        return "This run has not measured placement gains, so it does not say whether the places that methods name matter."
    images = len(gains[0])
    if images < ENOUGH:
        return f"{images} of at least {ENOUGH} images are measured so far: too few to say anything."
    keys = [key for key in gains[0].columns if METHODS[name_of(key)].family != "control"]
    shown = [key for key in keys if all(_above_zero(estimate(wide[key].to_numpy())) for wide in gains)]
    silent = [key for key in keys if key not in shown]
    parts = []
    if shown:
        parts.append(
            f"On these {images} images, {_listed(shown)} gain{'s' if len(shown) == 1 else ''} from where {'it points' if len(shown) == 1 else 'they point'}, in deletion and in insertion."
        )
    if silent:
        parts.append(f"{'For ' if shown else f'On these {images} images, for '}{_listed(silent)} that is not shown.")
    return " ".join([*parts, _against_centre(gains, shown)]).strip()


def _against_centre(gains: list[pd.DataFrame], shown: list[str]) -> str:
    centre = next((key for key in gains[0].columns if name_of(key) == "centre_prior"), None)
    own = estimate(gains[0][centre].to_numpy()) if centre else None
    if centre is None or own is None or not shown:
        return ""
    beaten = [key for key in shown if all(_above_zero(estimate((wide[key] - wide[centre]).to_numpy())) for wide in gains)]
    control = (
        f"Centre Prior, which sees neither picture nor model, gains {said(own.mean)} ({said(own.low)} to {said(own.high)}) in deletion"
    )
    if beaten:
        return f"{control}; {_listed(beaten)} gain{'s' if len(beaten) == 1 else ''} more than it."
    return f"{control}; none is shown to gain more, so the photographer's framing may be the reason."


def _above_zero(gain: Estimate | None) -> bool:
    return gain is not None and gain.low is not None and gain.low > 0


def _listed(keys: list[str]) -> str:
    titles = [title_of(key) for key in keys]
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
