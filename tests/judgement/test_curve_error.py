"""What curves add to means and differences: the shares, what is too much, and the finer run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heatcheck.judgement import curve_error
from heatcheck.judgement.curve_error import Added, CurveError
from heatcheck.judgement.scores import Scores
from heatcheck.runs import specs

SPEC = specs.ask()


def run(errors: dict[str, float], spread: float = 0.1, n: int = 20) -> pd.DataFrame:
    """Deletion areas with this spread, their standard errors by method."""
    rng = np.random.default_rng(0)
    rows = []
    for method, error in errors.items():
        for image, value in enumerate(rng.normal(0.3, spread, n)):
            row = {"image": f"i{image}", "method": method, "better": "lower", "error": ""}
            rows.append({**row, "metric": "deletion", "value": value})
            rows.append({**row, "metric": "deletion.auc_error", "value": error})
    return pd.DataFrame(rows)


def added(frame: pd.DataFrame) -> CurveError:
    known = curve_error.curve_error(Scores(frame))
    assert known is not None
    return known


def test_the_share_of_a_mean_and_of_a_difference_is_that_of_the_variances() -> None:
    frame = run({"grad_cam": 0.01, "random": 0.02})
    wide = Scores(frame).of("deletion")
    one, other = added(frame).means
    assert one.share == pytest.approx(0.01**2 / wide["grad_cam"].var())
    assert other.error == pytest.approx(0.02 / np.sqrt(20))
    (pair,) = added(frame).differences
    apart = (wide["grad_cam"] - wide["random"]).var()
    assert pair.methods == ("grad_cam", "random")
    assert pair.share == pytest.approx((0.01**2 + 0.02**2) / apart)


def test_what_curves_add_little_to_is_one_line() -> None:
    known = added(run({"grad_cam": 0.005, "random": 0.005}))
    assert not known.too_much
    means = 100 * max(row.share for row in known.means)
    differences = 100 * known.differences[0].share
    assert curve_error.told(known, SPEC) == (
        f"Curves of 9 drawn points add at most {means:.3f} % to the variance of a mean. "
        f"They add {differences:.3f} % to the variance of a difference."
    )


def test_above_two_per_cent_the_methods_are_named_and_more_points_offered() -> None:
    known = added(run({"grad_cam": 0.04, "random": 0.001}))
    assert known.methods == ("grad_cam",)
    assert "more than 2 % to the variance of means of Grad-CAM." in curve_error.told(known, SPEC)
    only_pairs = CurveError((), known.differences)
    assert "variance of differences of methods." in curve_error.told(only_pairs, SPEC)
    ((metric, mean, _),) = curve_error.rows(known)
    assert (metric, mean.partition(" %")[2]) == ("Deletion", ", Grad-CAM")
    assert "--points drawn-17" in curve_error.command(SPEC)


def test_where_images_hardly_differ_a_standard_error_of_a_thousandth_is_enough() -> None:
    assert not added(run({"grad_cam": 0.004}, spread=0.005)).too_much
    assert added(run({"grad_cam": 0.005}, spread=0.005)).too_much
    assert not Added("deletion", ("random",), 1.0, 0.001).too_much


def test_samples_of_several_images_have_the_error_of_their_mean() -> None:
    frame = run({"grad_cam": 0.04})
    paired = frame.assign(sample=[f"s{int(name[1:]) // 2}" for name in frame["image"]])
    (row,) = added(paired).means
    assert row.error == pytest.approx(0.04 / np.sqrt(20))


def test_runs_that_tell_no_error_and_samples_without_spread_say_nothing() -> None:
    frame = run({"grad_cam": 0.01})
    for without in (
        frame[frame["metric"] == "deletion"],
        run({"grad_cam": 0.0}),
        run({"grad_cam": 0.01}, n=4),
        run({"grad_cam": 0.01}, spread=0.0),
    ):
        assert curve_error.curve_error(Scores(without)) is None
    assert curve_error.told(None, SPEC) == ""


@pytest.mark.parametrize(
    ("points", "finer"),
    [(9, "drawn-17"), ("drawn-17", "drawn-33"), ("drawn-33", "all"), ("adaptive", "all")],
)
def test_the_finer_run_asks_the_same_with_more_points(points: int | str, finer: str) -> None:
    known = curve_error.refined(specs.ask(points=points))
    assert known == specs.ask(points=finer)
    assert known.id != specs.ask(points=points).id


def test_nothing_is_finer_than_all_points_or_a_run_without_curves() -> None:
    for spec in (specs.ask(points="all"), specs.ask(metrics=["runtime"])):
        assert curve_error.refined(spec) is None
        assert curve_error.command(spec) == ""
