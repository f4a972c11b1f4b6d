"""Where two runs' questions differ: that and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from heatcheck.runs import specs
from heatcheck.runs.spec_differences import SpecDifference, differences
from heatcheck.runs.specs import RunSpec, SpecImage

SMALL: dict[str, Any] = {
    "only": ["photo_00", "photo_01", "photo_02"],
    "methods": ["smoothgrad", "random"],
    "metrics": ["deletion", "runtime"],
    "points": 9,
}


def asked(**changed: Any) -> RunSpec:
    return specs.ask(**{**SMALL, **changed})


def rows(this: RunSpec, other: RunSpec, **more: Any) -> dict[str, tuple[str, str]]:
    return {row.part: (row.this, row.other) for row in differences(this, other, **more)}


def test_the_same_question_has_no_rows_wherever_its_files_lie() -> None:
    spec = asked()
    assert differences(spec, spec) == []
    assert differences(spec, replace(spec, source="/elsewhere", only=(), sample=3)) == []


def test_of_images_the_count_and_the_first_names_are_told() -> None:
    more = [f"photo_{place:02d}" for place in range(8)]
    assert rows(asked(), asked(only=more)) == {
        "images": ("3", "8, 5 only here: photo_03, photo_04, photo_05 and 2 more")
    }
    assert rows(asked(only=["photo_00", "photo_05"]), asked()) == {
        "images": ("2, 1 only here: photo_05", "3, 2 only here: photo_01, photo_02")
    }


def test_images_of_one_name_that_are_other_bytes_have_another_label_or_group() -> None:
    spec = asked()
    first, second, third = spec.images
    other = replace(
        spec,
        images=(
            SpecImage(first.name, "f" * 64, first.label),
            SpecImage(second.name, second.digest, "otter"),
            SpecImage(third.name, third.digest, third.label, "herd"),
        ),
    )
    assert rows(spec, other) == {
        "images of other bytes": ("1 with these bytes: photo_00", "1 with others"),
        "labels": (
            f"1 differ, photo_01: {second.label or 'none'}",
            "1 differ, photo_01: otter",
        ),
        "groups": ("1 differ, photo_02: none", "1 differ, photo_02: herd"),
    }


def test_a_method_with_other_parameters_tells_those_that_differ() -> None:
    assert rows(asked(), asked(methods=[{"name": "smoothgrad", "samples": 9}, "edges"])) == {
        "method SmoothGrad": ("samples 50", "samples 9"),
        "method Random": ("asked", "not asked"),
        "method Edges": ("not asked", "asked"),
    }


def test_two_variants_of_one_method_are_told_whole() -> None:
    both = asked(methods=["smoothgrad", {"name": "smoothgrad", "samples": 9}, "random"])
    told = rows(asked(), both)
    assert list(told) == ["method SmoothGrad"]
    assert told["method SmoothGrad"][0] == "not asked"
    assert "samples 9" in told["method SmoothGrad"][1]


@pytest.mark.parametrize(
    ("changed", "part", "pair"),
    [
        ({"seed": 4}, "seed", ("0", "4")),
        ({"fit": "pad"}, "fit of pictures", ("crop", "pad")),
        ({"target": "second"}, "class explained", ("top", "second")),
        ({"points": 17}, "metric Deletion", ("points 9", "points 17")),
        ({"metrics": ["deletion"]}, "metric Runtime", ("repeats 3", "not asked")),
        (
            {"classifier": "efficientnet_lite1"},
            "classifier",
            ("efficientnet_lite0", "efficientnet_lite1"),
        ),
    ],
)
def test_each_other_part_has_a_row_of_its_own(
    changed: dict[str, Any], part: str, pair: tuple[str, str]
) -> None:
    assert rows(asked(), asked(**changed)) == {part: pair}


def test_one_and_one_point_zero_are_two_questions_and_said_to_be() -> None:
    whole, part = (asked(methods=[{"name": "smoothgrad", "sigma": sigma}]) for sigma in (1, 1.0))
    assert whole.id != part.id
    assert rows(whole, part) == {"method SmoothGrad": ("sigma 1", "sigma 1.0")}


def test_weights_masks_and_plugins_are_held_by_their_digests() -> None:
    spec = asked()
    assert rows(spec, spec, weights=("a" * 64, "b" * 64)) == {"weights": ("a" * 12, "b" * 12)}
    assert rows(spec, spec, weights=("", "b" * 64)) == {}, "one run has hardly begun"
    other = replace(spec, masks="/m", masks_digest="c" * 64, plugins=(("mine", "d" * 64),))
    assert rows(spec, other) == {
        "masks": ("none", "c" * 12),
        "plugin mine": ("not asked", f"source {'d' * 12}"),
    }


def test_two_networks_of_one_title_are_told_apart_by_what_they_are(
    small_classifier: str,
) -> None:
    spec = asked(classifier=small_classifier)
    moved = replace(spec, classifier=small_classifier.replace("sha256=", "sha256=0"))
    told = rows(spec, moved)["classifier"]
    assert told[0] != told[1]
    assert "sha256=0" in told[1]


def test_a_row_is_a_value() -> None:
    assert differences(asked(), asked(seed=1)) == [SpecDifference("seed", "0", "1")]
