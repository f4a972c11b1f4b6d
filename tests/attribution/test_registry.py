"""Registries and parameters: what is refused, and in what words."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import dataclass

import pytest

from heatcheck.attribution import METHODS
from heatcheck.attribution.random import Random
from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.core.errors import BadParameter, UnknownName
from heatcheck.core.registry import Citation, Registered, Registry, parameter
from heatcheck.metrics import METRICS


def test_a_name_is_registered_once() -> None:
    registry: Registry[Registered] = Registry("thing")

    @dataclass(frozen=True)
    class Thing(Registered):
        name = "thing"
        title = "Thing"
        cite = Citation("A", 2000, "B")

    registry.register(Thing)
    with pytest.raises(ValueError, match="Expected a new thing name"):
        registry.register(Thing)


def test_a_wrong_name_gets_the_nearest_right_one() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'grad_cam'"):
        METHODS.build("gradcam")
    with pytest.raises(UnknownName, match="Did you mean 'samples'"):
        METHODS.build({"name": "smoothgrad", "sample": 3})


def test_errors_travel_between_processes() -> None:
    with pytest.raises(UnknownName) as caught:
        METHODS.build("gradcam")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"samples": 0}, "between 1 and 1000. Got 0"),
        ({"samples": 2.5}, "to be int. Got 2.5"),
        ({"samples": True}, "to be int. Got True"),
        ({"sigma": float("nan")}, "between 0.0 and 1.0. Got nan"),
        ({"reduce": "mean"}, "one of max_abs, sum. Got 'mean'"),
    ],
)
def test_parameters_are_checked(fields: dict[str, object], words: str) -> None:
    with pytest.raises(BadParameter, match=words.replace(".", r"\.")):
        SmoothGrad(**fields)  # type: ignore[arg-type]


def test_a_parameter_changes_the_digest_and_a_spec_rebuilds_the_value() -> None:
    assert SmoothGrad().digest != SmoothGrad(samples=51).digest != Random().digest
    for registry in (METHODS, METRICS):
        for name in registry:
            built = registry.build(name)
            assert registry.build(built.spec) == built


@pytest.mark.parametrize("registry", [METHODS, METRICS], ids=["methods", "metrics"])
def test_every_entry_declares_what_pages_show(registry: Registry[Registered]) -> None:
    for name, cls in registry.items():
        assert cls.name == name
        assert cls.title
        assert cls.cite.year >= 1900
        assert cls.family in cls.families
        assert cls.summary.endswith(".")  # type: ignore[attr-defined]
        assert cls.__doc__
        assert not cls.__doc__.startswith(cls.__name__ + "(")
        for field in dataclasses.fields(cls):
            assert field.metadata["help"].endswith("."), f"{name}.{field.name} has no help line"


def test_parameter_keeps_its_range() -> None:
    @dataclass(frozen=True)
    class Thing(Registered):
        name = "thing"
        title = "Thing"
        cite = Citation("A", 2000, "B")
        size: int = parameter(3, "How large.", low=1, high=5)

    assert Thing(5).size == 5
    with pytest.raises(BadParameter, match="between 1 and 5"):
        Thing(6)
