"""The store kept small and safe: prune and backup."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from heatcheck.commands.stores import opened
from heatcheck.core.errors import BadParameter

if TYPE_CHECKING:
    from heatcheck.runs.records import Run
    from heatcheck.runs.store import Store


def prune(arguments: argparse.Namespace) -> None:
    """Drop maps of finished runs, and runs that ended long ago."""
    from heatcheck.review.store import Reviews
    from heatcheck.runs import upkeep

    if arguments.maps is None and arguments.older is None:
        raise BadParameter(
            "Expected what to drop: --maps N (keep the maps of N images a run) or --older DAYS "
            "(delete runs that ended longer ago). Got neither."
        )
    with opened(arguments.store) as store:
        reviewed = {session.run for session in Reviews(store).sessions()}
        finished = [run for run in store.runs.all() if run.status == "finished"]
        thinned = [run for run in finished if run.id not in reviewed]
        if arguments.maps is None:
            thinned = []
        old = _older(store, arguments.older) if arguments.older is not None else []
        if not arguments.yes:
            raise BadParameter(_would(store, thinned, arguments.maps or 0, old))
        if arguments.older is not None:
            gone = upkeep.delete_older(store, timedelta(days=arguments.older))
            print(f"{len(gone.runs)} runs deleted")
            for run, why in gone.kept.items():
                print(f"{run} stays: {why}")
            thinned = [run for run in thinned if run.id not in gone.runs]
        dropped = sum(upkeep.drop_maps(store, run.id, arguments.maps or 0) for run in thinned)
        freed = upkeep.compact(store)
    print(f"{dropped} maps dropped, {freed / 1e6:.1f} MB given back")


def _older(store: Store, days: int) -> list[Run]:
    from heatcheck.runs import upkeep

    if days < 0:
        raise BadParameter(f"Expected 0 or more days. Got {days}.")
    before = datetime.now(UTC) - timedelta(days=days)
    return [
        run
        for run in store.runs.all()
        if run.ended_at is not None and run.ended_at < before and run.status in upkeep.ENDED
    ]


def _would(store: Store, thinned: list[Run], keep: int, old: list[Run]) -> str:
    from heatcheck.runs import upkeep

    maps = 0
    for run in thinned:
        kept = set(upkeep.sampled_images(store, run.id, keep))
        maps += sum(image not in kept for image, _ in store.results.mapped_cells(run.id))
    return (
        f"Expected --yes to drop {maps} maps of {len(thinned)} runs and to delete {len(old)} runs. "
        "Scores and curves of the other runs stay; runs with a team session keep their maps. It "
        "cannot be undone. Say the same with --yes."
    )


def backup(arguments: argparse.Namespace) -> None:
    """Copy the store into a new file, while others write."""
    from heatcheck.runs import upkeep

    with opened(arguments.store) as store:
        runs = upkeep.back_up(store, arguments.file)
    print(f"{arguments.file}: {runs} run{'' if runs == 1 else 's'}, checked")
