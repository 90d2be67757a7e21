"""Our posts, boosts and collections, as one reader from another server may see them. Absent and forbidden look alike."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from federation import synchronise
from federation.ports import Collected, Reader
from federation.vocab import build
from federation.vocab.iris import same_origin
from instance.activities.documents import consenting, notes, pledged, shelves
from instance.content import moderation
from instance.content.visible import audience_of, boosted_visible_to, readable_or_none, visible_to
from instance.db.content import pin, post
from instance.db.people import account, follow, restriction
from instance.db.store import Store
from instance.groups import groups
from instance.people import accounts
from instance.policy.inforce import in_force_here
from instance.policy.kept import AUTHORS, KEPT, WRITTEN, Keeping, keepers
from instance.policy.peers import facts_where_asked
from instance.site import Site
from policies.audience import ReaderFacts, may_read
from policies.decision import Decision, Reason, deny
from policies.facts import PostFacts
from policies.outbound import may_read as may_be_read_there
from policies.redaction import redact, take_out

PAGE = 20
ACTIVITY = "/activity"
APPROVALS = "/approvals/"


class Objects:
    """Implements `federation.ports.LocalObjects` over our rows."""

    def __init__(self, site: Site, store: Store) -> None:
        self._site = site
        self._store = store

    async def document(self, iri: str, reader: Reader) -> dict[str, Any] | None:
        """A post, its Create (`…/activity`), a boost; a Tombstone of what was for anyone and is gone."""
        return await self._store.read(_document, self._site, iri, reader)

    async def collection(self, owner: str, name: str, reader: Reader) -> Collected | None:
        """A collection of an actor or post of ours. Inbox, followers and following tell neither names nor totals."""
        return await self._store.read(_collection, self._site, owner, name, reader)

    async def page(self, iri: str) -> str | None:
        """The page for people."""
        return await self._store.read(_page, self._site, iri)


def _document(connection: Connection, site: Site, iri: str, reader: Reader) -> dict[str, Any] | None:
    if APPROVALS in iri:
        return consenting.stamp(connection, iri)
    pledge = pledged.document(connection, site, iri, reader)
    if pledge is not None:
        return pledge
    row = notes.by_iri(connection, iri.removesuffix(ACTIVITY))
    if row is None or not row.iri.startswith(site.base_url + "/"):
        return None
    decision = _decision(connection, site, row, reader)
    found = _shown(connection, site, row, iri) if decision.allowed else None
    return take_out(found, decision.obligations) if found is not None and decision.obligations else found


def _shown(connection: Connection, site: Site, row: Row[Any], iri: str) -> dict[str, Any] | None:
    if row.deleted_at is not None:
        return build.with_context(build.tombstone(row.iri, "Note", row.deleted_at))
    if row.boost_of_id is not None:
        return _boost(connection, row)
    composed = notes.compose(connection, site, row)
    if composed is None:
        return None
    if iri.endswith(ACTIVITY):
        return build.wrapping(composed.document, "Create", iri)
    return build.with_context(composed.document)


def _boost(connection: Connection, row: Row[Any]) -> dict[str, Any] | None:
    """A boost of what anyone may read as of now, by somebody who is still here."""
    boosted = readable_or_none(connection, None, row.boost_of_id)
    found = accounts.by_ids(connection, [row.account_id, boosted.account_id]) if boosted is not None else {}
    if boosted is None or not accounts.is_shown(found[row.account_id]):
        return None
    return notes.boost(row, found[row.account_id], boosted, found[boosted.account_id])


def _decision(connection: Connection, site: Site, row: Row[Any], reader: Reader) -> Decision:
    """The author's audience asks for the very actor that signed; the policy asks for its server."""
    facts = _reader_facts(connection, row, reader)
    if not may_read(audience_of(row), facts):
        return deny(Reason.NO_READER_THERE)
    tier = groups.tier(connection, row.group_id) if row.group_id else None
    there = facts.follows_author or facts.is_mentioned
    given = PostFacts(
        row.visibility,
        local_only=row.local_only,
        tier=tier,
        reader_there=there,
        kept_from_peer=_is_kept(connection, row, reader.host),
    )
    now = site.clock.now()
    policy = in_force_here(connection).at(now)
    peer = facts_where_asked(connection, policy, [reader.host], now, signed=True)[reader.host]
    decision = may_be_read_there(policy, peer, given)
    return redact(policy, peer, given) if decision.allowed else decision


