"""Scopes of Mastodon's API: which there are, and which contains which (docs.joinmastodon.org/api/oauth-scopes)."""

from collections.abc import Iterable

READ = (
    "accounts",
    "blocks",
    "bookmarks",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
    "search",
    "statuses",
)
WRITE = (
    "accounts", "blocks", "bookmarks", "conversations", "favourites", "filters", "follows", "lists", "media", "mutes",
    "notifications", "reports", "statuses",
)  # fmt: skip
FOLLOW = frozenset(f"{verb}:{what}" for verb in ("read", "write") for what in ("blocks", "follows", "mutes"))

ALL: tuple[str, ...] = (
    "read", *(f"read:{what}" for what in READ), "write", *(f"write:{what}" for what in WRITE), "follow", "push", "profile",
)  # fmt: skip
DEFAULT = "read"


def parse(text: str) -> list[str]:
    """The scopes that a text names, in order, each once. Raises ValueError for one that there is not (`admin:*` too)."""
    named = list(dict.fromkeys(text.replace("+", " ").split()))
    for scope in named:
        if scope not in ALL:
            raise ValueError(scope)
    return named


def covers(held: Iterable[str], wanted: str) -> bool:
    """Whether a holder of these scopes may do what needs `wanted`."""
    held = frozenset(held)
    if wanted in held or wanted.partition(":")[0] in held:
        return True
    return "follow" in held and wanted in FOLLOW


def within(held: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether all wanted scopes are covered."""
    held = frozenset(held)
    return all(covers(held, scope) for scope in wanted)
