"""What a worker says of a network, and which class of another network a map is to explain."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Target, batches
from heatcheck.core.errors import DoesNotApply
from heatcheck.inputs import classifiers
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.sizes import Size
from heatcheck.runs import worker


def knowing(*labels: str, model: nn.Module | None = None) -> Classifier:
    means = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    name, network = f"of {len(labels)}", model or nn.Identity()
    return Classifier(name, name, network, Size(8, 8), *means, labels, "", "", torch.device("cpu"))


class Narrow(nn.Module):
    """Runs out of memory above two pictures."""

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return x.mean((2, 3))


def test_a_batch_that_was_halved_is_a_note_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = knowing("cat", "dog", "fox", model=Narrow())
    monkeypatch.setattr(classifiers, "load", lambda name: narrow)
    assert worker.notes(narrow.name) == ()
    x = torch.rand(8, 3, 8, 8)
    Target(narrow.model, 0, x[:1]).probability(x)
    (said,) = batches.said(narrow.model)
    assert worker.notes(narrow.name) == (said,)


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
