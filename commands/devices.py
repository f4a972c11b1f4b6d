"""The device that a command was told."""

from __future__ import annotations

import os


def compute_on(word: str | None) -> None:
    """Let this process and those that it starts compute on a device; nothing where none was told.

    Raises:
        BadParameter: there is no such device, or it is not here.
    """
    if word is None:
        return
    from heatcheck.inputs import devices

    devices.device_of(word)
    os.environ[devices.VARIABLE] = word
