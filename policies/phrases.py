"""Finding words and phrases in texts, however they are spelled."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

UNSEEN = dict.fromkeys(
    (0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF)
)
"""Letters that nobody sees; spammers put them into words."""
LONGEST = 250_000
"""More of a text is never shown; some letters stand for eighteen (characters)."""
FEW = 40
"""So many words are found in a text of usual length sooner than the text is taken apart."""
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """A text as words are looked for in it: no case, no forms of letters, no unseen letters, single spaces."""
    seen = text[:LONGEST]
    if not seen.isascii():  # else there is nothing of that in it
        seen = unicodedata.normalize("NFKC", seen).translate(UNSEEN)
    return " ".join(seen.casefold().split())


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One phrase: what must be in the text at all, and the pattern that decides."""

    core: str
    pattern: re.Pattern[str]

    def stands_in(self, text: str) -> bool:
        return self.core in text and self.pattern.search(text) is not None


class Phrases:
    """Phrases to be looked for, indexed by their first word: a thousand of them cost no more than ten."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_word: dict[str, list[tuple[int, _Phrase]]] = {}
        self._others: list[tuple[int, _Phrase]] = []
        for number, phrase in enumerate(phrases):
            made, word = _made(phrase)
            place = self._others if word is None else self._by_word.setdefault(word, [])
            place.append((number, made))

    def found(self, text: str) -> list[int]:
        """The numbers of the phrases that stand in a text, in order."""
        folded = fold(text)
        near = [one for word in self._near(folded) for one in self._by_word[word]]
        return sorted(number for number, phrase in [*near, *self._others] if phrase.stands_in(folded))

    def _near(self, folded: str) -> Iterable[str]:
        """First words that may stand in a text: a few are looked for, of many those that are among its words."""
        if len(self._by_word) <= FEW:
            return [word for word in self._by_word if word in folded]
        return self._by_word.keys() & _words_of(folded)


def _words_of(folded: str) -> set[str]:
    """The words of a text; most need no search for their ends."""
    pieces = set(folded.split(" "))
    plain = {piece for piece in pieces if piece.isalnum()}
    return plain.union(*(_WORD.findall(piece) for piece in pieces - plain))


def _made(phrase: str) -> tuple[_Phrase, str | None]:
    """A phrase, and its first word where texts can only hold it as a word of their own.

    Whole words are looked for; a star at either end goes on into the word.
    """
    outer = phrase.strip()
    core = fold(outer.strip("*"))
    before = "" if outer.startswith("*") else r"(?<!\w)"
    after = "" if outer.endswith("*") else r"(?!\w)"
    words = _WORD.findall(core)
    whole = bool(words) and not outer.startswith("*") and not (outer.endswith("*") and len(words) == 1)
    return _Phrase(core, re.compile(before + re.escape(core) + after)), words[0] if whole else None
