"""Posts of other servers as they are handed over: believed and read, their content not yet made safe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from instance.clock import Millis
from instance.content.admission import Approval, RemoteQuote


@dataclass(frozen=True, slots=True)
class RemoteAttachment:
    """A file that lies on the other server."""

    kind: str
    url: str
    mime: str = ""
    description: str = ""
    blurhash: str | None = None
    width: int | None = None
    height: int | None = None
    focus: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class RemotePoll:
    """A poll as the other server tells it: (title, votes) of each option."""

    options: Sequence[tuple[str, int]]
    multiple: bool = False
    expires_at: Millis | None = None
    closed_at: Millis | None = None
    voters: int | None = None


@dataclass(frozen=True, slots=True)
class RemotePost:
    """A post of another server, believed and read, its content not yet made safe. Accounts are ids of known ones."""

    iri: str
    account_id: int
    content: str
    visibility: str
    created_at: Millis
    url: str = ""
    kind: str = "note"
    title: str = ""
    summary: str = ""
    sensitive: bool = False
    language: str | None = None
    group_id: int | None = None
    reply_to_iri: str | None = None
    mentions: Sequence[int] = ()
    silent_mentions: Sequence[int] = ()
    tags: Sequence[str] = ()
    emoji: Mapping[str, str] = field(default_factory=dict)
    attachments: Sequence[RemoteAttachment] = field(default_factory=tuple)
    poll: RemotePoll | None = None
    edited_at: Millis | None = None
    context_iri: str | None = None
    policy: dict[str, Any] | None = None
    approval: Approval | None = None
    quote: RemoteQuote | None = None
    limited: bool = False
    """Whether a rule keeps it out of public timelines."""
    warned: bool = False
    """Whether a rule wants a content warning where the author gave none."""
    unfetched: bool = False
    """Whether its pictures are not to be fetched."""
