"""The words that a reader may not know, each in one line, with how to read it and where it is from.

The Methods page, docs/glossary.md, the end of a report and the tooltips of pages all say these.
"""

from __future__ import annotations

from collections.abc import Sequence

from heatcheck.answer import terms
from heatcheck.answer.term import Term
from heatcheck.core.errors import unknown

TERMS = terms.TERMS
_BY_WORD = {term.word: term for term in TERMS}


def term(word: str) -> Term:
    """A word's term. Raises UnknownName for a word that is none."""
    if word not in _BY_WORD:
        raise unknown("term", word, _BY_WORD)
    return _BY_WORD[word]


def line(word: str) -> str:
    """What a word is and how to read it, for a tooltip. Raises UnknownName for a word that is
    none.
    """
    return f"{term(word).line} {term(word).reading}"


def lines(words: Sequence[str]) -> str:
    """Several words, a paragraph each, in Markdown."""
    return "\n\n".join(
        f"**{word[:1].upper()}{word[1:]}.** {term(word).line} {term(word).reading}"
        for word in words
    )


def used(text: str) -> tuple[Term, ...]:
    """The terms that a text uses, in alphabetical order."""
    return tuple(term for term in TERMS if term.used(text))
