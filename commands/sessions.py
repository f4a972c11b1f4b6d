"""The team sessions in a store, for whoever runs the server."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from heatcheck.core.errors import BadParameter

if TYPE_CHECKING:
    from heatcheck.review.store import Reviews


def sessions(arguments: argparse.Namespace) -> None:
    """List the sessions in the store, give one a new host's link, or delete one."""
    from heatcheck.commands.stores import opened
    from heatcheck.review.store import Reviews

    with opened(arguments.store) as store:
        _do(Reviews(store), arguments)


def _do(reviews: Reviews, arguments: argparse.Namespace) -> None:
    from heatcheck.review import operation
    from heatcheck.server import access

    if arguments.new_host and arguments.delete:
        raise BadParameter("Expected --new-host or --delete. Got both. Say one of them.")
    if arguments.new_host:
        url = access.public(arguments.public_url)  # a wrong one is told before anything changes
        session = operation.find(reviews, arguments.new_host)
        token = operation.new_host(reviews, session.id)
        print(
            f"session {session.id}: a new host's link. The one before and its invitation open "
            "nothing any more; reviewers stay in. Whoever has this link is the host:"
        )
        print(f"{url}/session?seat={token}")
    elif arguments.delete:
        session = operation.find(reviews, arguments.delete)
        if not arguments.yes:
            raise BadParameter(
                f"Expected --yes to delete session {session.id} with all its votes. It cannot be "
                f"undone. Say: heatcheck sessions --delete {session.id} --yes"
            )
        operation.delete(reviews, session.id)
        print(f"session {session.id} and its votes are deleted")
    else:
        lines = operation.listed(reviews)
        if not lines:
            print("No team sessions yet. Make one on the Session page.")
        for line in lines:
            good = "expired" if line.expired else "good until"
            print(
                f"{line.session.id}  run {line.session.run}  {line.session.state:<8}  "
                f"host {line.host}, {good} {line.until:%Y-%m-%d}  {line.session.title}"
            )
