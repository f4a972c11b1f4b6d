"""Target rules: which class of an image a run explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heatcheck.core.errors import BadParameter, DoesNotApply, shown, unknown

TOP, LABEL, SECOND, CLASS, CONTRAST = "top", "label", "second", "class", "contrast"
WORDS = f"{TOP}, {LABEL}, {SECOND}, {CLASS}:NAME or {CONTRAST}:A,B"
LONGEST = 1000  # characters
RATHER = " rather than "  # between the two classes of a contrast


@dataclass(frozen=True)
class TargetRule:
    """A rule as it was said: its word, and what stands behind the colon."""

    word: str
    names: str = ""

    @staticmethod
    def read(text: object) -> TargetRule:
        """From its text. Raises BadParameter."""
        word, colon, names = text.partition(":") if isinstance(text, str) else ("", "", "")
        named = word in (CLASS, CONTRAST)
        if (
            not isinstance(text, str)
            or len(text) > LONGEST
            or word not in (TOP, LABEL, SECOND, CLASS, CONTRAST)
            or bool(names.strip()) != named
            or bool(colon) != named
            or (word == CONTRAST and "," not in names)
        ):
            raise BadParameter(f"Expected a target of {WORDS}. Got {shown(text)}.")
        return TargetRule(word, names.strip())

    @property
    def text(self) -> str:
        """As a spec has it: `read` is the inverse."""
        return f"{self.word}:{self.names}" if self.names else self.word

    @property
    def words(self) -> str:
        """For people, after "explained is"."""
        if self.word == CONTRAST:
            return f"what speaks for one class rather than another: {self.names}"
        return {
            TOP: "the class that the model names",
            LABEL: "the class of the label",
            SECOND: "the model's second class",
        }.get(self.word, f"the class {self.names}")

    def fixed(self, names: Sequence[str]) -> Fixed:
        """The classes that the rule names itself, among a classifier's. Raises UnknownName where
        it has none of that name.
        """
        if self.word == CLASS:
            return Fixed(_index(self.names, names))
        if self.word == CONTRAST:
            return Fixed(*_pair(self.names, names))
        return Fixed()

    def chosen(self, ranked: Sequence[int], label: int | None) -> int:
        """The class of an image under a rule that names none: `ranked` are the classes, most
        probable first.

        Raises:
            DoesNotApply: there is no such class.
        """
        if self.word == LABEL:
            if label is None:
                raise DoesNotApply(
                    "its label is no class of this classifier, so there is nothing to explain "
                    "under the target label."
                )
            return label
        if self.word == SECOND:
            if len(ranked) < 2:
                raise DoesNotApply("the classifier has one output, so that there is no second.")
            return ranked[1]
        return ranked[0]


TOPMOST = TargetRule(TOP)  # where nothing is said


@dataclass(frozen=True)
class Fixed:
    """The class that a rule names, and the one that it is held against; None where there is
    none.
    """

    class_index: int | None = None
    against: int | None = None


def _index(name: str, names: Sequence[str]) -> int:
    """A class by its exact name, by its name in another case where that is one class's alone, or by
    its index.

    Raises:
        BadParameter: several classes have that name. UnknownName: none has.
    """
    exact = [index for index, known in enumerate(names) if known == name]
    if len(exact) > 1:
        raise BadParameter(
            f"Expected the name of one class. Got {shown(name)}, which classes "
            f"{', '.join(map(str, exact))} are called. Say one of these indices."
        )
    if exact:
        return exact[0]
    alike = [index for index, known in enumerate(names) if known.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    if name.isdecimal() and int(name) < len(names):
        return int(name)
    raise unknown("class of this classifier", name, names)


def _pair(text: str, names: Sequence[str]) -> tuple[int, int]:
    """Two classes with a comma between; names may have commas of their own."""
    parts = text.split(",")
    splits = [
        (",".join(parts[:place]).strip(), ",".join(parts[place:]).strip())
        for place in range(1, len(parts))
    ]
    known = []
    for first, second in splits:
        try:
            known.append((_index(first, names), _index(second, names)))
        except Exception as error:
            problem = error
    if not known:
        raise problem
    if len(set(known)) > 1 or known[0][0] == known[0][1]:
        raise BadParameter(
            f"Expected two classes that differ, with a comma between. Got {shown(text)}. Say "
            "their indices."
        )
    return known[0]
