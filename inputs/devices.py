"""On which device networks compute: the one that HEATCHECK_DEVICE names, or the best there is."""

from __future__ import annotations

import os
import re

import torch

from heatcheck.core.errors import BadParameter, shown

VARIABLE = "HEATCHECK_DEVICE"  # workers have it from whoever starts them
AUTO, CPU, MPS, CUDA = "auto", "cpu", "mps", "cuda"


def device() -> torch.device:
    """The device that was asked for. Raises BadParameter where it is not here."""
    return device_of(os.environ.get(VARIABLE) or AUTO)


def device_of(word: str) -> torch.device:
    """The device of a word: `auto`, `cpu`, `mps`, `cuda` or `cuda:N`; `auto` is the first graphics
    processor of CUDA, else the processor.

    Raises:
        BadParameter: there is no such device, or it is not here.
    """
    word = word.strip().lower()
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if word == AUTO:
        return torch.device(CUDA if count else CPU)
    if word == CPU:
        return torch.device(CPU)
    if word == MPS:
        if not torch.backends.mps.is_available():
            raise _missing(word, count)
        return torch.device(MPS)
    if not re.fullmatch(r"cuda(:\d{1,3})?", word):
        raise BadParameter(
            f"Expected a device as auto, cpu, cuda:N or mps. Got {shown(word)}. Leave it out for "
            "auto."
        )
    if int(word.partition(":")[2] or 0) >= count:
        raise _missing(word, count)
    return torch.device(word)


def divide(place: int) -> None:
    """Let the worker at a place among several compute on a graphics card of its own, where there
    are several and none was named: the cards go round.
    """
    word = os.environ.get(VARIABLE) or AUTO
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if word in (AUTO, CUDA) and count > 1:
        os.environ[VARIABLE] = f"{CUDA}:{place % count}"


def _missing(word: str, count: int) -> BadParameter:
    here = [CPU, *(f"{CUDA}:{index}" for index in range(count))]
    if torch.backends.mps.is_available():
        here.append(MPS)
    return BadParameter(
        f"Expected a device that is here: {', '.join(here)}. Got {word}. Name one of these, or "
        "leave it out."
    )
