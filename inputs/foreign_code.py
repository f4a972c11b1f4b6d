"""The user's code, which we call: see core/foreign_modules.py for how it is imported."""

from __future__ import annotations

from heatcheck.core.foreign_modules import imported


def call(reference: str, folder: str) -> object:
    """What `module:function` returns, called without arguments; the module may lie in the folder.

    Raises:
        BadParameter: the module has the name of another one, or lies among ours. What the user's
        code raises is not caught.
    """
    module, _, function = reference.partition(":")
    return imported(module, folder, lambda found: getattr(found, function)())
