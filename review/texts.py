"""What people write into a session: how long it may be, what is taken out of it, and which names
look the same.
"""

from __future__ import annotations

import unicodedata

from heatcheck.core.errors import BadParameter

LONGEST = {"name": 60, "title": 120, "question": 300, "note": 2000, "decision": 4000}
JOINERS = "\u200c\u200d"  # no picture of their own, but words of some languages need them
# Letters that show nothing, beside the format characters (category Cf): fillers, selectors, the
# Braille cell without a dot. After Unicode's Default_Ignorable_Code_Point.
UNSEEN = frozenset(
    [
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x2800, 0x3164, 0xFFA0),
        *(*range(0x180B, 0x180E), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
    ]
)
# Letters of other alphabets that look like a Latin one, large and small apart: a Greek Ν looks like
# an N, a ν like a v. After Unicode's confusables.
LOOK_ALIKES = str.maketrans(
    "АВЕКМНОРСТУХЗІЈЅԌԚԜӀҮ"  # Cyrillic
    "аеорсухіјѕԛԝһԁӏѵү"
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ"  # Greek
    "αγινορυϲ"
    "ıȷɑɡ"  # Latin
    "I|10",  # ASCII: they differ in no typeface that a page is sure to have
    "ABEKMHOPCTYX3lJSGQWlYaeopcyxijsqwhdlvyABEZHlKMNOPTYXCayivopucijaglllO",
)


def tidy(kind: str, given: str, *, empty: bool = False) -> str:
    """A person's words: trimmed, without control characters, of a length that a page can show.

    Raises:
        BadParameter: nothing that can be seen is left, or it is too long.
    """
    spared = JOINERS + ("\n" if kind in ("note", "decision") else "")
    words = "".join(letter for letter in given if letter.isprintable() or letter in spared).strip()
    if not _seen(words) and not empty:
        raise BadParameter(f"The {kind} is empty. Write one.")
    if len(words) > LONGEST[kind]:
        raise BadParameter(
            f"The {kind} has {len(words)} characters. At most {LONGEST[kind]} are kept: shorten it."
        )
    return words


def alike(one: str, other: str) -> bool:
    """Whether two names are the same to a reader: but for case, or in how they look."""
    return folded(one) == folded(other) or skeleton(one) == skeleton(other)


def folded(name: str) -> str:
    """The name without case, invisible letters, compatibility forms and repeated spaces."""
    return _seen(name).casefold()


def skeleton(name: str) -> str:
    """What the name looks like: two names with one skeleton cannot be told apart on a page."""
    drawn = unicodedata.normalize("NFKD", _seen(name)).translate(LOOK_ALIKES)
    return unicodedata.normalize("NFKC", drawn.casefold())


def _seen(words: str) -> str:
    """The letters that show, in their compatibility forms, one space between words."""
    shown = (
        letter
        for letter in unicodedata.normalize("NFKC", words)
        if unicodedata.category(letter) != "Cf" and ord(letter) not in UNSEEN
    )
    return " ".join("".join(shown).split())
