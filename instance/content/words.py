"""The words of a post: plain columns, or sealed by the vault where the post is direct or a closed group's (DECISIONS 15)."""

from dataclasses import asdict, dataclass
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


NOTHING = Words()


def words_of(vault: Vault, row: Row[Any]) -> Words:
    """The words of a row of `post`. Raises VaultError."""
    if row.words is None:
        return Words(row.title, row.summary, row.content, row.source)
    return Words(**msgspec.json.decode(vault.open(row.words, "post", "words", row.id)))


def columns(vault: Vault, post_id: int, visibility: str, words: Words) -> dict[str, Any]:
    """The values of the columns title, summary, content, source and words of a row of `post`."""
    if visibility not in SEALED:
        return {**asdict(words), "words": None}
    sealed = vault.seal(msgspec.json.encode(asdict(words)), "post", "words", post_id)
    return {**asdict(NOTHING), "words": sealed}
