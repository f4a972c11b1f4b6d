"""Values of options, checked while the command line is parsed."""

from __future__ import annotations

import argparse
import math
import re
from typing import Any

from heatcheck.core.errors import BadParameter, shown

PORTS = (1, 65535)


def whole_number(text: str) -> int:
    """A whole number in digits, of at most twenty."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
        raise argparse.ArgumentTypeError(f"expected a whole number. Got {shown(text)}.")
    return int(text)


def size(text: str) -> str:
    """A size as it was written: one number of pixels, or height and width."""
    from heatcheck.inputs.sizes import size_of

    try:
        size_of(text.strip() or "nothing")
    except BadParameter as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def points(text: str) -> int | str:
    """Points of a curve: a number, or a word that is checked when the run is asked for."""
    return whole_number(text) if re.fullmatch(r"[+-]?[0-9]+", text) else text


def port(text: str) -> int:
    """A port of TCP."""
    number = whole_number(text)
    if not PORTS[0] <= number <= PORTS[1]:
        raise argparse.ArgumentTypeError(
            f"expected a port from {PORTS[0]} to {PORTS[1]}. Got {number}."
        )
    return number


def sample(text: str) -> int | float:
    """A sample: so many, or a share as `5%`."""
    digits = text.strip()
    if not digits.endswith("%"):
        count = whole_number(digits)
        if count < 1:
            raise argparse.ArgumentTypeError(f"expected at least one. Got {shown(text)}.")
        return count
    share = _number(digits[:-1].strip(), text)
    if not 0 < share <= 100:
        raise argparse.ArgumentTypeError(f"expected a share above 0 up to 100%. Got {shown(text)}.")
    return share / 100


def tolerance(text: str) -> float:
    """A difference that is allowed, from zero up."""
    number = _number(text, text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected a tolerance of at least 0. Got {shown(text)}.")
    return number


def _number(digits: str, text: str) -> float:
    """A finite number."""
    try:
        number = float(digits)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"expected a number. Got {shown(text)}.")
    return number


def maps(text: str) -> tuple[str, str]:
    """Maps from elsewhere: `NAME=DIR`."""
    name, sign, folder = text.partition("=")
    if not (sign and name.strip() and folder.strip()):
        raise argparse.ArgumentTypeError(f"expected NAME=DIR. Got {shown(text)}.")
    return name.strip(), folder.strip()


def add_run(verb: argparse.ArgumentParser) -> None:
    """Which run."""
    verb.add_argument("run", metavar="RUN", help="its id, or the beginning of it")


def add_yes(verb: argparse.ArgumentParser) -> None:
    """That what is asked is really meant."""
    verb.add_argument("--yes", action="store_true", help="really; it cannot be undone")


def add_plugins(verb: argparse.ArgumentParser) -> None:
    """The option of every command for methods and metrics of one's own."""
    verb.add_argument(
        "--plugin",
        metavar="MODULE",
        action="append",
        help="a module of yours that registers methods or metrics; it lies in the working folder "
        "or is installed; may be said several times",
    )


def add_elsewhere(verb: argparse.ArgumentParser) -> None:
    """The options of `heatcheck run` for what other tools made."""
    verb.add_argument(
        "--maps",
        metavar="NAME=DIR",
        type=maps,
        action="append",
        help="maps of another tool, scored as a method NAME: a .npy or .png an image, named as it; "
        "may be said several times",
    )
    verb.add_argument(
        "--masks",
        metavar="DIR",
        help="where the objects are: a PNG an image, named as it and of its size; what is not zero "
        "is the object",
    )


class Version(argparse.Action):
    """The option that prints the version. It is looked up when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *parsed: Any) -> None:
        """Print and stop."""
        from heatcheck.commands.installed import own_version

        print(f"heatcheck {own_version()}")
        parser.exit()
