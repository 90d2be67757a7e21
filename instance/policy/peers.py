"""What we know of peers when we judge them: their policy, and how well its promises are known. One read for many hosts."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from instance.db.agreements import peer_trust
from policies.claims import Published, read
from policies.document import PolicyDocument
from policies.engine import stands
from policies.facts import PeerFacts
from policies.peers import Stance
from policies.purposes import Assurance

_c = peer_trust.c
_KNOWN = select(_c.host, _c.document_hash, _c.fault, _c.level, _c.level_until, _c.waits_until, _c.looked_at).where(
    _c.host.in_(bindparam("hosts", expanding=True))
)
FIRST_LOOK = 86_400_000
"""How long words wait for the first look at a peer's policy, in milliseconds."""


def facts_for(connection: Connection, hosts: Iterable[str], now: int, *, signed: bool = False) -> dict[str, PeerFacts]:
    """What is known of each of these hosts (`host[:port]`) at `now`, in one read; policies are kept parsed.

    A policy that can't be relied on is as good as none. A host that was never looked at has no policy, and words that ask
    for one wait for the first look.
    """
    wanted = sorted(set(hosts))
    if not wanted:
        return {}
    rows = {row.host: row for row in connection.execute(_KNOWN, {"hosts": wanted})}
    return {host: _facts(connection, host, rows.get(host), now, signed) for host in wanted}


def facts_where_asked(
    connection: Connection, policy: PolicyDocument, hosts: Iterable[str], now: int, *, signed: bool = False
) -> dict[str, PeerFacts]:
    """The same; our rows are asked only where the policy asks something of other servers."""
    if policy.requirement.asks:
        return facts_for(connection, hosts, now, signed=signed)
    return {host: PeerFacts(host, signed=signed, at=now) for host in hosts}


def stances(connection: Connection, policy: PolicyDocument, hosts: Iterable[str], now: int) -> dict[str, Stance]:
    """How servers stand at `now`, by the rules and, where it matters, by what each promises."""
    facts = facts_where_asked(connection, policy, hosts, now)
    return {host: stands(policy, peer).stance for host, peer in facts.items()}


def _facts(connection: Connection, host: str, row: Any, now: int, signed: bool) -> PeerFacts:
    if row is None or row.looked_at is None:
        waits = row.waits_until if row is not None and row.waits_until else now + FIRST_LOOK
        return PeerFacts(host, signed=signed, at=now, waits_until=waits)
    facts = PeerFacts(host, signed=signed, at=now, waits_until=row.waits_until or 0)
    if row.fault is not None or row.document_hash is None:
        return facts
    policy = _kept(row.document_hash) or _read_anew(connection, host, row.document_hash)
    level = Assurance(row.level) if row.level_until is not None and now < row.level_until else Assurance.NONE
    return replace(facts, policy=policy, assurance=level)


_parsed: dict[str, Published] = {}
MOST_PARSED = 1000


def _kept(document_hash: str) -> Published | None:
    return _parsed.get(document_hash)


def _read_anew(connection: Connection, host: str, document_hash: str) -> Published | None:
    """A hash names one text for ever: what was parsed once stays right."""
    row = connection.execute(select(_c.document, _c.document_hash).where(_c.host == host)).first()
    if row is None or row.document is None or row.document_hash != document_hash:
        return None
    while len(_parsed) >= MOST_PARSED:
        _parsed.pop(next(iter(_parsed)), None)
    found = _parsed[document_hash] = read(msgspec.json.decode(row.document), proven=True)
    return found
