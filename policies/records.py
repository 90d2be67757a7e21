"""Kinds that hold records: a table by name (rules for servers, accounts) and a list (words that posts may hold)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policies.fields import Line, Path, WrongError, build, lines_of, read_lines, value_of, write_lines
from policies.kinds import written_like
from policies.words import joined, say

MOST = 100_000


@dataclass(frozen=True)
class _Records:
    cls: type

    @cached_property
    def table(self) -> list[Line]:
        return lines_of(self.cls)

    def _one(self, value: Any, at: Path) -> Any:
        values, wrong = read_lines(self.table, value, at)
        if wrong:
            raise wrong[0]
        return build(self.cls, values)

    def _said(self, record: Any) -> str:
        parts = [line.says(value_of(record, line.name)) for line in self.table]
        return joined(", ", [part for part in parts if part])

    def _at_least(self, new: Any, old: Any) -> bool:
        pairs = ((line, value_of(new, line.name), value_of(old, line.name)) for line in self.table)
        return all(line.spec.kind.at_least(one, other) for line, one, other in pairs)


@dataclass(frozen=True)
class ByName(_Records):
    """Records by name. `clean` gives the one spelling of a name, or None."""

    clean: Callable[[str], str | None]
    example: str

    def read(self, value: Any, at: Path) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MOST:
            header = f'[{".".join(map(str, at))}."{self.example}"]'
            raise WrongError(at, say("a table of rules is wanted."), written_like(header))
        found: dict[str, Any] = {}
        for key, raw in value.items():
            name = self.clean(key) if isinstance(key, str) else None
            if name is None:
                sentence = say("{name} is no name that can stand here.", name=repr(key))
                raise WrongError((*at, key), sentence, written_like(self.example))
            if name in found:
                raise WrongError((*at, key), say("{name} has two rules.", name=name), say("Take one out."))
            found[name] = self._one(raw, (*at, key))
        return found

    def plain(self, value: dict[str, Any]) -> dict[str, Any]:
        return {name: write_lines(self.table, record) for name, record in value.items()}

    def words(self, value: dict[str, Any]) -> str:
        return joined("; ", [joined(": ", [name, self._said(value[name])]) for name in sorted(value)])

    def at_least(self, new: dict[str, Any], old: dict[str, Any]) -> bool:
        return all(name in new and self._at_least(new[name], old[name]) for name in old)

    def linked(self, value: dict[str, Any]) -> dict[str, Any]:
        return self.plain(value)


@dataclass(frozen=True)
class Listed(_Records):
    """A list of records; a group may add to it."""

    def read(self, value: Any, at: Path) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > MOST:
            raise WrongError(at, say("a list of rules is wanted."), written_like(f"[[{'.'.join(map(str, at))}]]"))
        return tuple(self._one(raw, (*at, number)) for number, raw in enumerate(value))

    def plain(self, value: tuple[Any, ...]) -> list[Any]:
        return [write_lines(self.table, record) for record in value]

    def words(self, value: tuple[Any, ...]) -> str:
        return joined("; ", [self._said(record) for record in value])

    def at_least(self, new: tuple[Any, ...], old: tuple[Any, ...]) -> bool:
        return all(record in new for record in old)

    def linked(self, value: tuple[Any, ...]) -> list[Any]:
        return self.plain(value)
