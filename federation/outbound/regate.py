"""A new policy over what waits already: deliveries are cancelled, held activities let in or forgotten."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select, update

from federation.schema import delivery, inbox_activity, outbox_item

BATCH = 500


def queued(connection: Connection, now: int, refusal: Callable[[str, dict[str, Any]], str | None]) -> int:
    """Cancel each waiting delivery for which `refusal(host, facts)` names a reason. Returns how many."""
    wanted = (
        select(delivery.c.host, outbox_item.c.facts, delivery.c.id)
        .join(outbox_item, outbox_item.c.id == delivery.c.item_id)
        .where(delivery.c.state == "ready")
    )
    refused: dict[str, list[int]] = {}
    for host, facts, delivery_id in connection.execute(wanted):
        reason = refusal(host, facts)
        if reason is not None:
            refused.setdefault(reason, []).append(delivery_id)
    for reason, ids in refused.items():
        values = {"state": "cancelled", "error": reason, "done_at": now}
        for start in range(0, len(ids), BATCH):
            chosen = delivery.c.id.in_(ids[start : start + BATCH])
            connection.execute(update(delivery).where(chosen).values(**values))
    return sum(map(len, refused.values()))


def held_hosts(connection: Connection) -> list[str]:
    """Peers from which something is held."""
    wanted = select(inbox_activity.c.host).where(inbox_activity.c.state == "held").distinct()
    return list(connection.execute(wanted).scalars())


def held(connection: Connection, now: int, host: str, *, let_in: bool) -> int:
    """Let in what was held from a peer, or forget it. Returns how many activities that were."""
    values: dict[str, Any] = {"state": "ignored", "reason": "peer-blocked", "body": None, "done_at": now}
    if let_in:
        values = {"state": "received", "reason": None, "next_try_at": now}
    mine = (inbox_activity.c.host == host) & (inbox_activity.c.state == "held")
    return connection.execute(update(inbox_activity).where(mine).values(**values)).rowcount
