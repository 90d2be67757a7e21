"""What is left of an actor that is suspended or gone: enough to verify what it signed, then 410 and a Tombstone."""

from sqlalchemy import Connection, select
from starlette.responses import Response

from federation.context import Federation
from federation.endpoints.answers import activity_json, not_found
from federation.endpoints.application import with_keys
from federation.ports import Reader
from federation.schema import delivery, outbox_item
from federation.vocab.build import tombstone, with_context

GONE = 410


async def hidden_actor(federation: Federation, iri: str, reader: Reader) -> Response:
    """An actor that is not served as others are; 404 where there never was one for the wire.

    One that is gone is still shown, without words, to a server for which something of it waits: that server may have to
    fetch the key first, to believe the Delete.
    """
    keys = await federation.keyring.of(iri)
    hidden = await federation.ports.actors.hidden(iri) if keys else None
    if hidden is None:
        return not_found()
    if hidden.deleted_at is None or await federation.store.read(_waits, iri, reader.host):
        return activity_json(with_keys(hidden.document, keys))
    return activity_json(with_context(tombstone(iri, hidden.kind, hidden.deleted_at)), status=GONE)


def _waits(connection: Connection, actor: str, host: str) -> bool:
    asked = select(delivery.c.id).join(outbox_item, outbox_item.c.id == delivery.c.item_id)
    waiting = asked.where(delivery.c.host == host, delivery.c.state == "ready", outbox_item.c.actor == actor)
    return connection.execute(waiting.limit(1)).first() is not None
