"""Names that other people chose, as text that is safe to print, to store and to send."""

from __future__ import annotations

import unicodedata

UNSEEN = ("Cc", "Cs", "Zl", "Zp")  # control characters, bytes that are no text, line ends
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # change the order


def printable(text: str) -> str:
    """The same text with every character that cannot be seen as a readable code.

    Codes stand for control characters (a terminal obeys them), bytes that are not UTF-8 (a
    database refuses them), line ends and marks that turn the reading order. All else stays.

    >>> printable("caf\\udce9 \\x1b[2J")
    'caf\\\\xe9 \\\\x1b[2J'
    """
    return "".join(map(_seen, text))


def _seen(letter: str) -> str:
    if unicodedata.category(letter) not in UNSEEN and letter not in TURNING:
        return letter
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that Python could not read as UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
