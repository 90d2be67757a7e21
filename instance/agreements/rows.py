"""Rows of trust: a peer's row, its agreements; how they are found, and the small sums that all others need."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import rfc8785
from sqlalchemy import Connection, Row, select

from federation.schema import remote_actor
from instance.clock import DAY, HOUR, Millis, iso
from instance.db.agreements import agreement, peer_trust
from instance.db.upsert import insert_new
from instance.policy.inforce import in_force_here
from instance.site import Site
from policies.document import PolicyDocument
from policies.published import Envelope, publish, terms_digest

LONGEST_WAIT = 72 * HOUR
"""How long words wait for a new agreement where neither side's policy says how long copies last without contact."""

DRAFTED, FAILED, OFFERED, RECEIVED = "drafted", "failed", "offered", "received"
ACCEPTED, REJECTED, VOID, ENDED = "accepted", "rejected", "void", "ended"


def text(made: Mapping[str, Any]) -> str:
    """A document as it is kept."""
    return msgspec.json.encode(made).decode()


def document(kept: str) -> dict[str, Any]:
    """The same back."""
    found: dict[str, Any] = msgspec.json.decode(kept)
    return found


def whole_digest(made: Mapping[str, Any]) -> str:
    """The digest of a whole document (RFC 8785), as a peer may name it too."""
    return "sha-256:" + hashlib.sha256(rfc8785.dumps(dict(made))).hexdigest()


def trust_of(connection: Connection, host: str) -> Row[Any] | None:
    """What we know of a peer."""
    return connection.execute(select(peer_trust).where(peer_trust.c.host == host)).first()


def known_hosts(connection: Connection) -> list[str]:
    """All peers of which anything is known, by name."""
    return list(connection.execute(select(peer_trust.c.host).order_by(peer_trust.c.host)).scalars())


def hosts(connection: Connection) -> list[str]:
    """All peers of which anything is known, or with which there is or was an agreement."""
    agreed = connection.execute(select(agreement.c.host).distinct()).scalars()
    return sorted({*known_hosts(connection), *agreed})


def day(at: Millis) -> str:
    """A moment's day, as people write it."""
    return iso(at)[:10]


def application_of(connection: Connection, host: str) -> str:
    """The IRI of a peer's Application, where it has signed something for us before; '' where it has not."""
    mine = select(remote_actor.c.iri).where(remote_actor.c.host == host, remote_actor.c.kind == "Application")
    return str(connection.execute(mine.where(remote_actor.c.gone_at.is_(None)).limit(1)).scalar() or "")


def ensure(connection: Connection, host: str) -> None:
    """See to it that there is a row for a peer."""
    insert_new(connection, peer_trust, host=host)


def in_force(connection: Connection, host: str) -> Row[Any] | None:
    """The agreement with a peer that holds, whatever the clock says."""
    mine = select(agreement).where(agreement.c.host == host, agreement.c.state == ACCEPTED)
    return connection.execute(mine.order_by(agreement.c.id.desc()).limit(1)).first()


def agreements_with(connection: Connection, host: str) -> list[Row[Any]]:
    """All agreements with a peer, the newest first."""
    return list(connection.execute(select(agreement).where(agreement.c.host == host).order_by(agreement.c.id.desc())))


def by_offer(connection: Connection, offer_iri: str) -> Row[Any] | None:
    """The agreement that an Offer made."""
    if not offer_iri or "\0" in offer_iri:
        return None
    return connection.execute(select(agreement).where(agreement.c.offer_iri == offer_iri)).first()


def by_iri(connection: Connection, iri: str) -> Row[Any] | None:
    """The agreement with this IRI."""
    return connection.execute(select(agreement).where(agreement.c.iri == iri)).first()


def all_in_force(connection: Connection) -> list[Row[Any]]:
    """Every agreement that holds."""
    return list(connection.execute(select(agreement).where(agreement.c.state == ACCEPTED).order_by(agreement.c.id)))


def by_id(connection: Connection, agreement_id: int) -> Row[Any] | None:
    """One agreement."""
    return connection.execute(select(agreement).where(agreement.c.id == agreement_id)).first()


def own_digest(connection: Connection, site: Site) -> str:
    """What our own policy in force promises, as agreements are bound to it."""
    return _digest_of(in_force_here(connection), site.base_url)


_digests: dict[tuple[str, str], str] = {}
MOST_DIGESTS = 16


def _digest_of(document: PolicyDocument, base_url: str) -> str:
    key = (document.digest, base_url)
    if key not in _digests:
        while len(_digests) >= MOST_DIGESTS:
            _digests.pop(next(iter(_digests)), None)
        envelope = Envelope(f"{base_url}/policy", f"{base_url}/actor", f"{base_url}/privacy", 1, DAY, 2 * DAY, b"")
        _digests[key] = terms_digest(publish(document, envelope))
    return _digests[key]


def wait_for(document: PolicyDocument, promised: int | None) -> Millis:
    """How long words wait once an agreement ended: as long as copies last without contact, by the stricter of both sides."""
    said = [
        hours for hours in (document.requirement.max_lease, document.promises.max_lease, promised) if hours is not None
    ]
    return min([hours * HOUR for hours in said], default=LONGEST_WAIT)
