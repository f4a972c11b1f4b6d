"""What a report says of its own limits, a line each."""

from __future__ import annotations

from collections.abc import Sequence

from heatcheck.judgement.scores import Scores


def limits(
    scores: Scores, notes: Sequence[str] = (), image_notes: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Each limit: its name, and what it means for this run; the notes are on its network and on its
    set of images.
    """
    told = (("The network as it was loaded", notes), ("The images as they lay", image_notes))
    return [
        *((name, " ".join(sentences)) for name, sentences in told if sentences),
        (
            "Sample size",
            f"The {scores.unit[:-1]} is the unit, and there are {scores.samples}. They tell large "
            "differences from none, and leave small ones open; other images may differ.",
        ),
        (
            "Many comparisons",
            "Intervals are not corrected for the number of comparisons. The mark ◆ (Bonferroni), "
            "evidence and claims (Holm) are.",
        ),
        (
            "Pictures no camera took",
            "Deletion and insertion measure the model on such pictures too. Below the curves "
            "stands how much less it finds in them than in the clean one.",
        ),
        (
            "Faithful is not right",
            "A faithful map of a wrong reason is a good map. The class that is explained is the "
            "model's own, right or wrong.",
        ),
        (
            "One model, one machine",
            "Areas depend on a model's confidence, and milliseconds on a machine and its load. "
            "Compare methods under one model; counted passes hold anywhere.",
        ),
    ]
