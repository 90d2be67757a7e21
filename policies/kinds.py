"""The kinds of values: yes or no, a choice, a span of time, a number, a set of words, a text, a moment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from policies.fields import Path, WrongError
from policies.times import hours, millis, moment
from policies.words import Sentence, joined, say, say_many

LONGEST_TEXT = 500
MOST_WORDS = 1000
LONGEST_SPAN = 876_600  # hours: a hundred years


class Strict(Enum):
    """Which of two values is the stricter."""

    MORE = "more"
    LESS = "less"
    FREE = "free"
    """Neither: groups may differ."""
    FIXED = "fixed"
    """Neither: groups may not differ."""


def _ranked(strict: Strict, new: Any, old: Any) -> bool:
    match strict:
        case Strict.MORE:
            return bool(new >= old)
        case Strict.LESS:
            return bool(new <= old)
        case Strict.FREE:
            return True
        case Strict.FIXED:
            return bool(new == old)


def said_as(word: str) -> Sentence:
    """A word of an enumeration, as people read it."""
    return say(str(word).replace("_", " "))


def written_like(example: str) -> Sentence:
    """The remedy where an example says it all."""
    return say("Write it like {example}.", example=example)


@dataclass(frozen=True)
class Flag:
    """Yes or no. MORE: yes is the stricter."""

    strict: Strict = Strict.MORE

    def read(self, value: Any, at: Path) -> bool:
        if not isinstance(value, bool):
            raise WrongError(at, say("yes or no is wanted."), say("Write true or false."))
        return value

    def plain(self, value: bool) -> bool:
        return value

    def words(self, value: bool) -> str:
        return say("yes") if value else say("no")

    def at_least(self, new: bool, old: bool) -> bool:
        return _ranked(self.strict, new, old)

    def linked(self, value: bool) -> bool:
        return value


@dataclass(frozen=True)
class Choice:
    """One of some words, which their enumeration orders from mild to strict."""

    words_known: type[StrEnum]
    terms: Mapping[Any, str] | None = None
    strict: Strict = Strict.MORE
    said: Mapping[Any, Sentence] | None = None
    """What people read in place of a word that says little by itself."""

    def read(self, value: Any, at: Path) -> StrEnum:
        try:
            return self.words_known(value)
        except ValueError as error:
            remedy = say("Say one of: {words}.", words=", ".join(self.words_known))
            raise WrongError(at, say("this word is not known."), remedy) from error

    def plain(self, value: StrEnum) -> str:
        return str(value)

    def words(self, value: StrEnum) -> str:
        return (self.said or {}).get(value) or said_as(value)

    def at_least(self, new: Any, old: Any) -> bool:
        order = list(self.words_known)
        return (
            _ranked(self.strict, order.index(new), order.index(old)) if self.strict is not Strict.FIXED else new == old
        )

    def linked(self, value: StrEnum) -> str:
        return self.terms[value] if self.terms else str(value)


@dataclass(frozen=True)
class Span:
    """A span of time, in hours; None is not said, the mildest. LESS: the shorter is the stricter."""

    strict: Strict = Strict.LESS

    def read(self, value: Any, at: Path) -> int | None:
        found = hours(value)
        if found is None or found > LONGEST_SPAN:
            raise no_span(at, '"72 hours"', '"365 days"')
        return found

    def plain(self, value: int | None) -> str | None:
        if value is None:
            return None
        return f"P{value // 24}D" if value % 24 == 0 else f"PT{value}H"

    def words(self, value: int | None) -> str:
        if value is None:
            return say("no limit")
        if value % 24 == 0:
            return say_many("{n} day", "{n} days", value // 24)
        return say_many("{n} hour", "{n} hours", value)

    def at_least(self, new: int | None, old: int | None) -> bool:
        unsaid = LONGEST_SPAN + 1 if self.strict is Strict.LESS else -1
        return _ranked(self.strict, unsaid if new is None else new, unsaid if old is None else old)

    def linked(self, value: int | None) -> str | None:
        return self.plain(value)


def spellings(n: int) -> list[Sentence]:
    """`n` hours, days and weeks, each as it can be written; in the reader's language once it is translated."""
    return [
        say_many("{n} hour", "{n} hours", n),
        say_many("{n} day", "{n} days", n),
        say_many("{n} week", "{n} weeks", n),
    ]


