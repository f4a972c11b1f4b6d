"""The device that was asked for, or a clear word that it is not here."""

from __future__ import annotations

import pytest
import torch

from heatcheck import cli
from heatcheck.core.errors import BadParameter
from heatcheck.inputs import classifiers, devices


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    """So many graphics processors."""
    count: int = request.param
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    return count


@pytest.mark.parametrize("cards", [0, 2], indirect=True)
def test_auto_takes_a_graphics_processor_where_there_is_one(cards: int) -> None:
    assert devices.device_of("auto") == torch.device("cuda" if cards else "cpu")
    assert devices.device_of("cpu") == torch.device("cpu")


@pytest.mark.parametrize("cards", [2], indirect=True)
def test_one_of_several_is_named_by_its_number(cards: int) -> None:
    assert devices.device_of("cuda:1") == torch.device("cuda", 1)
    assert devices.device_of("CUDA") == torch.device("cuda")
    with pytest.raises(BadParameter, match=r"cpu, cuda:0, cuda:1.*Got cuda:2"):
        devices.device_of("cuda:2")


@pytest.mark.parametrize("word", ["cuda", "cuda:0", "cuda:17"])
@pytest.mark.parametrize("cards", [0], indirect=True)
def test_a_device_that_is_not_here_is_refused(word: str, cards: int) -> None:
    with pytest.raises(BadParameter, match="Expected a device that is here: cpu"):
        devices.device_of(word)


@pytest.mark.parametrize("word", ["gpu", "cuda:", "cuda:x", "0", "cpu:1", "cuda:-1"])
def test_a_word_that_names_none_is_refused(word: str) -> None:
    with pytest.raises(BadParameter, match="auto, cpu, cuda:N or mps"):
        devices.device_of(word)


def test_whoever_loads_a_network_reads_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.VARIABLE, "cuda:99")
    classifiers.load.cache_clear()
    with pytest.raises(BadParameter, match="Got cuda:99"):
        classifiers.load(classifiers.DEFAULT)
    monkeypatch.setenv(devices.VARIABLE, "")
    assert devices.device() == devices.device_of("auto")


@pytest.mark.parametrize("verb", [["run"], ["serve"], ["resume", "abc"]])
def test_a_command_says_at_once_that_a_device_is_not_here(
    verb: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(devices.VARIABLE, raising=False)
    assert cli.main([*verb, "--device", "cuda:99"]) == 2
    assert "Expected a device that is here" in capsys.readouterr().err
