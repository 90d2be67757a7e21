"""Which signature scheme a peer is knocked with first, and how that is learnt (PEERS rule 2).

Cavage comes first at hosts that we don't know: all of them read it. Some servers note an activity's id before they verify, for
a minute and a half; a knock that they can't read makes the next one a repetition, which they drop. So a peer that only says
that it reads RFC 9421, and then refuses it, is left alone for longer than that.
"""

from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.context import Federation
from federation.ports import Unit
from federation.schema import peer
from federation.signatures.message import CAVAGE, RFC9421
from federation.vocab.reading import listed

OFFERED = "offers-rfc9421"
"""It says so, or signs so itself; nothing that we signed so was taken yet."""
REFUSED = frozenset({400, 401, 403})
"""What servers answer to signatures that they can't read."""
BURNT_SECONDS = 120
STANDARD = "rfc9421"


def order(known: str) -> tuple[str, str]:
    """(first, second) scheme for a peer of which this is known ('' is nothing)."""
    return (RFC9421, CAVAGE) if known in {RFC9421, OFFERED} else (CAVAGE, RFC9421)


async def known(federation: Federation, host: str) -> str:
    """What was learnt of a peer: CAVAGE, RFC9421, OFFERED or ''."""
    found = federation.memory.schemes.get(host)
    if found is None:
        found = await federation.store.read(_known, host)
        federation.memory.schemes[host] = found
    return found


async def learn(federation: Federation, host: str, scheme: str) -> None:
    """Remember what a peer took, or ('') that what it took is taken no more."""
    if await known(federation, host) != scheme:
        federation.memory.schemes[host] = scheme
        await federation.store.unit(_learn, host, scheme)


async def offered(federation: Federation, host: str) -> None:
    """A peer of which nothing else is known says that it reads RFC 9421."""
    if await known(federation, host) == "":
        await learn(federation, host, OFFERED)


def implements(document: dict[str, Any]) -> bool:
    """Whether an actor, or the Application that it names as its generator, says that it reads RFC 9421 (FEP-844e)."""
    generators = [item for item in listed(document.get("generator")) if isinstance(item, dict)]
    for item in (document, *generators):
        for one in listed(item.get("implements"))[:50]:
            href = one.get("href") or one.get("id") if isinstance(one, dict) else one
            if isinstance(href, str) and href.lower().partition("#")[0].rstrip("/").endswith(STANDARD):
                return True
    return False


def _known(connection: Connection, host: str) -> str:
    return connection.execute(select(peer.c.signature_scheme).where(peer.c.host == host)).scalar() or ""


def _learn(u: Unit, host: str, scheme: str) -> None:
    upsert: Any = postgres_insert if u.connection.dialect.name == "postgresql" else sqlite_insert
    made = upsert(peer).values(host=host, first_seen_at=u.now, signature_scheme=scheme or None)
    values = {"signature_scheme": scheme or None}
    u.connection.execute(made.on_conflict_do_update(index_elements=[peer.c.host], set_=values))