def no_span(at: Path, short: str, long: str) -> WrongError:
    """What is said of what is no span of time; with two examples of how one is written."""
    remedy = say("Write {short} or {long}, or leave it out.", short=short, long=long)
    return WrongError(at, say("a span of time is wanted."), remedy)


@dataclass(frozen=True)
class Count:
    """A number; None is no limit. LESS: the smaller is the stricter."""

    low: int = 0
    high: int = 1_000_000
    strict: Strict = Strict.LESS

    def read(self, value: Any, at: Path) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            remedy = say("Write a whole number from {low} to {high}.", low=self.low, high=self.high)
            raise WrongError(at, say("another number is wanted."), remedy)
        return value

    def plain(self, value: int | None) -> int | None:
        return value

    def words(self, value: int | None) -> str:
        return say("no limit") if value is None else str(value)

    def at_least(self, new: int | None, old: int | None) -> bool:
        endless = self.high + 1
        return _ranked(self.strict, endless if new is None else new, endless if old is None else old)

    def linked(self, value: int | None) -> int | None:
        return value


@dataclass(frozen=True)
class Words:
    """A set of words, of an enumeration or of a pattern. MORE: the larger is the stricter."""

    words_known: type[StrEnum] | None = None
    pattern: str = ""
    example: str = ""
    terms: Mapping[Any, str] | None = None
    strict: Strict = Strict.MORE
    none_is_any: bool = False
    """Whether an empty set means that there is no limit."""

    def read(self, value: Any, at: Path) -> frozenset[Any]:
        if not isinstance(value, list) or len(value) > MOST_WORDS:
            raise WrongError(at, say("a list of words is wanted."), say('Write ["one", "another"].'))
        found = frozenset(self._word(one, (*at, number)) for number, one in enumerate(value))
        if len(found) != len(value):
            raise WrongError(at, say("a word stands there twice."), say("Take one out."))
        return found

    def _word(self, value: Any, at: Path) -> Any:
        if self.words_known is not None:
            return Choice(self.words_known).read(value, at)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or not re.fullmatch(self.pattern, value):
            raise WrongError(at, say("this word can't stand here."), written_like(self.example))
        return value

    def plain(self, value: frozenset[Any]) -> list[str]:
        return sorted(str(one) for one in value)

    def words(self, value: frozenset[Any]) -> str:
        if not value:
            return say("anything") if self.none_is_any else say("none")
        return joined(", ", [said_as(one) if self.words_known else one for one in self.plain(value)])

    def at_least(self, new: frozenset[Any], old: frozenset[Any]) -> bool:
        if self.none_is_any and new != old and not (new and old):
            return (not old) is (self.strict is Strict.LESS)
        return _ranked(self.strict, new, old)

    def linked(self, value: frozenset[Any]) -> list[str]:
        return self.plain(value) if self.terms is None else sorted(self.terms[one] for one in value)


@dataclass(frozen=True)
class Text:
    """Free text, or text of a pattern."""

    pattern: str = ""
    example: str = ""
    strict: Strict = Strict.FREE

    def read(self, value: Any, at: Path) -> str:
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            sentence = say("a text of at most {number} characters is wanted.", number=LONGEST_TEXT)
            raise WrongError(at, sentence, say("Make it shorter, and put it in quotes."))
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise WrongError(at, say("this is no text that can be written down."), say("Write it again."))
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise WrongError(at, say("this text can't stand here."), written_like(self.example))
        return value

    def plain(self, value: str) -> str:
        return value

    def words(self, value: str) -> str:
        return value

    def at_least(self, new: str, old: str) -> bool:
        return _ranked(self.strict, new, old)

    def linked(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Moment:
    """A moment in milliseconds UTC, whole seconds; None is never."""

    def read(self, value: Any, at: Path) -> int:
        found = millis(value)
        if found is None:
            raise WrongError(at, say("a moment with its zone is wanted."), written_like("2027-01-31T00:00:00Z"))
        return found

    def plain(self, value: int | None) -> str | None:
        return None if value is None else moment(value)

    def words(self, value: int | None) -> str:
        return say("without end") if value is None else moment(value)

    def at_least(self, new: int | None, old: int | None) -> bool:
        return new == old

    def linked(self, value: int | None) -> str | None:
        return self.plain(value)
