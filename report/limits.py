"""What a report says of its own limits."""

from __future__ import annotations

from heatcheck.drawing.labels import plural
from heatcheck.judgement.scores import Scores
from heatcheck.runs.records import Run
from heatcheck.runs.results import SeenImage


def limits(run: Run, scores: Scores, seen: dict[str, SeenImage]) -> list[tuple[str, str]]:
    """Each limit: its name, and what it means for this run."""
    judged = [image.right for image in seen.values() if image.right is not None]
    right = (
        f" The model is right on {sum(judged)} of the {len(judged)} that have a label."
        if judged
        else " No image has a label."
    )
    listed = [
        (
            "Sample size",
            f"The {scores.unit[:-1]} is the unit, and there are {scores.samples}. "
            "They tell large differences from none and leave small ones open. "
            f"What holds on these images need not hold on others.{right} The target is "
            "the model's own class, right or wrong.",
        ),
        (
            "Many comparisons",
            "Intervals are not corrected for the number of comparisons. The mark ◆ "
            "(Bonferroni) and the claims' marks (Holm) are.",
        ),
        (
            "Out of distribution",
            "Deletion and insertion score images that no camera took. The curves measure "
            "the model there too; below each stands how much less "
            "the model finds in those pictures than in the clean one.",
        ),
        (
            "Shared place",
            "A placement gain removes a map's grain from its score, not the place that the maps "
            "of all pictures share: the middle, where photographers put things, or a watermark. "
            "Hold it against Centre Prior, and read the exchange gain, which removes both.",
        ),
        (
            "No comparison across models",
            "Areas under curves depend on a model's confidence. Compare methods under "
            "one model, not models.",
        ),
        (
            "Faithfulness is not correctness",
            "A faithful map of a wrong reason is a good map. No score here says that the "
            "model is right.",
        ),
        (
            "Runtime",
            "Milliseconds are of the machine named below and its load, so they have no interval; "
            "the counted passes hold anywhere.",
        ),
    ]
    if run.failures:
        listed.append(
            (
                "Failed scores",
                f"{plural(run.failures, 'score')} failed and "
                f"{'is' if run.failures == 1 else 'are'} in no mean.",
            )
        )
    return listed
