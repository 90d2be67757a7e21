"""What lists of others say of servers: kept as advice, shown, and taken over only line by line, by a steward."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select

from instance.db.neighbours import peer_advice
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_
from instance.peering import lists
from instance.peering.lists import SILENT, Taken
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here, in_force_to_change
from policies.difference import sentences
from policies.document import PolicyDocument
from policies.fields import lines_of
from policies.peers import STRICTNESS, Stance, stance, strictest_stance
from policies.sections import PeerRule
from policies.treatments import Treatment

PAGE = 100
TREATED = [line for line in lines_of(PeerRule) if line.name == "treat"]
CHUNK = 500
LONGEST_REASON = 500


def take(u: Unit, source: str, form: str, text: str, opinion: str = "censure") -> Taken:
    """Keep a list's advice under the name of its source, in place of what that source said before. Nothing else changes.

    Raises RefusalError, and keeps what was there, where no line could be read.
    """
    name = source.strip()
    if not name or len(name) > 80:
        raise RefusalError("source-invalid", N_("Give the list a name of at most 80 letters."))
    if form not in lists.FORMS or opinion not in lists.OPINIONS:
        raise RefusalError("choose-one", N_("Choose one of what is offered."))
    taken = lists.read(form, text, opinion)
    if not taken.advice:
        raise RefusalError("list-empty", N_("No line of it could be read; what was kept of this list is still there."))
    u.connection.execute(delete(peer_advice).where(peer_advice.c.source == name))
    rows = {(one.host, one.opinion): one for one in reversed(taken.advice)}
    values = [
        {"host": one.host, "source": name, "form": form, "opinion": one.opinion, "reason": one.reason, "line": one.line}
        | {"treat": sorted(one.treat), "details": dict(one.details), "taken_at": u.now}
        for one in reversed(rows.values())
    ]
    for start in range(0, len(values), CHUNK):
        u.connection.execute(insert(peer_advice), values[start : start + CHUNK])
    return taken


def forget(u: Unit, source: str) -> bool:
    """Forget what a list said; what was taken over stays in the policy."""
    return bool(u.connection.execute(delete(peer_advice).where(peer_advice.c.source == source)).rowcount)


def sources(connection: Connection) -> list[str]:
    """Names of the lists that are kept."""
    return list(connection.execute(select(peer_advice.c.source).distinct().order_by(peer_advice.c.source)).scalars())


def listed(connection: Connection, search: str = "", *, host: str = "", after: int = 0) -> list[Row[Any]]:
    """Lines of all lists, by list and line; `search` is a part of a name, of the server or the list."""
    columns = peer_advice.c
    asked = select(peer_advice).where(columns.id > after).order_by(columns.id).limit(PAGE)
    if host:
        asked = asked.where(columns.host == host)
    if search:
        found = (
            columns.host.contains(search.lower(), autoescape=True),
            columns.source.contains(search, autoescape=True),
        )
        asked = asked.where(or_(*found))
    return list(connection.execute(asked))


def changes(policy: PolicyDocument, row: Row[Any]) -> list[str]:
    """What taking over one line would change; empty where the policy says so already."""
    changed = _with(policy, [row])
    found = sentences(policy, changed)
    before, after = policy.peers.get(row.host, PeerRule()), changed.peers.get(row.host, PeerRule())
    if found and after.treat != before.treat:
        found += [said for line in TREATED if (said := line.says(after.treat)) is not None]
    return found


def take_over(u: Unit, ids: Iterable[int], by: str) -> int:
    """One new version of the policy with these lines; returns its number. Of several on one server the strictest counts."""
    wanted = sorted(set(ids))[: PAGE * 5]
    rows = list(u.connection.execute(select(peer_advice).where(peer_advice.c.id.in_(wanted)))) if wanted else []
    if not rows:
        raise NotFoundError
    policy = in_force_to_change(u.connection)
    changed = _with(policy, rows)
    if changed == policy:
        raise RefusalError("nothing-changes", N_("The policy says all of this already."))
    return adopt(u, changed, f"steward @{by}, from lists" if by else "steward, from lists")


def _with(policy: PolicyDocument, rows: Iterable[Row[Any]]) -> PolicyDocument:
    by_host: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_host.setdefault(row.host, []).append(row)
    rules = dict(policy.peers)
    for host, said in by_host.items():
        rules |= _advised(policy, host, said)
    return replace(policy, peers=rules) if rules != policy.peers else policy


def _advised(policy: PolicyDocument, host: str, said: list[Row[Any]]) -> dict[str, PeerRule]:
    """The rule for one server as these lines want it; none where nothing changes. A remark changes neither stance nor end."""
    advised = [Stance(row.opinion) for row in said if row.opinion not in SILENT]
    before = policy.peers.get(host)
    stands = before.stance if before is not None else stance(policy, host)
    new = strictest_stance(*advised) if advised else stands
    if new is Stance.LIMITED and STRICTNESS[stands] > STRICTNESS[new]:
        return {}  # a warning lets nobody in who is kept out, or waits
    treat = frozenset(Treatment(one) for row in said for one in row.treat or [])
    if new is Stance.BLOCKED:  # nothing comes from there that could be treated
        treat = frozenset()
    if before is not None and treat <= before.treat and (not advised or (before.stance, before.until) == (new, None)):
        return {}
    if not advised and not treat:
        return {}
    reason = "; ".join(dict.fromkeys(f"{row.source}: {row.reason}".rstrip(": ") for row in said))[:LONGEST_REASON]
    made = before if before is not None and not advised else policy.with_stance(host, new, reason).peers[host]
    return {host: replace(made, treat=made.treat | treat)}


def own_list(connection: Connection) -> str:
    """Our own stances as Mastodon's CSV."""
    rules = in_force_here(connection).peers
    return lists.written({host: (rule.stance, rule.reason, rule.treat) for host, rule in rules.items()})
