"""The words of a post: plain columns, or sealed by the vault where the post is direct or a closed group's (DECISIONS 15)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Row

from instance.vault import Vault

SEALED = {"direct", "group"}


@dataclass(frozen=True, slots=True)
class Words:
    """What a post says. `content` is safe HTML, `source` what its author typed."""

    title: str = ""
    summary: str = ""
    content: str = ""
    source: str = ""
    emoji: Mapping[str, str] = field(default_factory=dict)
    """Custom emoji of another server in them: shortcode -> address of its picture there."""


NOTHING = Words()


def words_of(vault: Vault, row: Row[Any]) -> Words:
    """The words of a row of `post`. Raises VaultError."""
    if row.words is None:
        return Words(row.title, row.summary, row.content, row.source, row.emoji or {})
    return Words(**msgspec.json.decode(vault.open(row.words, "post", "words", row.id)))


def columns(vault: Vault, post_id: int, visibility: str, words: Words) -> dict[str, Any]:
    """The values of the columns title, summary, content, source, emoji and words of a row of `post`."""
    if visibility not in SEALED:
        return {**asdict(words), "emoji": dict(words.emoji) or None, "words": None}
    sealed = vault.seal(msgspec.json.encode(asdict(words)), "post", "words", post_id)
    return {**asdict(NOTHING), "emoji": None, "words": sealed}
