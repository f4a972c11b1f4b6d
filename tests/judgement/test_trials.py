"""What experiments decide: each sentence is rebuilt from the findings alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from heatcheck.attribution import METHODS
from heatcheck.judgement.claims import cards
from heatcheck.judgement.phrases import three_digits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import asked
from heatcheck.tests.doubles.interval import halls
from heatcheck.tests.doubles.tables import planted, table
from heatcheck.tests.doubles.verdicts import GRADIENT_METHODS, card, findings, judged


def test_every_claim_of_the_textbook_has_a_mark_when_the_experiments_are_there() -> None:
    found = {
        f"{one.claim.about}: {one.claim.words}": one
        for one in judged(planted(), findings(*GRADIENT_METHODS, "random"))
    }
    assert {
        name: one.mark
        for name, one in found.items()
        if one.claim.question.decided_by == "an experiment"
    } == {
        "grad_cam: CNN specific": "refuted",  # it runs on a transformer too
        "gradient methods: Model-agnostic, among differentiable networks": "mixed",
        "gradient methods: Differentiable": "confirmed",
        "gradient methods: Saturation issue": "mixed",
        "gradient methods: Requires gradients": "confirmed",
    }
    assert (
        "runs on a CNN and a transformer, not on an MLP: it needs a layer with a spatial output"
        in found["grad_cam: CNN specific"].sentence
    )
    agnostic = found["gradient methods: Model-agnostic, among differentiable networks"].sentence
    assert (
        "It holds for 3 of the 4 gradient methods in this run: Vanilla Gradients, "
        "Integrated Gradients and SmoothGrad." in agnostic
    )
    assert "Grad-CAM runs on a CNN and a transformer, not on an MLP" in agnostic
    assert (
        "Where a small network is flat, Integrated Gradients loses 0 % of its mass."
        in found["gradient methods: Saturation issue"].sentence
    )
    derivative = found["gradient methods: Differentiable"].sentence
    assert "It holds for 4 of the 4" in derivative


def told(found: pd.DataFrame, method: str, experiment: str) -> tuple[float, str]:
    row = found[(found["method"] == method) & (found["experiment"] == experiment)].iloc[0]
    return float(row["value"]), str(row["words"])


def said_of(found: pd.DataFrame, method: str, question: str) -> tuple[str, bool]:
    """An experiment's sentence and its answer, made from the findings alone."""
    title = METHODS[method].title
    if question == "requires_gradients":
        value, _ = told(found, method, "runs_without_gradients")
        return (
            f"With gradients cut off {title} "
            f"{'gives a map all the same' if value else 'gives no map'}.",
            not value,
        )
    if question == "differentiable":
        value, words = told(found, method, "derivative")  # the run's own network was not there
        has = (
            f"has a derivative, {three_digits(value)} of its own size {words}"
            if value
            else f"has no derivative: {words}"
        )
        return f"On a small network the map of {title} {has}.", bool(value)
    if question == "saturation":
        value, _ = told(found, method, "lost_when_saturated")
        return (
            f"Where a small network is flat, {title} loses {three_digits(100 * value)} % of its "
            "mass.",
            value > 0.1,
        )
    free, _ = told(found, method, "runs_without_gradients")
    _, hits = told(found, method, "hits_on_transformer")
    beside = (
        " On a transformer that has learned to name the colour of a bright patch, the map's "
        f"maximum lies on the patch in {hits}. Chance is 1 in 16."
        if question == "cnn_specific"
        else " It needs no gradients either: model-agnostic in the stricter sense too."
        if free
        else " In the stricter sense it is not: it gives no map without gradients."
    )
    runs = [told(found, method, f"runs_on_{network}") for network in ("cnn", "transformer", "mlp")]
    if all(value for value, _ in runs):
        return (
            f"{title} runs on a CNN, a transformer and an MLP.{beside}",
            question == "model_agnostic",
        )
    assert [value for value, _ in runs] == [1, 1, 0]  # the CAM family
    why = runs[2][1].removeprefix(f"{title} does not apply here: ").rstrip(".")
    return f"{title} runs on a CNN and a transformer, not on an MLP: {why}.{beside}", False


def test_every_sentence_of_an_experiment_is_rebuilt_from_the_findings_alone() -> None:
    methods = (*GRADIENT_METHODS, "occlusion", "guided_ig")
    found = findings(*methods)
    found.loc[
        (found["method"] == "smoothgrad") & (found["experiment"] == "lost_when_saturated"),
        "value",
    ] = 0.0734
    found.loc[
        (found["method"] == "guided_ig") & (found["experiment"] == "derivative"), ["value", "words"]
    ] = [0.0, "its map jumps"]
    checked = 0
    for verdict in judged(planted(), found, cards(methods)):
        if verdict.claim.question.decided_by != "an experiment":
            continue
        words, answer = said_of(found, verdict.claim.about, verdict.claim.question.name)
        mark = "confirmed" if answer else "refuted"
        assert verdict.sentence == f"{words} The claim asks for {asked(verdict.claim)}: {mark}."
        assert verdict.mark == mark
        without = found[found["method"] != verdict.claim.about]
        assert judged(planted(), without, (verdict.claim,))[0].mark == "not measured in this run"
        checked += 1
    assert checked == 5 * len(methods)


