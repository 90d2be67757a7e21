"""Activities that wait, at rest: sealed where they hold words that are not for everyone, so that a stolen database tells none.

What comes in is sealed whole, before anybody has looked whom it is for; what goes out if its facts say so (`SEALED`).
"""

from federation.ports import Seals

SEALED = "sealed"
"""Name of the fact that says that a body of the outbox is sealed."""


def seal_in(seals: Seals, body: bytes, key: str) -> bytes:
    """A body of the inbox as it is kept; `key` is its row's `activity_key`."""
    return seals.seal(body, "inbox_activity", "body", key)


def open_in(seals: Seals, kept: bytes, key: str) -> bytes:
    """The body back; what an older release has kept in the clear is given as it is."""
    return seals.open(kept, "inbox_activity", "body", key) if seals.sealed(kept) else kept


def seal_out(seals: Seals, body: bytes, item_id: int) -> bytes:
    """A body of the outbox as it is kept."""
    return seals.seal(body, "outbox_item", "body", item_id)


def open_out(seals: Seals, kept: bytes, item_id: int) -> bytes:
    """The body back."""
    return seals.open(kept, "outbox_item", "body", item_id)
