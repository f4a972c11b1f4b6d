"""The laboratory's gradient methods: one gradient read in four ways, the path of Integrated
Gradients, and SmoothGrad as its copies grow.
"""

from __future__ import annotations

import math

import streamlit as st

from heatcheck.attribution import Output
from heatcheck.attribution.baselines import SHARED
from heatcheck.drawing import laboratory as drawn
from heatcheck.inputs.images import png
from heatcheck.judgement.phrases import three_digits
from heatcheck.runs import laboratory
from heatcheck.runs.laboratory import Gradient, Integral, Smoothing, Walk
from heatcheck.ui.methods.specimen import Plate, Specimen, wall
from heatcheck.ui.shared.charts import draw

READINGS = {  # of a gradient: the title, and what it hides
    "max_abs": ("Largest absolute value", "Hides the sign, and all channels but one."),
    "sum": ("Sum", "Keeps the sign. Hides what cancels between channels."),
    "abs_sum": ("Absolute value of the sum", "Hides the sign, and what cancels."),
    "sum_abs": ("Sum of absolute values", "Hides the sign. No channel cancels another."),
}
STEPS = (4, 8, 16, 32, 64, 128, 256)  # of Integrated Gradients
SIGMAS = (0.05, 0.15, 0.3)  # of the noise, as a share of the pixel range
USUAL = 0.15
ROOT = -0.5  # the power of n with which independent noise falls


def show_readings(specimen: Specimen) -> None:
    """One gradient, four maps."""
    answer: Gradient = specimen.ask(laboratory.gradient, what="Taking one gradient")
    st.markdown(readings_in_words(answer))
    wall(
        [
            Plate(
                title,
                drawn.alone(answer.maps[name], both_signs=name == "sum"),
                f"{title} of the gradient. {hides}",
                hides + _agrees(name, answer),
            )
            for name, (title, hides) in READINGS.items()
        ]
    )
    st.caption(
        "Each map on its own scale. In the sum, a brighter pixel raises the class's score where it "
        "is red, and lowers it where it is blue."
    )


def readings_in_words(answer: Gradient) -> str:
    """What the four have in common on this picture."""
    if answer.channels == 1:
        return (
            "This model takes one channel: the four maps are one gradient with its sign and "
            "without."
        )
    if math.isnan(answer.cancelled):
        return "The gradient is zero all over here: no reading of it shows anything."
    return (
        f"One gradient, four maps. Here {three_digits(100 * answer.cancelled)} % of it is lost in "
        "the sum, where the channels pull in opposite directions."
    )


def _agrees(name: str, answer: Gradient) -> str:
    if name == "max_abs" or math.isnan(answer.alike[name]):
        return ""
    return f" Rank correlation with the first: {three_digits(answer.alike[name])}."


