"""Which promise is simulated: by the word after the command."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

SIMULATIONS = ("evidence", "advice", "coverage", "power", "looks")


def main(words: Sequence[str]) -> None:
    """Print the tables. Exits with a message where the words name none."""
    match words:
        case [word] if word in SIMULATIONS:
            importlib.import_module(f"heatcheck.tools.simulate.{word}").main()
        case _:
            named = " ".join(words) or "nothing"
            sys.exit(f"Expected one of {', '.join(SIMULATIONS)}. Got {named}.")


if __name__ == "__main__":
    main(sys.argv[1:])
