"""Who can read a post of ours, and which servers got it: counts and reasons, never its words, never names."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, or_, select

from instance.content.visible import is_for_anyone
from instance.db.content import mention, post
from instance.db.people import account, follow
from instance.peering.explain import OUT, Answer, explain
from instance.peering.words import sentences
from instance.policy.inforce import in_force_here
from instance.policy.judge import facts_of, judging
from instance.site import Site
from policies.modes import Mode, mode_of

CAME_FIRST = ("Create", "Announce")


@dataclass(frozen=True, slots=True)
class Place:
    """One other server: how many of those the post is for live there, and what became of it on its way."""

    host: str
    people: int
    answers: tuple[Answer, ...]
    now: str
    """What the policy says today, as codes; empty where it says nothing against it."""

    @property
    def words(self) -> list[str]:
        """What became of it there, in the reader's language; where nothing went, why it would not go today."""
        return list(dict.fromkeys(one.words for one in self.answers)) or ([sentences(self.now)] if self.now else [])


@dataclass(frozen=True, slots=True)
class Readership:
    """Who a post is for. `here` and `there`: followers on this server and on others; `named`: those it names."""

    post_id: int
    author_id: int
    author: str
    visibility: str
    local_only: bool
    in_group: bool
    deleted: bool
    open: bool
    """Whether anyone may read it."""
    here: int
    there: int
    named: int
    mode: Mode
    created_at: int
    places: tuple[Place, ...]


def find(connection: Connection, site: Site, asked: str) -> int | None:
    """The id of a post of ours by its address or its number; None for anything else."""
    asked = asked.strip()
    c = post.c
    same = [c.iri == asked, c.url == asked] if not asked.isdigit() else [c.id == int(asked)] if len(asked) < 20 else []
    if not same:
        return None
    row = connection.execute(select(c.id, c.iri).where(or_(*same)).limit(1)).first()
    return row.id if row is not None and row.iri.startswith(site.base_url + "/") else None


def readership(connection: Connection, site: Site, post_id: int) -> Readership | None:
    """Who can read a post of ours, and what other servers got of it. A few statements, however many readers it has."""
    by = select(post, account.c.name).join(account, account.c.id == post.c.account_id).where(post.c.id == post_id)
    row = connection.execute(by).first()
    if row is None or row.boost_of_id is not None:
        return None
    followers = _followers(connection, row.account_id) if row.visibility != "direct" else {}
    named = _named(connection, post_id, row.account_id)
    went = [one for one in explain(connection, site, row.iri) if one.direction == OUT and one.host]
    hosts = {one.host for one in went} | named.keys()
    if not row.local_only:
        hosts |= followers.keys()
    places = _places(connection, site, row, sorted(hosts - {""}), went, followers, named)
    return Readership(
        post_id=row.id,
        author_id=row.account_id,
        author=row.name,
        visibility=row.visibility,
        local_only=row.local_only,
        in_group=row.group_id is not None,
        deleted=row.deleted_at is not None,
        open=is_for_anyone(row),
        here=followers.get("", 0),
        there=0 if row.local_only else sum(count for host, count in followers.items() if host),
        named=sum(named.values()),
        mode=mode_of(in_force_here(connection)),
        created_at=row.created_at,
        places=places,
    )


def _followers(connection: Connection, account_id: int) -> dict[str, int]:
    asked = select(account.c.domain, func.count()).join(follow, follow.c.follower_id == account.c.id)
    mine = (follow.c.target_id == account_id, follow.c.state == "accepted", account.c.deleted_at.is_(None))
    return {row[0]: row[1] for row in connection.execute(asked.where(*mine).group_by(account.c.domain))}


def _named(connection: Connection, post_id: int, author_id: int) -> dict[str, int]:
    asked = select(account.c.domain, func.count()).join(mention, mention.c.account_id == account.c.id)
    whom = (mention.c.post_id == post_id, account.c.id != author_id)
    return {row[0]: row[1] for row in connection.execute(asked.where(*whom).group_by(account.c.domain))}


def _places(
    connection: Connection,
    site: Site,
    row: Row[tuple[object, ...]],
    hosts: list[str],
    went: Iterable[Answer],
    *people: dict[str, int],
) -> tuple[Place, ...]:
    now = site.clock.now()
    policy = in_force_here(connection).at(now)
    tier = "open" if row.group_id is not None else None
    facts = facts_of(row.visibility, local_only=row.local_only, tier=tier, authors=[row.account_id])
    judge = judging(connection, policy, now)(hosts)
    by_host: dict[str, list[Answer]] = {host: [] for host in hosts}
    for one in sorted(went, key=lambda one: one.kind not in CAME_FIRST):
        by_host[one.host].append(one)
    found = []
    for host in hosts:
        decision = judge(host, facts)
        against = "" if decision.allowed else ", ".join(decision.reasons)
        found.append(Place(host, sum(count.get(host, 0) for count in people), tuple(by_host[host]), against))
    return tuple(found)
