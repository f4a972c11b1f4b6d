"""The dashboard."""

from __future__ import annotations

import argparse
import os

from heatcheck.commands.devices import compute_on
from heatcheck.commands.questions import classifier_of


def serve(arguments: argparse.Namespace) -> None:
    """Start the dashboard, with its settings in the environment of this process."""
    from heatcheck.runs import processes
    from heatcheck.server import access

    compute_on(arguments.device)
    public = arguments.public_url or os.environ.get("HEATCHECK_PUBLIC_URL")
    asked = access.asked(
        arguments.address, str(arguments.port), public, open_to_others=arguments.open
    )
    settings = {"HEATCHECK_CLASSIFIER": classifier_of(arguments), **access.settings(asked)}
    os.environ.update({key: value for key, value in settings.items() if value})
    processes.start_early(os.environ.get("HEATCHECK_CLASSIFIER", ""))
    try:
        _check(arguments)
        from heatcheck import asgi
    except BaseException:
        processes.end_at_once()  # who is refused does not wait for the worker
        raise
    asgi.serve(asked)


def _check(arguments: argparse.Namespace) -> None:
    """A wrong store, classifier, folder, fit or setting is told now, not in the browser."""
    from heatcheck.commands.stores import opened
    from heatcheck.inputs import classifiers, image_sets
    from heatcheck.inputs.sizes import CROP, checked_fit
    from heatcheck.runs.database import absolute
    from heatcheck.runs.queue import at_once

    at_once()
    with opened(arguments.store):
        pass
    if arguments.store:
        os.environ["HEATCHECK_DATABASE_URL"] = absolute(arguments.store)
    if arguments.images:
        image_sets.load(arguments.images)
        os.environ["HEATCHECK_IMAGES"] = image_sets.absolute(arguments.images)
    if classifier := classifier_of(arguments):
        classifiers.check_name(classifier)
    os.environ["HEATCHECK_FIT"] = checked_fit(
        arguments.fit or os.environ.get("HEATCHECK_FIT") or CROP
    )
