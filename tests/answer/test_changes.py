"""Two runs side by side: planted tables whose changes are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from heatcheck.answer.changes import Changes, changes
from heatcheck.answer.differences import Side, clusters, welch
from heatcheck.answer.headline import WORDS
from heatcheck.answer.summary import Summary
from heatcheck.core.errors import BadParameter
from heatcheck.judgement.model_check import ModelCheck
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.interval import halls
from heatcheck.tests.doubles.tables import asked, planted, table

FINDINGS = pd.DataFrame(
    {"method": [], "experiment": [], "value": pd.Series(dtype=float), "words": []}
)
CONTROLS = dict.fromkeys(("random", "edges", "centre_prior"), 0.0)


def side(frame: pd.DataFrame, name: str = "a", model: str = "v1", **changed: object) -> Side:
    """A run whose images' bytes are of this name: two of one name share all."""
    names = list(dict.fromkeys(frame["image"]))
    methods = list(dict.fromkeys(frame["method"]))
    made = Side(
        Summary(Scores(frame), FINDINGS),
        {key: f"digest of {key}" for key in methods},
        dict.fromkeys(set(frame["metric"]), "standard"),
        {image: f"{name}/{image}" for image in names},
        model,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def told(then: Side, now: Side) -> Changes:
    line = changes(then, now)
    assert len(line.headline.split()) <= WORDS
    assert not set("()[]") & set(line.headline)
    return line


def everywhere(n: int = 20, **means: float) -> pd.DataFrame:
    gains = {**means, **CONTROLS}
    return asked(n, place=gains, picture=gains, model=means)


def test_evidence_that_is_lost_is_named_with_its_question() -> None:
    now = asked(
        place={"grad_cam": 0.0, "smoothgrad": 0.3, **CONTROLS},
        picture={"grad_cam": 0.3, "smoothgrad": 0.3, **CONTROLS},
        model={"grad_cam": 0.3, "smoothgrad": 0.3},
    )
    line = told(side(everywhere(grad_cam=0.3, smoothgrad=0.3)), side(now))
    assert line.headline == "Evidence lost: Grad-CAM, of the map's places. No verdict turned."
    assert line.tone == "bad"
    turns = {(pair.now, one.question): one.turned for pair in line.methods for one in pair.evidence}
    assert {place for place, turn in turns.items() if turn} == {("grad_cam", "place")}


def test_evidence_that_is_gained_is_good_and_none_is_none() -> None:
    old, new = everywhere(grad_cam=0.0), everywhere(grad_cam=0.3)
    assert told(side(old), side(new)).headline.startswith("Evidence gained: Grad-CAM, of the map's")
    assert told(side(old), side(new)).tone == "good"
    same = told(side(new), side(new))
    assert same.headline == "No evidence lost or gained. No verdict turned."
    assert (same.tone, same.turned) == ("none", ())


def test_many_changes_are_counted_where_they_have_no_room() -> None:
    names = ("grad_cam", "smoothgrad", "vanilla_gradients", "integrated_gradients", "layer_cam")
    means = dict.fromkeys(names, 0.3)
    line = told(side(everywhere(**means)), side(everywhere(**dict.fromkeys(names, 0.0))))
    assert line.headline.startswith("Evidence lost: Grad-CAM, SmoothGrad, Vanilla Gradients, ")


def test_what_too_few_images_cannot_show_is_not_lost() -> None:
    line = told(side(everywhere(grad_cam=0.3)), side(everywhere(4, grad_cam=0.3), "b"))
    assert line.headline == (
        "Evidence cannot be compared: one run has too few images, or does not measure it. "
        "No verdict turned."
    )
    assert {one.turned for pair in line.methods for one in pair.evidence} == {"untested"}
    assert any("has too few images for it" in note for note in line.notes)


def test_what_one_run_cannot_show_is_named_beside_what_did_not_change() -> None:
    old = everywhere(grad_cam=0.3, smoothgrad=0.0)
    new = everywhere(grad_cam=0.3, smoothgrad=0.0)
    new = new[(new["method"] != "grad_cam") | new["image"].isin(["i0", "i1", "i2"])]
    assert told(side(old), side(new)).headline == (
        "No evidence lost or gained. Untested in one run: Grad-CAM. No verdict turned."
    )


def test_a_model_that_knows_nothing_leaves_no_evidence_to_compare() -> None:
    frame = everywhere(grad_cam=0.3)
    labels = tuple(range(5)) * 20
    chance = ModelCheck(tuple(reversed(labels)), labels, labels, (0.5, 0.4) * 50)
    blind = side(frame, summary=Summary(Scores(frame, chance), FINDINGS))
    assert told(side(frame), blind).headline == (
        "No evidence to compare: the later model is not shown to know its images."
    )


def areas(n: int = 20, shift: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Deletion and repeatability with a large spread over images, the same in each run but for a
    shift and a little noise.
    """
    base = np.random.default_rng(5).normal(0.4, 0.2, 20)[:n]
    noise = np.random.default_rng(seed).normal(shift, 0.01, n)
    frame = table(n, deletion={"grad_cam": 0.5}, repeatability={"grad_cam": 0.5})
    for metric in ("deletion", "repeatability"):
        frame.loc[frame["metric"] == metric, "value"] = base + noise
    return frame


def test_shared_images_are_paired_and_a_shift_far_below_their_spread_is_seen() -> None:
    old, new = areas(), areas(shift=0.03, seed=1)
    (pair,) = told(side(old), side(new)).methods
    by_metric = {one.metric: one for one in pair.metrics}
    lead = (new["value"] - old["value"])[new["metric"] == "deletion"].to_numpy()
    got = by_metric["deletion"].difference
    assert got is not None
    assert (got.mean, got.low, got.high) == pytest.approx((lead.mean(), *halls(lead)))
    assert (by_metric["deletion"].how, by_metric["deletion"].words) == ("paired", "worse")
    assert by_metric["repeatability"].words == "better"
    assert by_metric["insertion"].difference is None
    assert by_metric["insertion"].why_not == "not measured in both runs"


def test_other_images_are_two_samples_by_welch_and_that_is_said() -> None:
    old, new = areas(), areas(12, shift=0.03, seed=1)
    line = told(side(old), side(new, "b"))
    (pair,) = line.methods
    samples = [one.loc[one["metric"] == "deletion", "value"].to_numpy() for one in (new, old)]
    mean = samples[0].mean() - samples[1].mean()
    errors = [sample.var(ddof=1) / len(sample) for sample in samples]
    freedom = sum(errors) ** 2 / sum(
        error**2 / (len(sample) - 1) for error, sample in zip(errors, samples, strict=True)
    )
    reach = stats.t.ppf(0.975, freedom) * sum(errors) ** 0.5
    got = pair.metrics[0].difference
    assert got is not None
    assert (got.mean, got.low, got.high) == pytest.approx((mean, mean - reach, mean + reach))
    assert (pair.metrics[0].how, pair.metrics[0].words) == ("two samples", "not told apart")
    assert any("(Welch)" in note for note in line.notes)


def test_four_shared_images_are_not_paired_and_five_are() -> None:
    for shared, how in ((4, "two samples"), (5, "paired")):
        old, new = side(areas()), side(areas(seed=1), "b")
        names = list(new.images)
        images = {**new.images, **{name: old.images[name] for name in names[:shared]}}
        line = told(old, replace(new, images=images))
        assert (line.shared, line.methods[0].metrics[0].how) == (shared, how)


def test_across_two_models_areas_are_not_compared_and_repeatability_is() -> None:
    line = told(side(areas()), side(areas(shift=0.1, seed=1), model="v2"))
    by_metric = {one.metric: one for one in line.methods[0].metrics}
    assert by_metric["deletion"].difference is None
    assert by_metric["deletion"].why_not == "two models: areas are not compared"
    assert by_metric["repeatability"].how == "paired"
    assert not line.same_model
    assert line.notes[0].startswith("Two models: areas under curves depend on")


def test_other_settings_of_a_metric_give_no_difference() -> None:
    old, new = side(areas()), side(areas(seed=1))
    new = replace(new, settings={**new.settings, "deletion": "other substrates"})
    by_metric = {one.metric: one for one in told(old, new).methods[0].metrics}
    assert by_metric["deletion"].why_not == "measured with other settings"
    assert by_metric["repeatability"].how == "paired"


def test_images_of_one_sample_in_either_run_are_one() -> None:
    pairs = [("a", "p"), ("a", "q"), ("b", "q"), ("c", "r"), ("d", "s")]
    assert len(set(clusters(pairs))) == 3
    assert clusters(pairs)[0] == clusters(pairs)[2]
    old, new = areas(8), areas(8, seed=1)
    grouped = new.assign(sample=["film" if name < "i5" else name for name in new["image"]])
    line = told(side(old), side(grouped))
    assert line.methods[0].metrics[0].how == "two samples"  # eight images, four samples


def test_a_method_with_other_parameters_is_another_method() -> None:
    frame = areas()
    both = pd.concat([frame, frame.assign(method="smoothgrad")])
    new = side(both)
    new = replace(new, methods={**new.methods, "smoothgrad": "digest of another smoothgrad"})
    line = told(side(both), new)
    assert [pair.now for pair in line.methods] == ["grad_cam"]
    assert (line.only_then, line.only_now) == (("smoothgrad",), ("smoothgrad",))
    with pytest.raises(BadParameter, match="method in common"):
        changes(side(frame), side(frame.assign(method="smoothgrad")))
    with pytest.raises(BadParameter, match="method in common"):
        changes(side(everywhere(grad_cam=0.3)), side(everywhere(smoothgrad=0.3)))


def test_verdicts_that_turn_are_told_and_counted() -> None:
    noisy, quiet = planted(), planted(grad_cam=0.4, vanilla_gradients=0.01)
    line = told(side(noisy), side(quiet))
    turned = {(one.method, one.question): one for one in line.turned}
    one = turned["grad_cam", "noisy"]
    assert (one.then.mark, one.now.mark, one.decided) == ("refuted", "confirmed", True)
    count = sum(one.decided for one in line.turned)
    assert f"{count} verdicts turned." in line.headline
    assert all(one.then.mark != one.now.mark for one in line.turned)


def test_welch_has_no_interval_where_a_sample_says_nothing_of_spread() -> None:
    few = welch([0.1, 0.2], [0.1] * 9)
    assert few is not None
    assert not few.sure
    constant = welch([0.2] * 9, [0.1] * 9)
    assert constant is not None
    assert constant.constant
    assert welch([], [0.1]) is None
