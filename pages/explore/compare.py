"""Compare: one image, many methods side by side."""

from __future__ import annotations

from heatcheck.ui.compare import one_image
from heatcheck.ui.shared import frame

HELP = """
**Heatmaps.** Each panel shows where a method says the evidence for the class lies. Opacity, focus
and colours change the drawing, never a number. A click, or the key O, flips a panel to the
original. The cross stands at the same pixel in all panels: below it the map's value there, and the
share of pixels that the map ranks lower. Plus and minus zoom, a drag moves; arrows move the cross.

**Curves.** Move the scrubber, or press Play: each panel shows the picture that the model was given
at that share of the pixels, and what it answered.

**Scores.** *Deletion* (lower is better): area under the class's probability while the pixels ranked
highest are removed.
*Insertion* (higher): the same while they are uncovered. Both are the mean over three covers: mean
colour, blur and black. *Placement gain* (higher): how much worse
deletion, and insertion, get when the same map is moved half a picture away; about zero means that
the places it names do not matter. *Fineness*
(lower is coarser): the share of the map in detail finer than four pixels. Curves are evaluated at
as many of 225 points as their areas take to be known to about 0.006.

**Controls** explain nothing. A method that does not beat them on many images has not earned its
place; one image proves nothing.
"""

frame.follow_runs(False)
runs = frame.opening("Which method points at the evidence?", HELP)
one_image.show(runs)
