"""Runs that grow: shards brought together, and methods or images added."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from heatcheck.commands.devices import compute_on
from heatcheck.commands.scale import check_together
from heatcheck.commands.stores import opened, run_in
from heatcheck.core.errors import BadParameter, RunProblem

if TYPE_CHECKING:
    from heatcheck.runs.specs import RunSpec
    from heatcheck.runs.store import Store

SAID = 5  # images that are named where maps are missing


def merge(arguments: argparse.Namespace) -> None:
    """Bring the shards of a run into one store, and end it there."""
    from heatcheck.commands.runs import execute
    from heatcheck.drawing.labels import plural
    from heatcheck.runs.copying import copied

    check_together(arguments)
    compute_on(arguments.device)
    with ExitStack() as stack:
        urls = [_url(shard) for shard in arguments.shards]
        target = stack.enter_context(opened(arguments.store))
        shards = [stack.enter_context(opened(url)) for url in urls]
        run = _run_of(shards, arguments.shards, arguments.run)
        for name, shard in zip(arguments.shards, shards, strict=True):
            brought = copied(shard, target, run)
            said = f"{plural(brought.images, 'image')}, {plural(brought.cells, 'map')}"
            print(f"{name}: {said}", flush=True)
        spec = target.runs.get(run).question
        _check_whole(spec, target)
        execute(spec, target, arguments)


def _url(shard: str) -> str:
    """The store that a shard is in: a URL, or a file of SQLite. Raises BadParameter."""
    if "://" in shard:
        return shard
    if not Path(shard).is_file():
        raise BadParameter(
            f"Expected the store of a shard, a file or a URL. Got {shard}, and there is no such "
            "file."
        )
    return f"sqlite:///{Path(shard).absolute()}"


def _run_of(shards: Sequence[Store], names: Sequence[str], asked: str | None) -> str:
    """The run that all shards have. Raises RunProblem where there is none, or more than one."""
    runs = [{known.id for known in shard.runs.all()} for shard in shards]
    if asked is not None:
        runs = [{run for run in known if run.startswith(asked)} for known in runs]
    for name, known in zip(names, runs, strict=True):
        if not known:
            raise RunProblem(
                f"Expected a run{f' {asked}' if asked else ''} in {name}. There is none. Give the "
                "store that heatcheck run --shard wrote."
            )
    common = set.intersection(*runs)
    if len(common) == 1:
        return common.pop()
    if not common:
        raise RunProblem(
            "Expected shards of one run. These have other questions: "
            f"{', '.join(sorted(set.union(*runs)))}. Ask all shards the same, with the same "
            "images, weights and seed."
        )
    raise RunProblem(
        f"Expected shards of one run. These have several: {', '.join(sorted(common))}. Name the "
        "one that is meant with --run."
    )


def _check_whole(spec: RunSpec, store: Store) -> None:
    """Refuse to end a run of which first visits are missing. Raises RunProblem."""
    done = store.results.done_cells(spec.id)
    missing = [
        image.name
        for image in spec.images
        if any((image.name, key) not in done for key in spec.keyed)
    ]
    if missing:
        more = f" and {len(missing) - SAID:,} more" if len(missing) > SAID else ""
        raise RunProblem(
            f"Expected all shards. {len(missing):,} of {len(spec.images):,} images lack maps: "
            f"{', '.join(missing[:SAID])}{more}. What came is kept. Merge the other shards too, or "
            f"compute the rest here with: heatcheck resume {spec.id}"
        )


def extend(arguments: argparse.Namespace) -> None:
    """Add methods or images to a run: a new run, of which what stays the same is copied."""
    from heatcheck.commands.runs import execute
    from heatcheck.runs.extensions import copy_what_stays, extended

    check_together(arguments)
    methods, images = _names(arguments.methods), _names(arguments.images)
    compute_on(arguments.device)
    with opened(arguments.store) as store:
        known = run_in(store, arguments.run)
        spec = extended(
            known.question,
            methods,
            [] if images == ["all"] else images,
            sample=arguments.sample or 0,
            whole=images == ["all"],
        )
        stays = copy_what_stays(store, known, spec)
        there = len(store.results.done_cells(spec.id))
        print(
            f"run {spec.id}: {there:,} maps are there, {stays.cells:,} of them copied now from run "
            f"{known.id}; {len(spec.images) * len(spec.methods) - there:,} are to be made",
            flush=True,
        )
        execute(spec, store, arguments)


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]
