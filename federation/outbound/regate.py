"""A new policy over what waits already: deliveries are cancelled, wait or go on; held activities are let in or forgotten."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection, select, update

from federation.outbound.enqueue import queue_peers
from federation.schema import delivery, inbox_activity, outbox_item
from policies.decision import Decision

BATCH = 500


WAITING = ("ready", "waits")
Judging = Callable[[Collection[str]], Callable[[str, dict[str, Any]], Decision]]
"""(hosts) -> (host, facts) -> what the policy says."""


def queued(
    connection: Connection, now: int, judging: Judging, only: str | None = None
) -> dict[tuple[str, str, str], int]:
    """Judge each delivery that waits (to `only` one host, or all): those that it stops, lets wait or lets go on.

    Returns how many: (host, what it was made: cancelled, waits or ready, reasons) -> number; those that stay as they are
    are not told.
    """
    wanted = (
        select(delivery.c.host, outbox_item.c.facts, delivery.c.id, delivery.c.state)
        .join(outbox_item, outbox_item.c.id == delivery.c.item_id)
        .where(delivery.c.state.in_(WAITING), *([delivery.c.host == only] if only is not None else []))
    )
    rows = connection.execute(wanted).all()
    judge = judging(sorted({row.host for row in rows}))
    moved: dict[tuple[str, str, str], list[int]] = {}
    for host, facts, delivery_id, before in rows:
        decision = judge(host, facts)
        state = "ready" if decision.allowed else "waits" if decision.held else "cancelled"
        if state != before:
            reasons = "" if decision.allowed else ", ".join(decision.reasons)
            moved.setdefault((host, state, reasons), []).append(delivery_id)
    for (_, state, reasons), ids in moved.items():
        values = {"state": state, "error": reasons or None, "done_at": now if state == "cancelled" else None}
        for start in range(0, len(ids), BATCH):
            chosen = delivery.c.id.in_(ids[start : start + BATCH])
            connection.execute(update(delivery).where(chosen).values(**values))
    again = {host for host, state, _ in moved if state == "ready"}
    if again:
        queue_peers(connection, now, again)
    return {key: len(ids) for key, ids in moved.items()}


def held_hosts(connection: Connection) -> list[str]:
    """Peers from which something is held."""
    wanted = select(inbox_activity.c.host).where(inbox_activity.c.state == "held").distinct()
    return list(connection.execute(wanted).scalars())


def held(connection: Connection, now: int, host: str, *, let_in: bool, by_person: bool = False) -> int:
    """Let in what was held from a peer, or forget it. Returns how many activities that were.

    `by_person`: what a person lets in is not held again by a rule that holds things.
    """
    values: dict[str, Any] = {"state": "ignored", "reason": "peer-blocked", "body": None, "done_at": now}
    if let_in:
        values = {"state": "received", "reason": None, "next_try_at": now}
        values |= {"let_in_at": now} if by_person else {}
    mine = (inbox_activity.c.host == host) & (inbox_activity.c.state == "held")
    return connection.execute(update(inbox_activity).where(mine).values(**values)).rowcount
