"""Which class of another network a map is to explain: the one of the same name, if it is one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from heatcheck.core.errors import DoesNotApply
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.sizes import Size
from heatcheck.runs import worker


def knowing(*labels: str) -> Classifier:
    means = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    name = f"of {len(labels)}"
    return Classifier(
        name, name, nn.Identity(), Size(8, 8), *means, labels, "", "", torch.device("cpu")
    )


def test_the_class_of_the_same_name_is_meant() -> None:
    here, there = knowing("cat", "dog"), knowing("bird", "dog", "cat")
    assert worker._class_elsewhere("cat", here, there) == 2


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (("cat", "kite"), ("cat", "dog", "bird"), "of 3 has no class 'kite'"),
        (("kite", "cat"), ("kite", "cat", "kite"), "of 3 has several classes 'kite'"),
        (("kite", "cat", "kite"), ("kite", "cat"), "of 3 has several classes 'kite'"),
    ],
)
def test_a_class_that_is_none_or_several_has_no_map(
    here: tuple[str, ...], there: tuple[str, ...], said: str
) -> None:
    with pytest.raises(DoesNotApply, match=said):
        worker._class_elsewhere("kite", knowing(*here), knowing(*there))
