"""Another policy is in force: relations with servers that it blocks end; with those that it lets in again they are offered."""

from instance.db.unit import Unit
from instance.events import PolicyAdopted
from instance.people import severing
from instance.policy.effects import note
from instance.policy.inforce import in_force_here
from instance.policy.peers import facts_where_asked
from policies.engine import stands
from policies.peers import Stance


def on_policy_adopted(u: Unit, _event: PolicyAdopted) -> None:
    """Sever and offer again, by each server's stance now."""
    policy = in_force_here(u.connection).at(u.now)
    related, refused = severing.hosts_with_relations(u.connection), severing.refused_hosts(u.connection)
    peers = facts_where_asked(u.connection, policy, [*related, *refused], u.now)
    blocked = {host for host, peer in peers.items() if stands(policy, peer).stance is Stance.BLOCKED}
    for host in related:
        if host in blocked:
            note(u, host, "relations ended", severing.sever(u, host), "peer-blocked")
    for host in refused:
        if host not in blocked:
            severing.restore(u, host)
