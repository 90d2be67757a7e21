"""Custom emoji of other servers in words: which ones stand there, and HTML in which each is a picture that we serve."""

import re
from collections.abc import Callable, Mapping

from markupsafe import Markup, escape

Emoji = Mapping[str, str]
"""Shortcode without colons -> address of the picture on the other server."""

_PIECES = re.compile(r'(<(?:[^<>"]|"[^"]*")*>)')  # of safe HTML: text and tags by turns


def used(emoji: Emoji, *texts: str) -> dict[str, str]:
    """Those that stand in one of the texts (plain or HTML) as `:shortcode:`."""
    return {name: address for name, address in emoji.items() if any(f":{name}:" in text for text in texts)}


def pictured(html: str, emoji: Emoji, served: Callable[[str], str]) -> Markup:
    """Safe HTML with pictures in place of shortcodes, their alternative text is the shortcode. Tags stay as they are.

    `served` gives our own address for a picture: a reader's browser never asks another server.
    """
    if not emoji:
        return Markup(html)  # noqa: S704 - safe before, nothing is added
    names = "|".join(re.escape(name) for name in sorted(emoji, key=len, reverse=True))
    shortcode = re.compile(f":({names}):")

    def picture(found: re.Match[str]) -> str:
        return f'<img class="emoji" src="{escape(served(emoji[found[1]]))}" alt=":{escape(found[1])}:" loading="lazy">'

    pieces = _PIECES.split(html)
    pieces[::2] = [shortcode.sub(picture, text) for text in pieces[::2]]
    return Markup("".join(pieces))  # noqa: S704 - safe before; what is added is escaped


def pictured_text(text: str, emoji: Emoji, served: Callable[[str], str]) -> Markup:
    """The same of plain text."""
    return pictured(str(escape(text)), emoji, served)
