"""The dashboard."""

from __future__ import annotations

import argparse
import os

from heatcheck.commands.devices import compute_on
from heatcheck.commands.questions import classifier_of


def serve(arguments: argparse.Namespace) -> None:
    """Start the dashboard, with its settings in the environment of this process."""
    from heatcheck.runs import processes

    compute_on(arguments.device)
    classifier = classifier_of(arguments)
    processes.start_early(classifier or os.environ.get("HEATCHECK_CLASSIFIER", ""))
    try:
        _serve(arguments, classifier)
    except BaseException:
        processes.end_at_once()  # a refusal does not wait for the worker
        raise


def _serve(arguments: argparse.Namespace, classifier: str | None) -> None:
    from heatcheck.commands.stores import opened
    from heatcheck.inputs import classifiers, image_sets
    from heatcheck.inputs.sizes import CROP, checked_fit
    from heatcheck.runs.database import absolute
    from heatcheck.server import access

    public = arguments.public_url or os.environ.get("HEATCHECK_PUBLIC_URL")
    asked = access.asked(
        arguments.address, str(arguments.port), public, open_to_others=arguments.open
    )
    with opened(arguments.store):
        pass  # a store that cannot be opened is told now, not in the browser
    settings = {
        "HEATCHECK_DATABASE_URL": absolute(arguments.store) if arguments.store else None,
        "HEATCHECK_CLASSIFIER": classifier,
        **access.settings(asked),
    }
    if arguments.images:
        image_sets.load(arguments.images)  # a wrong folder is told now, not in the browser
        settings["HEATCHECK_IMAGES"] = image_sets.absolute(arguments.images)
    if classifier:
        classifiers.check_name(classifier)
    settings["HEATCHECK_FIT"] = checked_fit(
        arguments.fit or os.environ.get("HEATCHECK_FIT") or CROP
    )
    os.environ.update({key: value for key, value in settings.items() if value})
    from heatcheck import asgi

    asgi.serve(asked)
