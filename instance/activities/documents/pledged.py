"""Agreements, copies of canaries and requirements of groups, as the peer that they concern may read them."""

from typing import Any

from sqlalchemy import Connection, select

from federation.ports import About, Reader
from federation.vocab.agreements import CONTEXT
from federation.vocab.iris import host_of
from instance.agreements import canary, requirements, rows
from instance.clock import iso
from instance.content.words import words_of
from instance.db.agreements import agreement, probe
from instance.db.content import attachment, post
from instance.media import remote as pictures
from instance.media import store as media
from instance.people import accounts
from instance.site import Site

COPIES = "copies"


def document(connection: Connection, site: Site, iri: str, reader: Reader) -> dict[str, Any] | None:
    """What lies under /agreements/, for the server it was made with; a group's requirement, for every server."""
    path = iri.removeprefix(site.base_url)
    if path.startswith("/g/") and "/requires/" in path:
        return requirements.document(connection, site, iri)
    names = path.split("/")
    if not path.startswith("/agreements/") or len(names) < 4 or names[2] != reader.host:
        return None
    if names[3] == COPIES:
        return _copy(connection, site, names[-1], reader) if len(names) == 5 else None
    return _agreement(connection, iri, reader)


def _agreement(connection: Connection, iri: str, reader: Reader) -> dict[str, Any] | None:
    which = agreement.c.host == reader.host, agreement.c.offer.is_not(None)
    for row in connection.execute(select(agreement).where(*which).order_by(agreement.c.id.desc())):
        kept = [rows.document(text) for text in (row.offer, row.answer) if text]
        kept += [{"@context": one["@context"], **one["object"]} for one in kept if one.get("type") == "Offer"]
        found = next((one for one in kept if one.get("id") == iri), None)
        if found is not None:
            return found
    return None


def _copy(connection: Connection, site: Site, name: str, reader: Reader) -> dict[str, Any] | None:
    """A canary as it is kept here, while it is: for the server of its author."""
    if not name.isdecimal() or len(name) > 19:
        return None
    row = connection.execute(select(post).where(post.c.id == int(name), post.c.deleted_at.is_(None))).first()
    author = accounts.by_id(connection, row.account_id) if row is not None else None
    if row is None or author is None or author.domain != reader.host:
        return None
    if not canary.of_peer(connection, author.iri, reader.host):
        return None
    shown = select(attachment.c.remote_url).where(attachment.c.post_id == row.id, attachment.c.remote_url.is_not(None))
    kept = pictures.kept(connection, list(connection.execute(shown).scalars()))
    return {
        "@context": CONTEXT,
        "id": site.url(f"/agreements/{reader.host}/{COPIES}/{row.id}"),
        "type": "CanaryCopy",
        "object": row.iri,
        "content": words_of(site.vault, row).content,
        "published": iso(row.created_at),
        "url": [site.url(f"/api/v1/statuses/{row.id}")],
        "attachment": [{"type": "Image", "url": media.url(site, key)} for key in kept],
    }


def about(connection: Connection, iri: str) -> About | None:
    """For the table of authority: an agreement waits for the peer's word, a canary for its receipt."""
    if "/agreements/" in iri:
        row = rows.by_offer(connection, iri)
        return About(row.peer_actor, asked=frozenset({row.peer_actor})) if row is not None and row.peer_actor else None
    if not iri.endswith(("/activity", "#delete")):
        return None
    found = connection.execute(select(probe.c.host).where(_named(iri)).limit(1)).scalar()
    known = rows.trust_of(connection, found) if found is not None else None
    if known is None or not known.actor:
        return None
    author = canary.account_id(connection)
    ours = accounts.by_id(connection, author) if author is not None else None
    return About(ours.iri if ours is not None else host_of(iri), asked=frozenset({known.actor}))


def _named(iri: str) -> Any:
    return (probe.c.canary_iri == iri.removesuffix("/activity")) | (probe.c.delete_iri == iri)
