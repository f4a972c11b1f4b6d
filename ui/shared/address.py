"""What a person chose, in the address by its id: where a widget shows another text than that,
`bind` would put the text there. Each new address is a step of Back and Forward.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.errors import StreamlitAPIException

from heatcheck.ui.shared.markdown import plain

SAID = "address_said"  # in the session: what the page has said or read of its address
UNWRITTEN = "address_unwritten"  # the words that it has said and that do not stand there yet
UNTOLD = "address_untold"  # sentences of what was refused
UNREAD, REFUSED = "unread", "refused"  # what a text means that has not been shown yet, or cannot be


@dataclass(frozen=True)
class Word:
    """What the address says of a word, and the choice that this means: see `say`."""

    text: str
    meant: str | None = UNREAD


def keep(key: str, word: str, matching: Callable[[str], list[str]]) -> None:
    """A widget's first choice is what the address says, where that is one of what is offered."""
    asked = st.query_params.get(word, "")
    if key not in st.session_state and asked and len(found := matching(asked)) == 1:
        st.session_state[key] = found[0]


def remember(word: str, chosen: str | None) -> None:
    """What was chosen stands in the address."""
    if chosen is None:
        st.query_params.pop(word, None)
    else:
        st.query_params[word] = chosen


def opened() -> None:
    """A page opens: what the address says now is news, and what it does not say is none."""
    st.session_state[SAID] = {}
    _unwritten().clear()


def asked(word: str) -> str | None:
    """What the address says of a word since a link, Back or Forward changed it, empty where it says
    nothing any more; None where it says what the page knows. Told once.
    """
    if word in _unwritten():
        return None
    now: str = st.query_params.get(word, "")
    if now == said(word):
        return None
    _words()[word] = Word(now)
    return now


def refuse(word: str, what: str, asked: str, advice: str) -> None:
    """What the address says of this word is nothing that can be shown: `tell` says so, and `say`
    replaces it.
    """
    _words()[word] = Word(said(word), REFUSED)
    sentences: list[str] = st.session_state.setdefault(UNTOLD, [])
    sentences.append(
        f"The address asks for {what} “{plain(asked[:80])}”, which is not here. {advice}"
    )


def tell() -> None:
    """What was refused, in sight: the choices themselves may stand in something that is closed."""
    for sentence in st.session_state.pop(UNTOLD, ()):
        st.warning(sentence, icon=":material/link_off:")


def said(word: str) -> str:
    """What the address says of a word, as far as the page knows."""
    known = _words().get(word)
    return known.text if known else ""


def say(words: Mapping[str, str | None]) -> None:
    """What was chosen is to stand in the address, once the page is drawn: see `one_step`. A word
    with None does not stand there. What a link says in words of its own stays as it is until
    something else is chosen.
    """
    for word, value in words.items():
        known = _words().get(word, Word("", None))
        if known.meant is UNREAD:
            _words()[word] = Word(known.text, value)
        elif known.meant != value:
            _words()[word] = Word(value or "", value)
        _unwritten().add(word)


@contextmanager
def one_step() -> Iterator[None]:
    """All that a page says while it is drawn stands in the address at its end, or where it stops:
    one choice is one step of Back and Forward, whatever follows from it.
    """
    try:
        yield
    finally:
        _write(_unwritten())
        _unwritten().clear()


def _write(words: Collection[str]) -> None:
    texts = {word: said(word) for word in words}
    now = {word: st.query_params.get(word, "") for word in words}
    if now == texts:
        return
    kept = {word: text for word, text in texts.items() if text}
    gone = [word for word in words if now[word] and word not in kept]
    if gone:
        others = {word: text for word, text in st.query_params.items() if word not in words}
        try:
            st.query_params.from_dict({**others, **kept})
        except StreamlitAPIException:  # the page binds one of the others: several steps, then
            for word in gone:
                del st.query_params[word]
            st.query_params.update(kept)
    else:
        st.query_params.update(kept)


def _unwritten() -> set[str]:
    words: set[str] = st.session_state.setdefault(UNWRITTEN, set())
    return words


def _words() -> dict[str, Word]:
    known: dict[str, Word] = st.session_state.setdefault(SAID, {})
    return known