def test_the_probe_on_the_runs_own_images_is_told_beside_the_closed_form_and_decides_nothing() -> (
    None
):
    found = findings("vanilla_gradients", "integrated_gradients")
    probed = pd.concat(
        [
            planted(),
            table(
                saturation={"vanilla_gradients": 0.4, "integrated_gradients": 1.5, "random": 9.0}
            ),
        ]
    )
    wide = Scores(probed).of("saturation")
    asked_of = {
        verdict.claim.about: verdict
        for verdict in judged(probed, found, cards(["vanilla_gradients"]))
        if verdict.claim.question.name == "saturation"
    }
    own = wide["vanilla_gradients"]
    low, high = halls(own.to_numpy())
    words = (
        "On the run's own model and images its map has {} times its mean mass on the way there "
        "from black."
    )
    assert words.format(three_digits(own.mean())) in asked_of["vanilla_gradients"].sentence
    interval = dict(asked_of["vanilla_gradients"].rows)["95 % interval"]
    assert interval == f"{three_digits(low)} to {three_digits(high)}"
    (family,) = [
        verdict for verdict in judged(probed, found) if verdict.claim.question.name == "saturation"
    ]
    both = wide[["vanilla_gradients", "integrated_gradients"]].mean(axis=1)
    assert (
        "the maps of Vanilla Gradients and Integrated Gradients have "
        f"{three_digits(both.mean())} times" in family.sentence
    )
    (without,) = [
        verdict
        for verdict in judged(planted(), found)
        if verdict.claim.question.name == "saturation"
    ]
    assert without.mark == family.mark
    assert "own model and images" not in without.sentence


def test_only_what_runs_on_a_cnn_alone_is_cnn_specific() -> None:
    found = findings("grad_cam")
    claim = card("grad_cam", "cnn_specific")
    assert judged(planted(), found, (claim,))[0].mark == "refuted"
    found.loc[found["experiment"] == "runs_on_transformer", ["value", "words"]] = [
        0.0,
        "it needs a grid",
    ]
    assert judged(planted(), found, (claim,))[0].mark == "confirmed"


def test_an_experiment_that_could_not_be_made_decides_nothing() -> None:
    claim = card("attention_gradients", "saturation")
    verdict = judged(planted(), findings("attention_gradients"), (claim,))[0]
    assert verdict.mark == "undecided"
    assert "cannot be tried" in verdict.sentence
    without = findings("vanilla_gradients")
    without = without[without["experiment"] != "derivative"]
    claim = card("vanilla_gradients", "differentiable")
    assert judged(planted(), without, (claim,))[0].mark == "not measured in this run"


def with_own(found: pd.DataFrame, method: str, value: float, words: str) -> pd.DataFrame:
    changed = found.copy()
    own = (changed["method"] == method) & (changed["experiment"] == "derivative_on_own")
    changed.loc[own, ["value", "words"]] = [value, words]
    return changed


def test_whether_a_map_is_differentiable_is_decided_on_the_runs_own_network() -> None:
    found = with_own(findings("vanilla_gradients"), "vanilla_gradients", 0.0, "its map jumps")
    claim = card("vanilla_gradients", "differentiable")
    verdict = judged(planted(), found, (claim,))[0]
    assert verdict.mark == "refuted"
    assert verdict.measured == (
        "On the run's own network the map of Vanilla Gradients has no derivative: its map jumps. "
        "On small networks it has one on a smooth CNN and none on one with ReLUs (its map jumps)."
    )
    other = with_own(found, "vanilla_gradients", 1.7, "on the run's own network")
    verdict = judged(planted(), other, (claim,))[0]
    assert verdict.mark == "confirmed"
    assert verdict.measured.startswith(
        "On the run's own network the map of Vanilla Gradients has a derivative, 1.70 of its own "
        "size."
    )


def test_a_map_without_mass_is_not_said_to_lose_it() -> None:
    found = findings("vanilla_gradients")
    rows = found["experiment"] == "lost_when_saturated"
    found.loc[rows, ["value", "words"]] = [np.nan, "its map is zero on the whole way"]
    verdict = judged(planted(), found, (card("vanilla_gradients", "saturation"),))[0]
    assert verdict.mark == "undecided"
    assert verdict.measured == (
        "Vanilla Gradients cannot be tried: its map is zero on the whole way."
    )


def test_what_an_older_version_found_of_saturation_is_not_read_as_a_loss() -> None:
    """Its 1 could be a map without any mass; a run that is opened again is tried anew."""
    found = findings("grad_cam").replace(
        {"experiment": {"lost_when_saturated": "missed_when_saturated"}}
    )
    found.loc[found["experiment"] == "missed_when_saturated", "value"] = 1.0
    verdict = judged(planted(), found, (card("grad_cam", "saturation"),))[0]
    assert verdict.mark == "not measured in this run"
