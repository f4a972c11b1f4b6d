"""The options that say where and how far a run goes: workers, clusters, shards, what is kept."""

from __future__ import annotations

import argparse
import re

from heatcheck.commands.options import whole_number
from heatcheck.core.errors import BadParameter, shown

MOST = 64  # worker processes on one machine
KEPT = ("all", "none")


def add_workers(verb: argparse.ArgumentParser) -> None:
    """Who computes."""
    verb.add_argument(
        "--workers",
        metavar="N",
        type=workers,
        help=f"processes on this machine that compute, 1 to {MOST}; 1 where left out",
    )
    verb.add_argument(
        "--cluster",
        metavar="ADDRESS",
        type=cluster,
        help="the workers of a Dask cluster: tcp://HOST:PORT of its scheduler, or the scheduler's "
        "file",
    )


def add_scale(verb: argparse.ArgumentParser) -> None:
    """Who computes, how much of a run, and what is kept of it."""
    add_workers(verb)
    verb.add_argument(
        "--shard",
        metavar="I/N",
        type=shard,
        help="compute the I-th of N parts alone, to be merged with the others",
    )
    verb.add_argument(
        "--keep-maps",
        metavar="WHICH",
        type=keep_maps,
        help="all (default), none, or of how many images, drawn with the seed",
    )
    verb.add_argument(
        "--until-decided",
        metavar="METRIC:METHOD,METHOD",
        dest="until",
        type=until,
        help="stop once it is decided which of two methods is better under a metric",
    )


def check_together(arguments: argparse.Namespace) -> None:
    """Refuse options that exclude each other.

    Raises:
        BadParameter: workers and a cluster, or a shard of a run that stops by itself.
    """
    if arguments.workers is not None and arguments.cluster is not None:
        raise BadParameter(
            "Expected --workers on this machine or a --cluster. Got both. A cluster has its own "
            "workers: leave --workers out."
        )
    for option in ("cluster", "shard"):
        if getattr(arguments, "dry_run", False) and getattr(arguments, option, None):
            raise BadParameter(
                f"Expected --dry-run alone or with --workers. Got --{option} too, of which it can "
                "say nothing from here. Leave it out."
            )
    if getattr(arguments, "shard", None) and getattr(arguments, "until", None):
        raise BadParameter(
            "Expected --shard or --until-decided. Got both. A shard sees a part of the images, "
            "from which nothing is decided. Leave one of them out."
        )


def workers(text: str) -> int:
    """How many worker processes."""
    number = whole_number(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"expected 1 to {MOST} workers. Got {number}.")
    return number


def cluster(text: str) -> str:
    """The address of a scheduler, or the path of its file; whether it is there is seen later."""
    address = text.strip()
    if not address:
        raise argparse.ArgumentTypeError("expected tcp://HOST:PORT or a scheduler's file.")
    scheme, sign, rest = address.partition("://")
    if not sign:
        return address
    host, colon, port = rest.rpartition(":")
    known = scheme in ("tcp", "tls") and colon and host and re.fullmatch("[0-9]{1,5}", port)
    if not known or not 1 <= int(port) <= 65535:
        raise argparse.ArgumentTypeError(
            f"expected tcp://HOST:PORT, tls://HOST:PORT or a scheduler's file. Got {shown(text)}."
        )
    return address


def shard(text: str) -> tuple[int, int]:
    """A part of a run: which, from 1, and of how many."""
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(
            f"expected I/N with I from 1 to N, as 1/4. Got {shown(text)}."
        )
    return int(match[1]), int(match[2])


def keep_maps(text: str) -> str:
    """Of how many images maps are kept."""
    word = text.strip()
    if word in KEPT:
        return word
    if not re.fullmatch("[0-9]{1,9}", word) or int(word) < 1:
        raise argparse.ArgumentTypeError(
            f"expected all, none, or a number of images from 1 up. Got {shown(text)}."
        )
    return str(int(word))


def until(text: str) -> str:
    """A comparison: a metric, and two methods by their keys. Whether the run has them, and whether
    the metric can decide early, is seen when the run is asked for.
    """
    metric, _, methods = text.partition(":")
    names = [metric.strip(), *(name.strip() for name in methods.split(","))]
    if len(names) != 3 or not all(names):
        raise argparse.ArgumentTypeError(
            f"expected METRIC:METHOD,METHOD, as deletion:grad_cam,smoothgrad. Got {shown(text)}."
        )
    if names[1] == names[2]:
        raise argparse.ArgumentTypeError(f"expected two methods. Got {shown(names[1])} twice.")
    return f"{names[0]}:{names[1]},{names[2]}"
