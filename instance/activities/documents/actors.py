"""Our persons and groups as the wire shows them, and remote actors as we show them."""

import json
import re
from typing import Any

from sqlalchemy import Connection, or_, select

from federation.client.webfinger import claim_of, username_of
from federation.ports import HiddenActor, LocalActor
from federation.schema import local_key, remote_actor
from federation.vocab import build
from federation.vocab.emoji import emoji_of
from federation.vocab.iris import host_of
from federation.vocab.types import Actor
from instance.agreements import requirements
from instance.db.people import account
from instance.db.store import Store
from instance.emoji import used
from instance.groups import groups
from instance.media import store as media
from instance.people.accounts import MARK, AccountRow
from instance.people.bio import render_bio
from instance.people.remote import RemoteProfile
from instance.sanitise import clean, plain
from instance.site import Site

REQUIRES = {"requires": {"@id": "https://w3id.org/skerry/ns#requires", "@type": "@id"}}
WIRE_KINDS = {"person": "Person", "group": "Group"}
FIELDS = 20
NOT_IN_HANDLES = f"@/\\<>{MARK}"
"""What would make a handle, or a page's address, look like somebody else's."""
HIDDEN = ("suspended_at", "deleted_at")


class Actors:
    """Local persons and groups, for federation's endpoints."""

    def __init__(self, site: Site, store: Store) -> None:
        self._site = site
        self._store = store

    async def by_iri(self, iri: str) -> LocalActor | None:
        return await self._store.read(self._find, account.c.iri == iri)

    async def by_name(self, name: str) -> LocalActor | None:
        return await self._store.read(self._find, account.c.name == name.lower())

    async def hidden(self, iri: str) -> HiddenActor | None:
        return await self._store.read(self._hidden, iri)

    def _hidden(self, connection: Connection, iri: str) -> HiddenActor | None:
        ours = select(account).where(account.c.iri == iri, account.c.domain == "", account.c.kind.in_(WIRE_KINDS))
        row = connection.execute(ours.where(or_(*(account.c[name].is_not(None) for name in HIDDEN)))).first()
        if row is None or (row.kind == "group" and groups.tier(connection, row.id) != groups.OPEN):
            return None
        return HiddenActor(WIRE_KINDS[row.kind], document(connection, self._site, row), row.deleted_at)

    def _find(self, connection: Connection, which: Any) -> LocalActor | None:
        ours = select(account).where(which, account.c.domain == "", account.c.kind.in_(WIRE_KINDS))
        row = connection.execute(ours.where(account.c.deleted_at.is_(None), account.c.suspended_at.is_(None))).first()
        if row is None or (row.kind == "group" and groups.tier(connection, row.id) != groups.OPEN):
            return None
        shown = document(connection, self._site, row)
        return LocalActor(row.iri, WIRE_KINDS[row.kind], row.name, shown, self._site.url(f"/@{row.name}"))


def document(connection: Connection, site: Site, row: AccountRow) -> dict[str, Any]:
    """The actor document of a local account, with its public key once it has one; without words where it is hidden."""
    hidden = any(getattr(row, name) is not None for name in HIDDEN)
    is_group = row.kind == "group"
    made = build.actor(
        build.Profile(
            id=row.iri,
            type=WIRE_KINDS[row.kind],
            username=row.name,
            handle=f"{row.name}@{site.domain}",
            name="" if hidden else row.display_name or row.name,  # WordPress shows an empty one as it is
            summary="" if hidden else row.bio,
            url=site.url(f"/@{row.name}"),
            published=row.created_at,
            icon=None if hidden else _picture(site, row.avatar),
            image=None if hidden else _picture(site, row.header),
            fields=[] if hidden else [(field["name"], field["value"]) for field in row.fields or []],
            shared_inbox=site.url("/inbox"),
            manually_approves=row.locked,
            discoverable=row.discoverable,
            indexable=row.indexable,
            also_known_as=row.also_known_as or (),
            moved_to=row.moved_to or "",
            moderators=f"{row.iri}/moderators" if is_group else "",
            updated=row.updated_at if is_group else None,
            source=row.bio_source if is_group and not hidden else "",
            rules=render_bio(groups.rules_of(connection, row.id)) if is_group and not hidden else "",
        )
    )
    if hidden:
        made["suspended"] = True
    asked = requirements.address(connection, row.id, row.iri) if row.kind == "group" else ""
    if asked:
        made |= {"@context": [*made["@context"], REQUIRES], "requires": asked}
    mine = select(local_key.c.id, local_key.c.public).where(
        local_key.c.actor == row.iri, local_key.c.retired_at.is_(None)
    )
    key = connection.execute(mine).first()
    if key is not None:
        made["publicKey"] = {"id": key.id, "owner": row.iri, "publicKeyPem": key.public}
    return made


def was_shown(connection: Connection, iri: str) -> bool:
    """Whether a local actor has been on the wire: it has a key, with which it can still say no once it is gone."""
    return connection.execute(select(local_key.c.id).where(local_key.c.actor == iri)).first() is not None


def collection_of(connection: Connection, iri: str, name: str) -> str:
    """The IRI of a remote actor's collection (featured, moderators), as its document has it; '' where it has none."""
    document = connection.execute(select(remote_actor.c.document).where(remote_actor.c.iri == iri)).scalar()
    found = json.loads(document) if document else {}
    names = ("moderators", "attributedTo") if name == "moderators" else (name,)
    return next((value for value in (found.get(one) for one in names) if isinstance(value, str)), "")


def _picture(site: Site, key: str | None) -> tuple[str, str] | None:
    return (media.url(site, key), media.mime_of(key)) if key else None


def profile_of(actor: Actor) -> RemoteProfile:
    """What we show of a remote actor; all its HTML is cleaned here."""
    claim = claim_of(actor)
    named = username_of(actor).strip() or re.sub(r"[^\w.-]+", "_", plain(actor.name))[:60] or "actor"
    name = "".join(letter if letter.isprintable() and letter not in NOT_IN_HANDLES else "_" for letter in named)
    fields = [{"name": plain(n)[:255], "value": clean(v), "verified_at": None} for n, v in actor.fields[:FIELDS]]
    display_name, bio = plain(actor.name), clean(actor.summary)
    texts = [text for one in fields for text in (one["name"], one["value"])]
    return RemoteProfile(
        iri=actor.id,
        name=name,
        domain=host_of(actor.id),
        kind=actor.type.lower(),
        display_name=display_name,
        bio=bio,
        fields=fields,
        url=actor.url if host_of(actor.url) == host_of(actor.id) else "",  # nobody shows another's page as hers
        avatar_url=actor.icon or None,
        header_url=actor.image or None,
        emoji=used(emoji_of(actor.tags), display_name, bio, *map(str, texts)),
        followers_iri=actor.followers or None,
        locked=actor.manually_approves,
        bot=actor.type in {"Application", "Service"},
        discoverable=actor.discoverable,
        indexable=actor.indexable,
        created_at=actor.published,
        also_known_as=actor.also_known_as,
        moved_to=actor.moved_to or None,
        suspended=actor.suspended,
        claims=claim[1] if claim is not None and claim[1] != host_of(actor.id) else "",
    )
