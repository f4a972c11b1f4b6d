"""Session: a team looks, votes blind, notes, decides."""

from __future__ import annotations

from heatcheck.ui.session import ballot, entrance, host, seats
from heatcheck.ui.shared import frame
from heatcheck.ui.shared.markdown import plain

HELP = """
**Blind.** Two heatmaps of one picture, without names. Say which explains the model's prediction
better: **←** left, **→** right,
**T** both alike, **N** neither. The prediction may be wrong; a map that shows why the model erred
is a good map.

**Saved at once.** Each answer is kept the moment it is given and may be changed until the host ends
the voting. Close the page and come back by
the same address: it is your seat, so keep it to yourself.

**Drawn by lot.** Everybody gets pairs and sides of their own, and about half of them are shared
with the next person, so that disagreement shows. Some maps come from controls that explain nothing.
Preference is not faithfulness: people like maps that look like the object. Hold the votes against
the metrics.
"""

seat = seats.here()
frame.opening(
    plain(seat.session.question) if seat else "What do people see in these heatmaps?",
    HELP,
    measuring=False,
)
frame.follow_runs(False)
if seat is None:
    entrance.enter()
elif seat.role == "host":
    host.show(seat)
else:
    ballot.show(seat)
