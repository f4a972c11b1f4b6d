"""What a run was asked, in sentences: how the outputs are read, and which class is explained."""

from __future__ import annotations

from heatcheck.runs.records import Run


def asked_of(run: Run) -> str:
    """For people. How the outputs are read is known once the network was loaded."""
    reading, left = run.provenance.get("output", ""), run.spec.unlabelled
    sentences = (
        f"Outputs: {reading}." if reading else "",
        f"Explained: {run.spec.target.words}.",
        "No other class to hold a map against." if run.lone else "",
        f"{left} image{'s' * (left != 1)} without a label left out." if left else "",
    )
    return " ".join(filter(None, sentences))
