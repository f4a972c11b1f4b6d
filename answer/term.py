"""One word of the glossary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from heatcheck.core.registry import Citation
from heatcheck.metrics.base import OURS


@dataclass(frozen=True)
class Term:
    """A word: what it is, how to read it, each a sentence or two, and its source. `also` are other
    ways in which texts say it.
    """

    word: str
    line: str
    reading: str
    source: Citation = OURS
    also: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """What an address ends in to point at it: `exchange-gain`."""
        return "-".join(re.findall("[a-z0-9]+", self.word.lower()))

    def used(self, text: str) -> bool:
        """Whether a text has the word, or its plural, or another way to say it."""
        return self._said.search(text) is not None

    @cached_property
    def _said(self) -> re.Pattern[str]:
        """A name (`Random`) as it is written, any other word with a large or small first letter."""
        ways = "|".join(
            re.escape(way)
            if way[0].isupper()
            else f"[{way[0].upper()}{way[0]}]{re.escape(way[1:])}"
            for way in (self.word, *self.also)
        )
        return re.compile(rf"(?<![\w-])(?:{ways})(?:s|es)?(?!\w|-\w)")
