"""Implements federation's ports: the policy in force, our actors and objects as the wire shows them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from federation.ports import Collected, HandlerTable, LocalActor, Ports, Reader
from federation.vocab import build
from instance.db.people import account
from instance.db.store import Store
from instance.policy.inforce import InForce
from instance.policy.judge import may_send
from instance.site import Site

WIRE_KINDS = {"person": "Person", "group": "Group"}


class Actors:
    """Local persons and groups."""

    def __init__(self, site: Site, store: Store) -> None:
        self._site = site
        self._store = store

    async def by_iri(self, iri: str) -> LocalActor | None:
        row = await self._store.read(_local, account.c.iri == iri)
        return self._shown(row) if row else None

    async def by_name(self, name: str) -> LocalActor | None:
        row = await self._store.read(_local, account.c.name == name.lower())
        return self._shown(row) if row else None

    def _shown(self, row: Any) -> LocalActor:
        kind = WIRE_KINDS[row.kind]
        page = self._site.url(f"/@{row.name}")
        profile = build.Profile(
            id=row.iri,
            type=kind,
            username=row.name,
            name=row.display_name,
            summary=row.bio,
            url=page,
            published=row.created_at,
            fields=[(field["name"], field["value"]) for field in row.fields or []],
            shared_inbox=self._site.url("/inbox"),
            manually_approves=row.locked,
            discoverable=row.discoverable,
            indexable=row.indexable,
            also_known_as=row.also_known_as or (),
            moved_to=row.moved_to or "",
        )
        return LocalActor(row.iri, kind, row.name, build.actor(profile), page)


def _local(connection: Connection, which: Any) -> Any:
    ours = select(account).where(which, account.c.domain == "", account.c.kind.in_(WIRE_KINDS))
    return connection.execute(ours.where(account.c.deleted_at.is_(None), account.c.suspended_at.is_(None))).first()


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
