"""Who may read, answer and boost a post; audiences are compared by set inclusion (DECISIONS 7)."""

from dataclasses import dataclass
from enum import StrEnum

OPEN_TO_ALL = frozenset({"public", "unlisted"})
"""Audiences of everyone, for rules about writing, naming and sending. Who may read is asked of `may_read` and its SQL twin."""


class Visibility(StrEnum):
    """The audience that a post is stored with. `group` names one group; `direct` those who are mentioned."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    GROUP = "group"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class PostAudience:
    """A post, as far as its audience goes."""

    visibility: Visibility
    local_only: bool = False
    consent: str = ""
    """`pending` or `refused`: it answers a post whose author has not said yes to that, or has said no."""


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """A reader, as far as one post is concerned. All False is a stranger without sign-in."""

    is_author: bool = False
    is_mentioned: bool = False
    follows_author: bool = False
    in_group: bool = False
    is_local: bool = False
    decides: bool = False
    """The post answers one of this reader's, who decides whether it is shown."""
    is_blocked: bool = False
    """The author blocks the reader, or the reader's server is blocked."""


def may_read(post: PostAudience, reader: ReaderFacts) -> bool:
    """Whether this reader may see that the post exists."""
    if reader.is_author:
        return True
    if reader.is_blocked or (post.local_only and not reader.is_local):
        return False
    if post.consent and not (post.consent == "pending" and reader.decides):
        return False
    match post.visibility:
        case Visibility.PUBLIC | Visibility.UNLISTED:
            return True
        case Visibility.FOLLOWERS:
            return reader.follows_author or reader.is_mentioned
        case Visibility.GROUP:
            return reader.in_group
        case Visibility.DIRECT:
            return reader.is_mentioned


def may_boost(post: PostAudience, reader: ReaderFacts) -> bool:
    """Whether this reader may boost the post: only what anyone may read, and an author her own followers-only post."""
    if post.local_only or post.consent or not may_read(post, reader):
        return False
    if post.visibility in {Visibility.PUBLIC, Visibility.UNLISTED}:
        return True
    return post.visibility is Visibility.FOLLOWERS and reader.is_author
