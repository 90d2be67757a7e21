"""Ids: sortable for posts, random for everything that must not tell when or how many (DECISIONS 5)."""

import secrets

from instance.clock import Millis

EPOCH_2020: Millis = 1_577_836_800_000
RANDOM_BITS = 20


def sortable_id(at: Millis, now: Millis) -> int:
    """A 63-bit id that sorts by time: milliseconds since 2020, then 20 random bits.

    A time in the future (a remote server's `published`) is taken as `now`, one before 2020 as 2020.
    """
    at = max(min(at, now), EPOCH_2020)
    return ((at - EPOCH_2020) << RANDOM_BITS) | secrets.randbits(RANDOM_BITS)


def time_of(sortable: int) -> Millis:
    """When a sortable id was made, in milliseconds."""
    return (sortable >> RANDOM_BITS) + EPOCH_2020


def random_id() -> int:
    """A positive 63-bit random id, for accounts."""
    return secrets.randbits(62) | (1 << 62)


def token(bits: int = 256) -> str:
    """A URL-safe random token of so many bits."""
    return secrets.token_urlsafe(bits // 8)


def slug() -> str:
    """The random part of IRIs under /g, /m and /d: 72 bits, never derived from another id."""
    return secrets.token_urlsafe(9)
