"""What a browser may ask a run for. Whoever may type a command may name code, files and folders of
this machine; whoever opens a page may choose only from what the server was started with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatcheck.core import plugins
from heatcheck.core.errors import RunProblem, shown
from heatcheck.inputs import classifiers, image_sets
from heatcheck.server import service

COMMAND = "Ask for that in a terminal: heatcheck run SPEC.json"


def permitted(written: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What a parsed spec asks for, where a browser may ask for it; `name` says where it stands. A
    folder stands in it as the server names it. Nothing that is refused has been looked up.

    Raises:
        RunProblem: it names code, a file, a folder or a network that is not on offer here.
    """
    allowed = dict(written)
    classifier = written.get("classifier", classifiers.DEFAULT)
    if classifier not in service.classifier_choices():
        raise _refused("classifier", name, classifier, service.classifier_choices())
    allowed["images"] = _source(written.get("images", image_sets.SAMPLES), name)
    for network in _networks(written):
        if network not in service.other_networks(classifier):
            raise _refused("a network beside", name, network, service.other_networks(classifier))
    loaded = {plugin.module for plugin in plugins.named()}
    for module in allowed.pop("plugins", ()):
        if module not in loaded:
            raise _refused("a plugin", name, module, sorted(loaded))
    if isinstance(written.get("groups"), str):
        raise RunProblem(
            f"Expected groups in {name} as an object with the group of each image. Got the name of "
            f"a file, which a browser may not name. {COMMAND}"
        )
    for key, what in (("maps", "maps from elsewhere"), ("masks", "masks of objects")):
        if allowed.pop(key, None):
            raise RunProblem(
                f"Expected no {key} in {name}. Got a folder of {what}, which a browser may not "
                f"name. {COMMAND}"
            )
    return allowed


def _source(asked: Any, name: str) -> str:
    """The image set, as the server names it."""
    for source in service.image_sources():
        if asked in (source, image_sets.absolute(source)):
            return source
    raise _refused("images", name, asked, service.image_sources())


def _networks(written: Mapping[str, Any]) -> list[Any]:
    """The other networks that a spec names, for the whole run or for one metric."""
    metrics = written.get("metrics") or ()
    of_metrics = [one.get("network", "") for one in metrics if isinstance(one, Mapping)]
    return [network for network in (written.get("beside", ""), *of_metrics) if network != ""]


def _refused(what: str, name: str, asked: Any, offered: list[str]) -> RunProblem:
    listed = ", ".join(offered) or "there is none"
    return RunProblem(
        f"Expected {what} in {name} to be one that this server offers ({listed}). Got "
        f"{shown(asked)}. Choose one of them. {COMMAND}"
    )
