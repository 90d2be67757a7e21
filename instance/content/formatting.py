"""What a member types, plain text or Markdown -> safe HTML with links, mentions and hashtags."""

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from instance.errors import RefusalError
from instance.i18n import N_
from instance.sanitise import clean

PLAIN, MARKDOWN = "text/plain", "text/markdown"
TAG_LENGTH = 100
MOST_MENTIONS = 50
SHOWN_LENGTH = 60

_NAME = r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"
_KIND = r"![a-z0-9]+"
_MENTION = (
    rf"(?<![\w/@.])(?:@(?P<name>{_NAME}(?:{_KIND}(?=@))?)|!(?P<group>{_NAME})(?=@[A-Za-z0-9]))"
    rf"(?:@(?P<host>{_HOST}))?(?!@)"
)
_BLOCKS = (*range(0x0300, 0x1E00), *range(0xA800, 0xAC00))
_MARKS = "".join(letter for letter in map(chr, _BLOCKS) if unicodedata.category(letter)[0] == "M")
"""Signs that belong to a letter, as vowels of Indic scripts and Thai do; `\\w` leaves them out."""
_TAG = rf"(?<![\w/&#])#(?P<tag>[\w·{_MARKS}]*[^\W\d_][\w·{_MARKS}]*)"
_URL = r"(?P<url>https?://[^\s<>\"']+)"
_LINKED = re.compile(f"{_URL}|{_MENTION}|{_TAG}")
_TRAILING = ".,;:!?*"
_IN_TAGS = "_·・\u200c"
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Known:
    """An account that a handle in the text names."""

    id: int
    name: str
    url: str


@dataclass(slots=True)
class Formatted:
    """The HTML, the ids of the accounts that it mentions, and its tags: name in lower case -> as written."""

    html: str
    mentions: list[int] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


def handles(text: str) -> set[tuple[str, str]]:
    """The handles in a text, as (name, host) in lower case; host is '' where there is none. Raises RefusalError."""
    found = {_handle(match) for match in _LINKED.finditer(text) if match["name"] or match["group"]}
    if len(found) > MOST_MENTIONS:
        raise RefusalError(
            "mentions-too-many", N_("A post can mention at most {most} people; leave some out."), most=MOST_MENTIONS
        )
    return found


def render(text: str, content_type: str, *, mentions: Mapping[tuple[str, str], Known], base: str) -> Formatted:
    """Safe HTML of a text. `mentions`: the accounts that are known, by handle as `handles` gives it; others stay text.

    `base` is our own address, for links to tags. Raises RefusalError for a content type that is neither of the two.
    """
    linker = Linker(mentions, base)
    text = text.replace("\r\n", "\n").strip()
    if content_type == PLAIN:
        made = _paragraphs(text, linker)
    elif content_type == MARKDOWN:
        made = _markdown(text, linker)
    else:
        raise RefusalError("content-type", N_("Write text/plain or text/markdown; other kinds of text are not taken."))
    linker.found.html = clean(made)
    return linker.found


def _handle(match: re.Match[str]) -> tuple[str, str]:
    """(name, host) that a piece of text names; `!name@host`, as the Lemmy family writes it, is the group of that name."""
    name = match["name"] or f"{match['group']}!group"
    return name.lower(), (match["host"] or "").lower()


class Linker:
    """Turns addresses, handles and tags in text into links, and remembers what it met."""

    def __init__(self, mentions: Mapping[tuple[str, str], Known], base: str) -> None:
        self.found = Formatted("")
        self._mentions = mentions
        self._base = base

    def link(self, text: str) -> str:
        """HTML of a piece of text."""
        parts: list[str] = []
        last = 0
        for match in _LINKED.finditer(text):
            if match.start() < last:
                continue
            made, end = self._one(match)
            if made:
                parts += [html.escape(text[last : match.start()], quote=False), made]
                last = end
        parts.append(html.escape(text[last:], quote=False))
        return "".join(parts)

    def _one(self, match: re.Match[str]) -> tuple[str, int]:
        if match["url"]:
            address = _trimmed(match["url"])
            return _anchor(address), match.start() + len(address)
        if match["tag"]:
            return self._tag(match["tag"]), match.end()
        known = self._mentions.get(_handle(match))
        if known is None:
            return "", 0
        if known.id not in self.found.mentions:
            self.found.mentions.append(known.id)
        name = html.escape(known.name)
        link = f'<a href="{html.escape(known.url)}" class="u-url mention">@<span>{name}</span></a>'
        return f'<span class="h-card" translate="no">{link}</span>', match.end()

    def _tag(self, shown: str) -> str:
        shown = shown[:TAG_LENGTH]
        name = tag_name(shown)
        if len(name) > TAG_LENGTH:
            return ""
        self.found.tags.setdefault(name, shown)
        return (
            f'<a href="{self._base}/tags/{quote(name)}" class="mention hashtag">#<span>{html.escape(shown)}</span></a>'
        )


def tag_name(shown: str) -> str:
    """A hashtag in the one form under which it is found."""
    return unicodedata.normalize("NFKC", shown.removeprefix("#")).lower()


def foreign_tag(shown: str) -> str:
    """A hashtag that another server names, with nothing in it that no tag here can hold; '' where no letter is left."""
    letters = [letter for letter in shown if unicodedata.category(letter)[0] in "LNM" or letter in _IN_TAGS]
    clean = "".join(letters)
    return clean if any(map(str.isalpha, clean)) else ""


def _trimmed(address: str) -> str:
    """An address without the sentence's own punctuation at its end."""
    while address:
        last = address[-1]
        opening = _CLOSING.get(last)
        if last in _TRAILING or (opening and address.count(last) > address.count(opening)):
            address = address[:-1]
        else:
            break
    return address


def _anchor(address: str) -> str:
    shown = address.partition("://")[2]
    if not shown:
        return ""
    if len(shown) > SHOWN_LENGTH:
        start, rest = shown[:SHOWN_LENGTH], shown[SHOWN_LENGTH:]
        shown = f'<span class="ellipsis">{html.escape(start)}</span><span class="invisible">{html.escape(rest)}</span>'
    else:
        shown = html.escape(shown)
    return f'<a href="{html.escape(address)}" class="u-url">{shown}</a>'


def _paragraphs(text: str, linker: Linker) -> str:
    if not text:
        return ""
    parts = re.split(r"\n\s*\n", text)
    return "".join(f"<p>{'<br>'.join(linker.link(line) for line in part.split(chr(10)))}</p>" for part in parts)


def _link_texts(state: StateCore) -> None:
    """markdown-it rule: link what stands in plain text, but not inside a link that the author made."""
    linker: Linker = state.env["linker"]
    for block in state.tokens:
        depth = 0
        children = []
        for token in block.children or []:
            depth += token.nesting if token.type in {"link_open", "link_close"} else 0
            children.append(_linked_token(token, linker) if token.type == "text" and depth == 0 else token)
        if block.children is not None:
            block.children = children


def _linked_token(token: Token, linker: Linker) -> Token:
    return Token("html_inline", "", 0, content=linker.link(token.content))


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable("strikethrough").disable("image")
    parser.core.ruler.push("link_texts", _link_texts)
    return parser


_parser = _make_parser()


def _markdown(text: str, linker: Linker) -> str:
    made: Any = _parser.render(text, {"linker": linker})
    return str(made).strip()
