"""Custom emoji of a document: tags that say which picture stands for a `:shortcode:` in its words.

Mastodon writes `{"type": "Emoji", "name": ":cat:", "icon": {"type": "Image", "url": ...}}`; some leave the colons out.
"""

import re
from collections.abc import Iterable

from federation.vocab.types import Tag

MOST = 50
"""So many of one document are read."""
_NAME = re.compile(r"[\w+-]{1,64}")  # Unicode's letters: Misskey and Akkoma have names in Japanese, Cyrillic ...


def emoji_of(tags: Iterable[Tag]) -> dict[str, str]:
    """Shortcode without colons -> address of its picture, the first of each name; what has no https address is left out."""
    found: dict[str, str] = {}
    for tag in tags:
        name = tag.name.strip().removeprefix(":").removesuffix(":")
        if tag.type == "Emoji" and tag.icon.startswith("https://") and _NAME.fullmatch(name):
            found.setdefault(name, tag.icon)
        if len(found) == MOST:
            break
    return found