def _is_kept(connection: Connection, row: Row[Any], host: str) -> bool:
    """Whether the author (of a boost: either of both) keeps this server; a tombstone only where it never had the post."""
    boosted = notes.by_id(connection, row.boost_of_id) if row.boost_of_id is not None else None
    authors = [row.account_id, *([boosted.account_id] if boosted is not None else [])]
    facts = {AUTHORS: authors} if row.deleted_at is None else {AUTHORS: authors, WRITTEN: row.created_at}
    return KEPT in Keeping(connection).marked(host, facts)


def _reader_facts(connection: Connection, row: Row[Any], reader: Reader) -> ReaderFacts:
    known = accounts.by_iri(connection, reader.actor)
    if known is None or known.domain == "":
        return ReaderFacts()
    follows = (follow.c.follower_id == known.id, follow.c.target_id == row.account_id, follow.c.state == "accepted")
    blocks = (restriction.c.account_id == row.account_id, restriction.c.target_id == known.id)
    asked = select(exists().where(*follows), exists().where(*blocks, restriction.c.kind == "block"))
    follows_author, is_blocked = connection.execute(asked).one()
    named = any(other.id == known.id for other, _ in notes.mentioned(connection, row.id))
    decides = row.reply_to_account_id == known.id
    return ReaderFacts(is_mentioned=named, follows_author=follows_author, decides=decides, is_blocked=is_blocked)


def _collection(connection: Connection, site: Site, owner: str, name: str, reader: Reader) -> Collected | None:
    if name in {"replies", "context"}:
        return _of_post(connection, site, owner, name, reader)
    row = accounts.by_iri(connection, owner)
    if row is None or row.domain or not accounts.is_shown(row):
        return None
    if name in {"inbox", "followers", "following"}:
        return Collected()
    if row.kind == "group" and name in {"outbox", "featured"}:
        return _embedded(connection, site, _shelf(connection, row, name), reader)
    if name == synchronise.NAME:
        return Collected(_followers_there(connection, row.id, reader))
    if name in {"outbox", "featured"} and (
        row.id in keepers(connection, reader.host) or _blocks(connection, row, reader)
    ):
        return Collected([])
    if name == "outbox":
        return Collected(_newest(connection, row))
    if name == "featured":
        return Collected(_pinned(connection, row.id))
    if name == "moderators" and row.kind == "group":
        found = accounts.by_ids(connection, groups.moderators(connection, row.id))
        return Collected([account.iri for account in found.values()])
    return None


def _blocks(connection: Connection, row: Row[Any], reader: Reader) -> bool:
    """Whether an account blocks who asks."""
    asked = select(restriction.c.id).join(account, account.c.id == restriction.c.target_id)
    mine = (restriction.c.account_id == row.id, restriction.c.kind == "block", account.c.iri == reader.actor)
    return connection.execute(asked.where(*mine)).first() is not None


def _of_post(connection: Connection, site: Site, iri: str, name: str, reader: Reader) -> Collected | None:
    """Replies and thread of a post, for who may read the post."""
    row = notes.by_iri(connection, iri)
    if row is None or not row.iri.startswith(site.base_url + "/") or row.boost_of_id or row.deleted_at is not None:
        return None
    if row.visibility not in notes.ON_THE_WIRE or not _decision(connection, site, row, reader).allowed:
        return None
    author = accounts.by_id(connection, row.account_id)
    if author is None or not accounts.is_shown(author):
        return None
    known = accounts.by_iri(connection, reader.actor)
    reader_id = known.id if known is not None and known.domain else None
    return (shelves.replies if name == "replies" else shelves.context)(connection, site, row, reader_id, reader.host)


