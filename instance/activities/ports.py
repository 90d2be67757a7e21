"""Implements federation's ports: the policy in force, our actors and objects as the wire shows them."""

from federation.ports import HandlerTable, Ports
from instance.activities.arriving.judging import Judge
from instance.activities.documents.actors import Actors
from instance.activities.documents.objects import Objects
from instance.activities.documents.rows import OurRows
from instance.activities.fetching.follower_sync import Followers
from instance.activities.incoming.profiles import forget
from instance.db.store import Store
from instance.errors import RefusalError
from instance.peering import regulars
from instance.policy.inforce import InForce
from instance.policy.judge import may_send
from instance.policy.kept import AtSending
from instance.site import Site


def make_ports(site: Site, store: Store, handlers: HandlerTable) -> Ports:
    """All that federation borrows from this instance."""

    return Ports(
        InForce(store, site.clock.now),
        may_send,
        Judge(),
        Actors(site, store),
        Objects(site, store),
        handlers,
        OurRows(),
        forget,
        Followers(store),
        AtSending(store),
        regulars.knows,
        (RefusalError,),
    )
