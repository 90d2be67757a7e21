"""Implements federation's ports: the policy in force, our actors and objects as the wire shows them."""

from collections.abc import Mapping
from typing import Any

from federation.ports import Collected, HandlerTable, Ports, Reader
from instance.activities.actors import Actors
from instance.db.store import Store
from instance.policy.inforce import InForce
from instance.policy.judge import may_send
from instance.site import Site


class Objects:
    """Local posts, activities and collections."""

    async def document(self, iri: str, reader: Reader) -> dict[str, Any] | None:
        return None

    async def collection(self, owner: str, name: str, reader: Reader) -> Collected | None:
        return None

    async def page(self, iri: str) -> str | None:
        return None


def make_ports(site: Site, store: Store, handlers: HandlerTable) -> Ports:
    """All that federation borrows from this instance."""

    def may(document: Any, host: str, facts: Mapping[str, Any]) -> bool:
        return may_send(document, host, facts).allowed

    return Ports(InForce(store), may, Actors(site, store), Objects(), handlers)
