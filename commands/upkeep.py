"""The store kept small and safe: prune and backup."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING

from heatcheck.commands.stores import opened
from heatcheck.core.errors import BadParameter

if TYPE_CHECKING:
    from heatcheck.runs.records import Run
    from heatcheck.runs.store import Store


def prune(arguments: argparse.Namespace) -> None:
    """Drop maps of finished runs, and runs that ended long ago."""
    from heatcheck.drawing.labels import plural
    from heatcheck.review.store import Reviews
    from heatcheck.runs import upkeep

    if arguments.maps is None and arguments.older is None:
        raise BadParameter(
            "Expected what to drop: --maps N (keep the maps of N images a run) or --older DAYS "
            "(delete runs that ended longer ago). Got neither."
        )
    with opened(arguments.store) as store:
        reviewed = {session.run for session in Reviews(store).sessions()}
        age = None if arguments.older is None else timedelta(days=arguments.older)
        old = [] if age is None else upkeep.older(store, age)
        old = [run for run in old if run.id not in reviewed]
        stays = reviewed | {run.id for run in old}
        thinned = [] if arguments.maps is None else store.runs.all()
        thinned = [run for run in thinned if run.status == "finished" and run.id not in stays]
        if not arguments.yes:
            raise BadParameter(_would(store, thinned, arguments.maps or 0, old))
        if age is not None:
            gone = upkeep.delete_older(store, age)
            print(f"{plural(len(gone.runs), 'run')} deleted")
            for run, why in gone.kept.items():
                print(f"{run} stays: {why}")
        dropped = sum(upkeep.drop_maps(store, run.id, arguments.maps or 0) for run in thinned)
        freed = upkeep.compact(store)
    print(f"{plural(dropped, 'map')} dropped, {freed / 1e6:.1f} MB given back")


def _would(store: Store, thinned: list[Run], keep: int, old: list[Run]) -> str:
    from heatcheck.drawing.labels import plural
    from heatcheck.runs import upkeep

    maps = 0
    for run in thinned:
        kept = set(upkeep.sampled_images(store, run.id, keep))
        maps += sum(image not in kept for image, _ in store.results.mapped_cells(run.id))
    return (
        f"Expected --yes to drop {plural(maps, 'map')} of {plural(len(thinned), 'run')} and to "
        f"delete {plural(len(old), 'run')}. Scores and curves of the other runs stay; runs with a "
        "team session stay with their maps. It cannot be undone. Say the same with --yes."
    )


def backup(arguments: argparse.Namespace) -> None:
    """Copy the store into a new file, while others write."""
    from heatcheck.drawing.labels import plural
    from heatcheck.runs import upkeep

    with opened(arguments.store) as store:
        runs = upkeep.back_up(store, arguments.file)
    print(f"{arguments.file}: {plural(runs, 'run')}, checked")
