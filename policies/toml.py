"""TOML text in, plain data out; what is wrong with the text is said in sentences, with its line."""

import re
import tomllib
from typing import Any

from policies.document import Refused
from policies.fields import WrongError
from policies.words import Sentence, say

LONGEST = 1_000_000
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)$")
_TWICE = (say("the same is said twice."), say("Take one out."))
_ENDS = (say("the name of a section has no end."), say("Put a square bracket at its end."))
_BACKSLASH = (say("a backslash stands in a text."), say("Write it twice, or put the text between single quotes."))
_CHARACTER = (
    say("a character can't stand here; perhaps a text goes over the end of its line."),
    say("Put a quote at its end; a text of several lines stands between three quotes."),
)
_NO_END = (say("a text has no end."), say("Put a quote at its end."))
SAYS: dict[str, tuple[Sentence, Sentence]] = {
    "Expected '='": (say("here stands a name without a value."), say('Write it like this: name = "value".')),
    "Expected ']": _ENDS,
    "Unterminated string": _NO_END,
    'Expected "': _NO_END,
    "Unclosed array": (say("a list has no end."), say("Put a square bracket at its end.")),
    "Unclosed inline table": (say("a table has no end."), say("Put a curly bracket at its end.")),
    "Cannot overwrite": _TWICE,
    "Cannot declare": _TWICE,
    "Cannot mutate": _TWICE,
    "Cannot redefine": _TWICE,
    "Duplicate inline table key": _TWICE,
    "Unescaped '\\'": _BACKSLASH,
    "Invalid hex value": _BACKSLASH,
    "Escaped character": _BACKSLASH,
    "Illegal character": _CHARACTER,
    "Found invalid character": _CHARACTER,
    "Invalid initial character": (say("a name is wanted here."), say('Write it like this: name = "value".')),
    "Invalid statement": (say("this is neither a setting nor a section."), say('Write it like this: name = "value".')),
    "Expected newline": (say("something stands behind the value."), say("Begin a new line with it, or take it out.")),
    "Invalid date": (
        say("there is no such day or time."),
        say("Write it like {example}.", example="2027-01-31T00:00:00Z"),
    ),
    "Invalid value": (
        say("this value can't be read."),
        say("A text stands in quotes; else write a number, true or false, or a list in square brackets."),
    ),
}
"""How a message of `tomllib` begins -> what is wrong, what to do about it."""
ELSE = (say("it can't be read."), say("Look for a quote or a bracket that is missing."))


def read_toml(text: str) -> dict[str, Any]:
    """The data of a text. Raises Refused with one mistake and its line."""
    if len(text) > LONGEST:
        raise Refused([WrongError((), say("the text is too long."), say("Write less than a million characters."))])
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except ValueError as error:  # numbers of thousands of digits too
        raise Refused([_wrong(str(error), text)]) from error
    except RecursionError as error:
        sentence = say("brackets stand within brackets too often.")
        raise Refused([WrongError((), sentence, say("Write it in a simpler way."))]) from error


def _wrong(message: str, text: str) -> WrongError:
    what, remedy = next((said for begin, said in SAYS.items() if message.startswith(begin)), ELSE)
    wrong = WrongError((), say("this is not TOML: {what}", what=what), remedy)
    if found := _AT_LINE.search(message):
        wrong.line = int(found[1])
    elif message.endswith("(at end of document)"):
        wrong.line = text.count("\n") + 1
    return wrong