def show_path(specimen: Specimen) -> None:
    """The path from a baseline, a step of it, the output along it, and the gap against steps."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        baseline = st.selectbox("Path starts at", SHARED, key="lab_baseline", width=140)
        at = st.slider("Step on the path, %", 0, 100, 50, 3, key="lab_step", width="stretch")
    walk: Walk = specimen.ask(laboratory.path, baseline, what="Walking the path")
    added: Integral = specimen.ask(laboratory.integral, baseline, what="Adding up the map")
    step = round(at / 100 * (len(walk.places) - 1))
    place = three_digits(100 * walk.places[step])
    what = "output" if specimen.output is Output.SCORE else "logit"
    wall(
        [
            Plate(
                f"The picture at {place} %",
                png(walk.pictures[step]),
                f"The picture at {place} % of the path from the baseline {baseline}",
                answers(walk, step, what),
            ),
            Plate(
                "The gradient there",
                drawn.alone(walk.gradients[step]),
                f"The gradient at {place} % of the path, largest absolute value of the channels",
                "Largest absolute value of the channels, on its own scale.",
            ),
            Plate(
                "The gradient at the picture",
                drawn.alone(walk.gradients[-1]),
                "The gradient at the end of the path, largest absolute value of the channels",
                "What Vanilla Gradients see, on its own scale.",
            ),
            Plate(
                "The map so far",
                drawn.alone(added.maps[step], both_signs=True),
                f"Integrated Gradients added up to {place} % of the path. "
                f"{added_in_words(added, step)}",
                f"{added_in_words(added, step)} On its own scale.",
            ),
        ]
    )
    st.caption(
        "The map is red for the class, blue against. Map and gap take Gauss-Legendre points, as "
        "the lines do."
    )
    st.markdown(path_in_words(walk, what))
    draw(drawn.path(walk, step, what), "lab_path")
    _show_gaps(specimen, baseline)


def answers(walk: Walk, step: int, what: str) -> str:
    """What the model answers at a step."""
    said = f"The model's {what} here: {three_digits(walk.scores[step])}"
    if not walk.probabilities:
        return f"{said}. It gives no probability."
    return f"{said}, probability {three_digits(walk.probabilities[step])}."


def added_in_words(added: Integral, step: int) -> str:
    """How many gradients are in the map at a step, and what it adds up to."""
    return (
        f"{added.counts[step]} of {added.counts[-1]} gradients, which add up to "
        f"{three_digits(float(added.maps[step].sum()))}."
    )


def path_in_words(walk: Walk, what: str) -> str:
    """Which share of the path does what."""
    if math.isnan(walk.saturated_from):
        return f"The {what} is the same at both ends: there is no change to share out here."
    if walk.saturated_from == 1:
        return (
            f"No part of this path is saturated: the {what} stays near its end, within 10 % of its "
            "change, only at the picture itself."
        )
    sizes = walk.gradients.mean((1, 2))
    return (
        f"From {three_digits(100 * walk.saturated_from)} % of the path on the {what} stays near "
        "its end, within 10 % of its change: the rest of the path is saturated. The gradient at "
        "the picture itself has "
        f"{three_digits(100 * float(sizes[-1] / (sizes.max() or 1)))} % of the size of the largest "
        "on the path."
    )


def _show_gaps(specimen: Specimen, baseline: str) -> None:
    st.markdown(
        "**Completeness gap**: |sum of the map − (F(x) − F(x'))| / |F(x) − F(x')|, against the "
        "number of gradients"
    )
    if not st.toggle(f"Measure it with {STEPS[0]} to {STEPS[-1]} gradients", key="lab_gaps"):
        st.caption(f"It takes {sum(STEPS)} gradients in all, and is kept.")
        return
    gaps = {
        steps: float(
            specimen.ask(
                laboratory.completeness, baseline, steps, what=f"Integrating with {steps} gradients"
            )
        )
        for steps in STEPS
    }
    st.markdown(gaps_in_words(gaps))
    draw(drawn.gaps(gaps), "lab_gap_chart")


def gaps_in_words(gaps: dict[int, float]) -> str:
    """From how many steps on the gap is small."""
    fine = next(
        (
            steps
            for steps in gaps
            if all(gap <= laboratory.SMALL_GAP for more, gap in gaps.items() if more >= steps)
        ),
        None,
    )
    most = max(gaps)
    least = three_digits(100 * gaps[most])
    if fine is None:
        return f"Here {most} gradients still leave a gap of {least} %."
    return (
        f"Here the gap is at most 1 % from {fine} gradients on; {most} gradients leave {least} %."
    )


def show_smoothing(specimen: Specimen) -> None:
    """A row of maps a sigma, a column a number of copies; and how noise falls."""
    chosen = st.pills(
        "Noise σ, as a share of the pixel range",
        SIGMAS,
        selection_mode="multi",
        default=[USUAL],
        format_func=str,
        key="lab_sigmas",
        help="Each takes two times 64 gradients, and is kept.",
    )
    if not chosen:
        st.info("Choose at least one σ.", icon=":material/checklist:")
        return
    by_sigma: dict[float, Smoothing] = {}
    for sigma in sorted(chosen):
        said = str(sigma)
        by_sigma[sigma] = specimen.ask(
            laboratory.smoothing, sigma, what=f"Averaging noisy copies at σ = {said}"
        )
        wall(
            [
                Plate(
                    f"n = {n}, σ = {said}",
                    drawn.alone(heat),
                    f"SmoothGrad with {n} noisy copies at sigma {said}",
                )
                for n, heat in by_sigma[sigma].maps.items()
            ]
        )
    st.markdown("  \n".join(noise_in_words(sigma, one) for sigma, one in by_sigma.items()))
    draw(drawn.noise(by_sigma), "lab_noise")
    st.caption(
        "Two seeds are compared. Left, how far their mean gradients lie apart; right, seed noise "
        "as the metric has it: 1 − the rank correlation of their maps. Each map on its own scale."
    )


def noise_in_words(sigma: float, answer: Smoothing) -> str:
    """How noise falls with the copies, and whether as 1/√n would have it."""
    said = f"At σ = {sigma}"
    power = laboratory.slope(list(answer.distance.values()), list(answer.distance))
    if math.isnan(power):
        return f"{said} two seeds give the same gradient: there is no noise to fall here."
    ranks = laboratory.slope(list(answer.seed_noise.values()), list(answer.seed_noise))
    close = abs(power - ROOT) <= laboratory.CLOSE
    verdict = "close to the −0.5 of 1/√n" if close else "not the −0.5 of 1/√n"
    of_ranks = (
        ""
        if math.isnan(ranks)
        else f" Seed noise of the map's ranks falls with the power {_signed(ranks)}."
    )
    return (
        f"{said} the seeds' mean gradients approach each other with the power {_signed(power)} "
        f"of n here, {verdict}.{of_ranks}"
    )


def _signed(power: float) -> str:
    return three_digits(power).replace("-", "−")
