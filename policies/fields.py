"""What a field of a policy is: its kind, how it is read, written, said, and which of two values is the stricter.

The classes in `policies/sections.py` are the one table of fields: each attribute carries a `Spec`. Reading, TOML, JSON, JSON-LD,
sentences, differences and the comparison of strictness all walk that table.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Protocol

from policies.words import Sentence, joined, say

Path = tuple[str | int, ...]


class PolicyError(ValueError):
    """A document is not a policy; the sentence says where. Doors put it into the reader's language."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self._sentence = sentence

    @property
    def whole(self) -> Sentence:
        """All that is to be said of it."""
        return self._sentence

    def __str__(self) -> str:
        return str(self.whole)


class WrongError(PolicyError):
    """One value is wrong: where, what, and what to do about it."""

    def __init__(self, path: Path, sentence: Sentence, remedy: Sentence) -> None:
        super().__init__(sentence)
        self.path, self.sentence, self.remedy = path, sentence, remedy
        self.line: int | None = None
        """The line of the text, where it was read from one."""

    @property
    def words(self) -> Sentence:
        """What is wrong, and what to do; it begins with a small letter."""
        return joined(" ", [self.sentence, self.remedy])

    @property
    def whole(self) -> Sentence:
        """The same with its line and its place."""
        if self.line is None:
            return joined(": ", [dotted(self.path), self.words])
        return say("line {line}: {place}: {words}", line=self.line, place=dotted(self.path), words=self.words)


class Kind(Protocol):
    """What values a field takes."""

    def read(self, value: Any, at: Path) -> Any:
        """The typed value of plain data. Raises WrongError."""
        ...

    def plain(self, value: Any) -> Any:
        """Plain data, as JSON holds it."""
        ...

    def words(self, value: Any) -> str:
        """The value as people read it; different values read differently."""
        ...

    def at_least(self, new: Any, old: Any) -> bool:
        """Whether `new` is as strict as `old` or stricter; what can't be compared is not."""
        ...

    def linked(self, value: Any) -> Any:
        """The value as JSON-LD has it."""
        ...


@dataclass(frozen=True, slots=True)
class Spec:
    """One line of the table of fields."""

    kind: Kind
    says: str
    """The sentence of a value that is set; `{value}` stands for it."""
    otherwise: str = ""
    """The sentence of False, none or empty. Without one, nothing is said."""
    term: str = ""
    """The property in the published document; none: it is published by the seal only."""
    always: bool = False
    """Written even where it says what silence says."""
    path: tuple[str, ...] = ()
    """Where it stands in the document, if that is not its name."""


@dataclass(frozen=True, slots=True)
class Line:
    """A field of a section, with where it stands."""

    name: str
    path: tuple[str, ...]
    spec: Spec
    default: Any

    def says(self, value: Any) -> Sentence | None:
        """The field's sentence for a value; None where nothing needs to be said."""
        unset = value is None or value is False or (isinstance(value, str | frozenset | tuple | dict) and not value)
        if unset:
            return say(self.spec.otherwise) if self.spec.otherwise else None
        return say(self.spec.says, value=self.spec.kind.words(value))


def setting(default: Any, kind: Kind, says: str, otherwise: str = "", **more: Any) -> Any:
    """An attribute of a section: a dataclass field with its `Spec`. A callable default is a factory."""
    metadata = {"spec": Spec(kind, says, otherwise, **more)}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def section(cls: type) -> Any:
    """An attribute that is a section of its own."""
    return field(default_factory=cls, metadata={"section": cls})


def lines_of(cls: type, above: tuple[str, ...] = ()) -> list[Line]:
    """The table of a class, its sections included (their lines have two names, joined by a dot)."""
    found: list[Line] = []
    for one in fields(cls):
        if inner := one.metadata.get("section"):
            for line in lines_of(inner, (*above, one.name)):
                found.append(Line(f"{one.name}.{line.name}", line.path, line.spec, line.default))
        else:
            spec: Spec = one.metadata["spec"]
            found.append(Line(one.name, spec.path or (*above, one.name), spec, _default(one)))
    return found


def _default(one: "Field[Any]") -> Any:
    if one.default_factory is not MISSING:
        return one.default_factory()
    return one.default


def value_of(document: Any, name: str) -> Any:
    """The value of a line, by its name."""
    for part in name.split("."):
        document = getattr(document, part)
    return document


def read_lines(table: list[Line], data: Any, at: Path = ()) -> tuple[dict[str, Any], list[WrongError]]:
    """Values by name, and all that is wrong: values, and words that the table does not know."""
    values: dict[str, Any] = {}
    wrong = list(_strangers(data, {line.path for line in table}, at))
    for line in table:
        found = data
        for step in line.path:
            found = found.get(step, MISSING) if isinstance(found, Mapping) else MISSING
            if found is MISSING:
                break
        if found is MISSING:
            if line.default is MISSING:
                wrong.append(missing((*at, *line.path)))
            continue
        try:
            values[line.name] = line.spec.kind.read(found, (*at, *line.path))
        except WrongError as error:
            wrong.append(error)
    return values, wrong


def missing(path: Path) -> WrongError:
    """Something that must be said is not."""
    return WrongError(path, say("it is missing."), say("Say it; there is no default."))


def _strangers(data: Any, known: set[tuple[str, ...]], at: Path, here: tuple[str, ...] = ()) -> list[WrongError]:
    if not isinstance(data, Mapping):
        remedy = say("Write its name in square brackets.")
        return [WrongError((*at, *here), say("a table of settings is wanted."), remedy)]
    wrong: list[WrongError] = []
    for key, value in data.items():
        path = (*here, key)
        if path in known:
            continue
        below = {one for one in known if one[: len(path)] == path}
        if below:
            wrong += _strangers(value, known, at, path)
            continue
        words = sorted({one[len(here)] for one in known if one[: len(here)] == here})
        remedy = say("Take it out, or say: {words}.", words=", ".join(words))
        wrong.append(WrongError((*at, *path), say("no setting has this name."), remedy))
    return wrong


def build(cls: type, values: Mapping[str, Any]) -> Any:
    """An object of a class from the values of its lines."""
    arguments: dict[str, Any] = {}
    for one in fields(cls):
        if inner := one.metadata.get("section"):
            start = one.name + "."
            arguments[one.name] = build(
                inner, {k.removeprefix(start): v for k, v in values.items() if k.startswith(start)}
            )
        elif one.name in values:
            arguments[one.name] = values[one.name]
    return cls(**arguments)


def write_lines(table: list[Line], document: Any) -> dict[str, Any]:
    """Plain data; what says the same as silence is left out, so that a new field changes no old digest."""
    top: dict[str, Any] = {}
    for line in table:
        value = value_of(document, line.name)
        if value == line.default and not line.spec.always:
            continue
        inner = top
        for step in line.path[:-1]:
            inner = inner.setdefault(step, {})
        inner[line.path[-1]] = line.spec.kind.plain(value)
    return top


def dotted(path: Path) -> str:
    """A path as a message names it: `peers.rules["a.example"].until`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step + 1}]"
        elif step.replace("_", "").isalnum():
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text or say("the document")
