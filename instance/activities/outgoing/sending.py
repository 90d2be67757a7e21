"""What all outgoing activities share: recipients from our rows, the policy asked, one queue."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from federation.outbound.enqueue import enqueue
from federation.schema import peer
from instance.agreements import trust
from instance.db.people import account, follow
from instance.db.unit import Unit
from instance.people import accounts
from instance.policy.inforce import in_force_here
from instance.policy.judge import RELATION, judging
from policies.decision import Decision


def send(
    u: Unit,
    activity: Mapping[str, Any],
    *,
    actor: str,
    recipients: Sequence[str],
    facts: Mapping[str, Any] = RELATION,
    once_per_host: bool = False,
) -> None:
    """Queue an activity for remote actors (IRIs; ours are left out). `facts` is what the policy judges by."""
    remote = [iri for iri in dict.fromkeys(recipients) if not iri.startswith(u.site.base_url + "/")]
    if not remote:
        return

    def judge(hosts: Collection[str]) -> dict[str, Decision]:
        policy = in_force_here(u.connection).at(u.now)
        decide = judging(u.connection, policy, u.now)(hosts)
        found = {host: decide(host, facts) for host in hosts}
        trust.want_unknown(u, [host for host, one in found.items() if one.held])
        return found

    shared = facts is not RELATION
    item = enqueue(
        u.connection,
        u.now,
        activity,
        actor=actor,
        recipients=remote,
        facts=facts,
        only_shared=shared,
        once_per_host=once_per_host,
        judge=judge,
        seals=u.site.vault if _is_private(activity, facts) else None,
    )
    if item:
        u.wake("deliveries")


def _is_private(activity: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether it holds words that lie sealed in our own tables too: of a direct post, or of a report."""
    return (facts.get("visibility") == "direct" and facts is not RELATION) or activity.get("type") == "Flag"


def remote_followers(
    connection: Connection, account_id: int, *, but: Collection[str] = (), only: Collection[str] = ()
) -> list[str]:
    """IRIs of the remote accounts that follow an account; without those on servers that run the software `but`, or none else."""
    asked = select(account.c.iri).join(follow, follow.c.follower_id == account.c.id)
    asked = asked.where(follow.c.target_id == account_id, follow.c.state == "accepted")
    if but or only:
        runs = func.lower(func.coalesce(peer.c.software, ""))
        asked = asked.outerjoin(peer, peer.c.host == account.c.domain)
        asked = asked.where(runs.in_(sorted(only)) if only else runs.not_in(sorted(but)))
    return list(connection.execute(asked.where(account.c.domain != "", account.c.deleted_at.is_(None))).scalars())


def iris_of(connection: Connection, account_ids: Iterable[int | None]) -> list[str]:
    """IRIs of some accounts."""
    found = accounts.by_ids(connection, (i for i in account_ids if i is not None))
    return [row.iri for row in found.values()]


def pair(connection: Connection, from_id: int, to_id: int) -> tuple[Any, Any] | None:
    """Account rows of a local sender and a remote addressee; None where the pair is not such a one."""
    found = accounts.by_ids(connection, [from_id, to_id])
    sender, addressee = found.get(from_id), found.get(to_id)
    if sender is None or addressee is None or sender.domain != "" or addressee.domain == "":
        return None
    return sender, addressee
