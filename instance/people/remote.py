"""Remote accounts: what we show of actors of other servers, learnt from their documents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, or_, select, update

from instance.clock import Millis
from instance.db.people import account, follow, restriction
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.i18n import N_
from instance.ids import random_id
from instance.people import handles
from instance.people.accounts import by_iri

NAME_LENGTH = 200
TEXT_LENGTH = 20_000
KINDS = {"person", "group", "application", "service", "organization"}


@dataclass(frozen=True, slots=True)
class RemoteProfile:
    """A remote actor as we show it. `bio` and the values of `fields` are safe HTML already."""

    iri: str
    name: str
    domain: str
    kind: str = "person"
    display_name: str = ""
    bio: str = ""
    fields: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    avatar_url: str | None = None
    header_url: str | None = None
    emoji: Mapping[str, str] = field(default_factory=dict)
    """Custom emoji in its words: shortcode -> address of its picture."""
    followers_iri: str | None = None
    locked: bool = False
    bot: bool = False
    discoverable: bool = False
    indexable: bool = False
    created_at: Millis | None = None
    also_known_as: list[str] = field(default_factory=list)
    moved_to: str | None = None
    suspended: bool = False
    limited: bool = False
    """Whether the policy keeps all of it out of public timelines."""
    claims: str = ""
    """Another host than its own that it says to be found at."""
    may_ask: bool = False
    """Whether its host is a party to what is being done: then it may be asked by which handle it calls the actor."""


def learn(u: Unit, profile: RemoteProfile) -> int:
    """Insert or update a remote account; returns its id. Raises RefusalError for a profile that says it is ours."""
    domain = profile.domain.strip().lower()
    if not domain or domain == u.site.domain or profile.iri.startswith(u.site.base_url + "/"):
        raise RefusalError("profile-not-remote", N_("This account is not on another server."))
    named = _values(profile, domain) | {"updated_at": u.now, "fetched_at": u.now}
    old = by_iri(u.connection, profile.iri)
    handle, doubtful = handles.given(u, named, old)
    if old is None:
        is_new = _insert(u, profile, named | handle)
        old = by_iri(u.connection, profile.iri)
        if old is None:
            raise RefusalError("handle-taken", N_("Two accounts of that server have the same name; try again."))
        if not is_new:  # it was learnt by somebody else meanwhile, who may be the one that has the handle
            handle, doubtful = handles.given(u, named, old)
    values = named | handle
    handles.ask(u, old, claims=profile.claims, may_ask=profile.may_ask, doubtful=doubtful)
    if profile.suspended and old.suspended_at is None:
        values |= {"suspended_at": u.now, "suspended_by_peer": True}
    elif old.suspended_by_peer and not profile.suspended:  # what our own moderators decided stays
        values |= {"suspended_at": None, "suspended_by_peer": False}
    u.connection.execute(update(account).where(account.c.id == old.id).values(**values, deleted_at=None))
    return int(old.id)


def mark_gone(u: Unit, iri: str) -> int | None:
    """A remote account was deleted: its words, pictures and relations go, the row stays. Returns its id, None if unknown."""
    row = by_iri(u.connection, iri)
    if row is None or row.domain == "" or row.deleted_at is not None:
        return None
    forget_relations(u, row.id)
    words = {"display_name": "", "bio": "", "fields": None, "avatar_remote": None, "header_remote": None, "emoji": None}
    gone = update(account).where(account.c.id == row.id)
    u.connection.execute(gone.values(**words, avatar=None, header=None, deleted_at=u.now, updated_at=u.now))
    return int(row.id)


def forget_relations(u: Unit, account_id: int) -> None:
    """Delete all follows, blocks and mutes of an account, in both directions, and correct the others' counts."""
    c = follow.c
    accepted = c.state == "accepted"
    followed = select(c.target_id).where(c.follower_id == account_id, accepted)
    followers = select(c.follower_id).where(c.target_id == account_id, accepted)
    for whom, column in ((followed, account.c.followers_count), (followers, account.c.following_count)):
        ids = sorted(u.connection.execute(whom).scalars())
        u.connection.execute(update(account).where(account.c.id.in_(ids)).values({column: column - 1}))
    u.connection.execute(delete(follow).where(or_(c.follower_id == account_id, c.target_id == account_id)))
    r = restriction.c
    u.connection.execute(delete(restriction).where(or_(r.account_id == account_id, r.target_id == account_id)))
    none = {"followers_count": 0, "following_count": 0}
    u.connection.execute(update(account).where(account.c.id == account_id).values(**none))


def _values(profile: RemoteProfile, domain: str) -> dict[str, Any]:
    return {
        "name": profile.name.strip()[:NAME_LENGTH],
        "domain": domain,
        "kind": profile.kind if profile.kind in KINDS else "person",
        "display_name": " ".join(profile.display_name.split())[:NAME_LENGTH],
        "bio": profile.bio if len(profile.bio) <= TEXT_LENGTH else "",  # cut HTML would not be safe
        "fields": profile.fields or None,
        "url": profile.url or profile.iri,
        "avatar_remote": profile.avatar_url,
        "header_remote": profile.header_url,
        "emoji": dict(profile.emoji) or None,
        "followers_iri": profile.followers_iri,
        "locked": profile.locked,
        "bot": profile.bot,
        "discoverable": profile.discoverable,
        "indexable": profile.indexable,
        "also_known_as": profile.also_known_as or None,
        "moved_to": profile.moved_to,
        "limited": profile.limited,
    }


def _insert(u: Unit, profile: RemoteProfile, values: dict[str, Any]) -> bool:
    created_at = min(profile.created_at or u.now, u.now)
    return insert_new(u.connection, account, id=random_id(), iri=profile.iri, created_at=created_at, **values)