def _followers_there(connection: Connection, account_id: int, reader: Reader) -> list[Any]:
    """Followers that live where the reader does: its server knows them already (FEP-8fcf)."""
    asked = select(account.c.iri).join(follow, follow.c.follower_id == account.c.id)
    there = (follow.c.target_id == account_id, follow.c.state == "accepted", account.c.domain == reader.host)
    found = connection.execute(asked.where(*there, account.c.deleted_at.is_(None)).order_by(follow.c.id)).scalars()
    return [iri for iri in found if same_origin(iri, reader.actor)]


def _newest(connection: Connection, row: Row[Any]) -> list[Any]:
    """The newest public posts of a person as Creates, her boosts as Announces; by name, their content is fetched."""
    mine = (post.c.account_id == row.id, post.c.visibility == "public", visible_to(None), boosted_visible_to(None))
    asked = select(post.c.iri, post.c.boost_of_id).where(*mine)
    found = connection.execute(asked.order_by(post.c.id.desc()).limit(PAGE))
    return [iri if boosted is not None else iri + ACTIVITY for iri, boosted in found]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Posts of a group: their ids, and the boosts by which it announced them, by post id."""

    group: Row[Any]
    boosts: dict[int, str] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)


def _shelf(connection: Connection, group: Row[Any], name: str) -> _Shelf:
    if name == "featured":
        return _Shelf(group, ids=moderation.pinned(connection, group.id))
    boosts = _announced(connection, group)
    return _Shelf(group, boosts, list(boosts))


def _announced(connection: Connection, group: Row[Any]) -> dict[int, str]:
    """The newest posts that a group let through and that open a thread, with its boost of each."""
    newest = select(post.c.boost_of_id, post.c.iri).where(post.c.account_id == group.id, post.c.visibility == "public")
    newest = (
        newest.where(post.c.boost_of_id.is_not(None), visible_to(None), boosted_visible_to(None))
        .order_by(post.c.id.desc())
        .limit(PAGE)
    )
    return {row.boost_of_id: row.iri for row in connection.execute(newest)}


def _embedded(connection: Connection, site: Site, shelf: _Shelf, reader: Reader) -> Collected:
    """Posts that anyone may read, as whole documents, which Lemmy and PieFed expect of a group; in its outbox as it announced them.

    Each is judged as if it were asked for by itself.
    """
    asked = select(post).where(post.c.id.in_(shelf.ids), visible_to(None))
    rows = {row.id: row for row in connection.execute(asked)} if shelf.ids else {}
    items = []
    for row in (rows[post_id] for post_id in shelf.ids if post_id in rows):
        decision = _decision(connection, site, row, reader)
        composed = notes.compose(connection, site, row) if decision.allowed else None
        if composed is not None:
            found = _in_outbox(composed, shelf) if shelf.boosts else composed.document
            items.append(take_out(found, decision.obligations) if decision.obligations else found)
    return Collected(items, len(items))


def _in_outbox(composed: notes.Composed, shelf: _Shelf) -> dict[str, Any]:
    row, group = composed.row, shelf.group
    created = build.wrapping(composed.document, "Create", row.iri + ACTIVITY) | {"audience": group.iri}
    iri = f"{shelf.boosts[row.id]}#create"
    return build.inner(notes.announce(iri, group.iri, created, [notes.followers_of(group)], row.created_at))


def _pinned(connection: Connection, account_id: int) -> list[Any]:
    asked = select(post.c.iri).join(pin, pin.c.post_id == post.c.id).where(pin.c.account_id == account_id)
    shown = asked.where(visible_to(None))
    return list(connection.execute(shown.order_by(pin.c.id.desc())).scalars())


def _page(connection: Connection, site: Site, iri: str) -> str | None:
    known = accounts.by_iri(connection, iri)
    if known is not None and known.domain == "":
        return site.url(f"/@{known.name}") if accounts.is_shown(known) else None
    row = notes.by_iri(connection, iri.removesuffix(ACTIVITY))
    if row is None or readable_or_none(connection, None, row.id) is None:
        return None
    shown = row if row.boost_of_id is None else notes.by_id(connection, row.boost_of_id)
    return str(shown.url) if shown is not None and shown.url else None
