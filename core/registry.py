"""Named, parametrised values and the registries that hold them: what methods and metrics have in
common.

A `Registered` value is a frozen dataclass whose fields are its parameters. The fields are its whole
interface: they are validated when it is made, they are its repr and its digest, and the pages draw
a widget from each.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from heatcheck.core.digests import digest_of
from heatcheck.core.errors import BadParameter, UnknownName, shown, unknown

T = TypeVar("T", bound="Registered")
JSON = dict[str, Any]


@dataclass(frozen=True)
class Citation:
    """Where a definition comes from."""

    authors: str
    year: int
    title: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.authors} {self.year}, {self.title}"


def parameter(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] | Callable[[], Sequence[str]] = (),
    words: Sequence[str] = (),
    unit: str = "",
    why: str = "",
) -> Any:
    """A dataclass field with the range, unit and help line from which it is checked and its widget
    drawn, and why its default is that.

    `choices` may be a function, for choices that are known only when everything is registered;
    `words` are taken beside numbers.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "low": low,
            "high": high,
            "choices": choices,
            "words": tuple(words),
            "unit": unit,
            "why": why,
        },
    )


def choices_of(field: dataclasses.Field[Any]) -> tuple[str, ...]:
    """What a field may be, where it is one of several words; empty where it is anything of its type
    and range.
    """
    choices = field.metadata.get("choices", ())
    return tuple(choices() if callable(choices) else choices)


def kind_of(field: dataclasses.Field[Any]) -> type:
    """The type of a field's values other than its words: that of its default, or int where the
    default is one of the words.
    """
    return int if field.default in field.metadata.get("words", ()) else type(field.default)


@dataclass(frozen=True)
class Registered:
    """A named frozen value whose fields are its parameters."""

    standard: ClassVar[bool] = False  # whether a run has it where none are named
    # the name of what took its place: it is read where it is stored, and offered no more
    retired: ClassVar[str] = ""
    offered: ClassVar[bool] = True  # whether it can be asked for by its name
    families: ClassVar[tuple[str, ...]] = ()  # in the order in which the registry lists them
    family: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str]
    cite: ClassVar[Citation]

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check(type(self).__name__, field, getattr(self, field.name))

    @property
    def params(self) -> JSON:
        """The parameters, JSON-ready."""
        return dataclasses.asdict(self)

    @property
    def spec(self) -> JSON:
        """Name and parameters, JSON-ready; `Registry.build` is the inverse."""
        return {"name": type(self).name, **self.params}

    @property
    def digest(self) -> str:
        """64 hex digits that change when the name or any parameter changes."""
        return digest_of(self.spec)


def _check(owner: str, field: dataclasses.Field[Any], value: Any) -> None:
    kind, meta = kind_of(field), field.metadata
    if isinstance(value, str) and value in meta.get("words", ()):
        return
    accepted = (int, float) if kind is float else (kind,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        words = "".join(f" or {word!r}" for word in meta.get("words", ()))
        raise BadParameter(
            f"Expected {owner}.{field.name} to be {kind.__name__}{words}. Got {shown(value)}."
        )
    choices = choices_of(field)
    if choices and value not in choices:
        raise BadParameter(
            f"Expected {owner}.{field.name} to be one of {', '.join(choices)}. Got {shown(value)}."
        )
    low, high = meta.get("low"), meta.get("high")
    too_low, too_high = low is not None and not value >= low, high is not None and not value <= high
    if too_low or too_high:
        raise BadParameter(
            f"Expected {owner}.{field.name} between {low} and {high}. Got {shown(value)}."
        )


class Registry(Mapping[str, type[T]], Generic[T]):
    """Names to classes, in a fixed order; found by importing every module of a package.

    It holds what is offered. What has retired, or is asked for otherwise, is in no list, but
    `[name]`, `read` and `readable` know it, for what is stored.
    """

    def __init__(self, kind: str, *, by_year: bool = False) -> None:
        self.kind = kind
        self.by_year = by_year
        self._classes: dict[str, type[T]] = {}

    def register(self, cls: type[T]) -> type[T]:
        """Class decorator: add `cls` under its `name`. Raises ValueError where the name is
        taken.
        """
        if cls.name in self._classes:
            raise ValueError(
                f"Expected a new {self.kind} name. Got {cls.name!r}, which "
                f"{self._classes[cls.name]} has."
            )
        classes = {**self._classes, cls.name: cls}
        self._classes = dict(sorted(classes.items(), key=lambda item: self._place(item[1])))
        return cls

    def adopt(self, cls: type[T]) -> None:
        """Register a class of another package, where it has not registered itself. Raises
        ValueError where another has its name.
        """
        if self._classes.get(cls.name) is not cls:
            self.register(cls)

    def renew(self, cls: type[T]) -> None:
        """Register a class, in the place of the one that has its name."""
        self._classes = {name: one for name, one in self._classes.items() if name != cls.name}
        self.register(cls)

    @contextmanager
    def also(self, *classes: type[T]) -> Iterator[None]:
        """What the registry holds and these classes beside it, until the block ends: tools and
        tests try what is never offered. Raises ValueError where a name is taken.
        """
        before = self._classes
        try:
            for cls in classes:
                self.register(cls)
            yield
        finally:
            self._classes = before

    def discover(self, package: str, path: Sequence[str]) -> None:
        """Import every module of a package, so that a new file registers itself."""
        for module in pkgutil.iter_modules(path):
            importlib.import_module(f"{package}.{module.name}")

    def build(self, spec: str | JSON) -> T:
        """A value from its name, or from a mapping with `name` and parameters.

        Raises:
            UnknownName: the name or a parameter is not there, or the name has retired.
            BadParameter: a parameter is out of its range.
        """
        built = self.read(spec)
        if not built.offered:
            raise unknown(self.kind, type(built).name, self)
        if built.retired:
            raise UnknownName(
                f"Expected a {self.kind} that is offered. Got {built.name!r}, whose place "
                f"{built.retired!r} has taken. Name that one; stored runs are shown as they were."
            )
        return built

    def read(self, spec: str | JSON) -> T:
        """A stored value, which may have retired; else as `build`."""
        fields = {"name": spec} if isinstance(spec, str) else dict(spec)
        cls = self[str(fields.pop("name", ""))]
        known = [field.name for field in dataclasses.fields(cls)]
        for given in fields:
            if given not in known:
                raise unknown(f"parameter of {cls.name}", given, known)
        return cls(**fields)

    def __getitem__(self, name: str) -> type[T]:
        if name not in self._classes:
            raise unknown(self.kind, name, self)
        return self._classes[name]

    @property
    def readable(self) -> tuple[str, ...]:
        """All names in order, what is not offered among them: what a stored run may have."""
        return tuple(self._classes)

    def __contains__(self, name: object) -> bool:
        return name in self._classes and _is_offered(self._classes[str(name)])

    def __iter__(self) -> Iterator[str]:
        return (name for name, cls in self._classes.items() if _is_offered(cls))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _place(self, cls: type[T]) -> tuple[int, int, str]:
        """The order: by family; then by the year of publication where that is asked for, else the
        standard ones first; by name.
        """
        family = cls.families.index(cls.family) if cls.families else 0
        return (family, cls.cite.year if self.by_year else not cls.standard, cls.name)


def _is_offered(cls: type[Registered]) -> bool:
    return cls.offered and not cls.retired
