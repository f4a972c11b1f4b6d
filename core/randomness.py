"""Seeded generators: randomness is an argument, made from what it is for. Every stream of a
run is seeded here.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def generator(*purpose: object) -> torch.Generator:
    """A CPU generator seeded by what it is for, say `generator(run_seed, image_digest,
    method_digest, "ties")`.

    The same words give the same stream on every machine, and no stream depends on what was drawn
    before.
    """
    words = "\x1f".join(str(word) for word in purpose)
    seed = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1
    return torch.Generator().manual_seed(seed)


@contextmanager
def untouched() -> Iterator[None]:
    """The global streams of torch, NumPy and Python are afterwards where they were before, whatever
    somebody's code drew from them.
    """
    state, numbers = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(state)
        np.random.set_state(numbers)
